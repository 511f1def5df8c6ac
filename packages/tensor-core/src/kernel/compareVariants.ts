/** @file Times the variants of a kernel against each other and says which one to take: what every tuner does. */

/** One way to compute a problem. */
export interface Candidate {
  /** Distinguishes it from the others, as tuned choices hold it. */
  readonly name: string;
  /** Records the work once, and frees what it made. */
  record(): void;
}

/** What was measured, and what follows. */
export interface Comparison {
  /** The best time of each variant, the fastest first. */
  readonly tried: readonly { readonly name: string; readonly ms: number }[];
  readonly chosen: string;
}

/** How much faster than the default another variant must be. */
const margin = 0.95;
/** Milliseconds that one measurement takes at least: several runs, where one is shorter. */
const leastMs = 4;

/**
 * Measures candidates in turns; the best of `repeats` counts. Another than the default must beat it by 5 %, so that noise
 * changes nothing.
 *
 * @param device  that the candidates record their work on
 * @param untuned name of the default, which is one of the candidates
 */
export async function compareVariants(
  device: { synchronize(): Promise<void> },
  candidates: readonly Candidate[],
  untuned: string,
  repeats: number,
): Promise<Comparison> {
  const time = async ({ record }: Candidate, runs: number): Promise<number> => {
    await device.synchronize();
    const started = performance.now();
    for (let i = 0; i < runs; i++) record();
    await device.synchronize();
    return (performance.now() - started) / runs;
  };
  const timed = candidates.map((candidate) => ({ ...candidate, ms: Number.POSITIVE_INFINITY }));
  // The first run compiles.
  for (const candidate of timed) await time(candidate, 1);
  for (const candidate of timed) candidate.ms = await time(candidate, 1);
  const best = () => Math.min(...timed.map(({ ms }) => ms));
  const runs = Math.max(1, Math.ceil(leastMs / best()));
  for (let i = 0; i < repeats; i++) {
    // What takes twice as long needs no exact time; but what others are measured against always does.
    for (const candidate of timed.filter(({ ms, name }) => name === untuned || ms < 2 * best())) {
      candidate.ms = Math.min(candidate.ms, await time(candidate, runs));
    }
  }
  timed.sort((one, other) => one.ms - other.ms);
  const usual = timed.find(({ name }) => name === untuned);
  const [fastest = usual] = timed;
  const chosen = fastest && usual && fastest.ms < margin * usual.ms ? fastest.name : untuned;
  return { tried: timed.map(({ name, ms }) => ({ name, ms })), chosen };
}
