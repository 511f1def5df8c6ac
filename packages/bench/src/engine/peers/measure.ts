/** @file The timing protocol of `reference/engines.md`, section 3. */

/** How often a piece of work is timed. */
export interface Protocol {
  readonly warmups: number;
  readonly most: number;
  readonly least: number;
  /** No further iteration is started after this time. */
  readonly stopAfterMs: number;
}

export const kernelProtocol: Protocol = { warmups: 2, most: 7, least: 5, stopAfterMs: 5000 };
export const stepProtocol: Protocol = { warmups: 3, most: 9, least: 5, stopAfterMs: 6000 };

/** Times of one case. */
export interface Timing {
  /** The first call, with compilation, ms. */
  readonly firstMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly iterations: number;
  /** CPU time of the process by iteration, all threads, ms; above `medianMs` where several threads work. */
  readonly cpuMs: number;
}

/**
 * Times `run` by the protocol: the first call apart, then warm-ups, then the timed iterations.
 *
 * @param run   resolves when the device has finished
 * @param onRun called with the result of each call, from the first one on
 */
export async function measure<T>(
  run: () => Promise<T>,
  { warmups, most, least, stopAfterMs }: Protocol,
  onRun: (result: T) => void = () => {},
): Promise<Timing> {
  const once = async (): Promise<number> => {
    const started = performance.now();
    const result = await run();
    const ms = performance.now() - started;
    onRun(result);
    return ms;
  };
  const firstMs = await once();
  for (let index = 0; index < warmups; index++) await once();
  const times: number[] = [];
  const started = performance.now();
  const cpu = process.cpuUsage();
  while (times.length < least || (times.length < most && performance.now() - started < stopAfterMs)) {
    times.push(await once());
  }
  const { user, system } = process.cpuUsage(cpu);
  return { ...spread(times), firstMs, cpuMs: (user + system) / 1000 / times.length };
}

/** Median and range of some times. */
export function spread(times: readonly number[]): {
  medianMs: number;
  minMs: number;
  maxMs: number;
  iterations: number;
} {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    medianMs: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    minMs: at(0),
    maxMs: at(sorted.length - 1),
    iterations: sorted.length,
  };
}
