/** @file Runs jobs side by side, as many at once as the machine has cores for, and keeps their order. */
import { availableParallelism } from "node:os";

/**
 * Maps items with several jobs under way at once.
 * @param items what to work on
 * @param job called once an item
 * @param width how many jobs run at once; by default two a core, as a job waits for disk or a child process in between
 * @returns results in the items' order
 */
export async function mapPool<T, R>(
  items: readonly T[],
  job: (item: T, index: number) => Promise<R>,
  width = 2 * availableParallelism(),
): Promise<R[]> {
  const results = Array.from<R>({ length: items.length });
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (!failed && next < items.length) {
      const index = next++;
      try {
        results[index] = await job(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
