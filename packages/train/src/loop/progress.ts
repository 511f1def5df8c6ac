/** @file A progress bar with loss, rate and time left; plain lines where there is no terminal. */

import cliProgress from "cli-progress";

export interface Progress {
  update(step: number, loss: number, samplesPerSecond: number): void;
  /** Prints a line above the bar. */
  note(text: string): void;
  stop(): void;
}

const secondsBetweenLines = 10;

/** Shows progress on stderr, so that stdout stays for results. */
export function showProgress(label: string, total: number, start: number): Progress {
  if (!process.stderr.isTTY) return lines(label, total);
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% | step {value}/{total} | loss {loss} | {rate} samples/s | {left} left`,
    stream: process.stderr,
    hideCursor: true,
    barsize: 24,
    gracefulExit: false,
  });
  const begun = performance.now();
  bar.start(total, start, { loss: "-", rate: "-", left: "-" });
  return {
    update: (step, loss, rate) =>
      bar.update(step, {
        loss: loss.toFixed(4),
        rate: rate.toFixed(1),
        left: showSeconds(((performance.now() - begun) / 1000 / (step - start)) * (total - step)),
      }),
    note: (text) => {
      process.stderr.write(`\r\x1b[K${text}\n`);
    },
    stop: () => bar.stop(),
  };
}

function lines(label: string, total: number): Progress {
  let last = performance.now();
  return {
    update: (step, loss, rate) => {
      if (step !== total && performance.now() - last < secondsBetweenLines * 1000) return;
      last = performance.now();
      process.stderr.write(
        `${label} step ${step}/${total}, loss ${loss.toFixed(4)}, ${rate.toFixed(1)} samples/s\n`,
      );
    },
    note: (text) => {
      process.stderr.write(`${text}\n`);
    },
    stop: () => {},
  };
}

function showSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
