/** @file Which tests examine a kernel. */

import type { PlannedTest } from "./mutationMessages.ts";

const limitMs = 20_000;

/**
 * Returns the tests that use a kernel: first those of files in which most tests do, and of these the quickest.
 *
 * Sums and copies are used by nearly every test; what takes more than 20 s together is cut off.
 */
export function testsOf(tests: readonly PlannedTest[], label: string): PlannedTest[] {
  const share = new Map<string, number>();
  for (const file of new Set(tests.map((test) => test.file))) {
    const own = tests.filter((test) => test.file === file);
    share.set(file, own.filter(({ labels }) => labels.includes(label)).length / own.length);
  }
  const sorted = tests
    .filter(({ labels }) => labels.includes(label))
    .toSorted((a, b) => {
      const byShare = Math.round(10 * ((share.get(b.file) ?? 0) - (share.get(a.file) ?? 0)));
      return byShare || a.ms - b.ms;
    });
  let total = 0;
  return sorted.filter(({ ms }) => (total += ms) <= limitMs);
}
