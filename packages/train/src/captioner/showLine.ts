/** @file One line of progress on stderr, over itself on a terminal and now and then elsewhere. */

import type { CaptionProgress } from "@candor/data";

const secondsBetweenLines = 10;

/** Shows progress on stderr, so that stdout stays for results. */
export function showLine(): { show(text: string): void; end(): void } {
  const terminal = process.stderr.isTTY;
  let last = performance.now();
  let open = false;
  return {
    show(text) {
      if (!terminal && performance.now() - last < secondsBetweenLines * 1000) return;
      last = performance.now();
      process.stderr.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
      open = terminal;
    },
    end() {
      if (open) process.stderr.write("\n");
      open = false;
    },
  };
}

/**
 * A caption server's progress with what it has cost in this run.
 *
 * @param price of a million prompt and completion tokens, in any currency
 */
export function showCost(progress: CaptionProgress, price: readonly number[] | undefined): string {
  const { done, total, failed, retries, promptTokens, completionTokens } = progress;
  const [input = 0, output = 0] = price ?? [];
  const cost = price ? `, cost ${((promptTokens * input + completionTokens * output) / 1e6).toFixed(4)}` : "";
  return (
    `general ${done}/${total}, ${failed} failed, ${retries} retries, ` +
    `${promptTokens} + ${completionTokens} tokens${cost}`
  );
}
