/** @file What is examined, and by which tests. */

import { reachableText, sharedFunctions } from "./mutants.ts";
import type { Plan, PlannedTest } from "./mutationMessages.ts";

/** What is examined as one: a kernel, or a function that many kernels share. */
export interface Subject {
  readonly label: string;
  readonly texts: readonly string[];
  /** Texts of a shared function; absent for a kernel. */
  readonly functions?: readonly string[];
  readonly tests: readonly PlannedTest[];
}

/** Lists shared functions and kernels by name. @param sources of the files whose functions are shared */
export function listSubjects({ kernels, tests }: Plan, sources: readonly string[]): Subject[] {
  const shared = sharedFunctions(kernels, sources);
  const texts = new Set([...shared.values()].flat());
  const own: Subject[] = Object.entries(kernels)
    // Kernels that captured steps join are made of formulas that are examined by themselves.
    .filter(([label]) => !label.startsWith("test.") && !label.startsWith("fused "))
    .map(([label, bodies]) => ({
      label,
      texts: bodies.map((body) => reachableText(body, texts)),
      tests: testsOf(tests, label),
    }));
  const functions: Subject[] = [...shared].map(([name, found]) => {
    const users = Object.keys(kernels).filter((label) =>
      kernels[label]?.some((body) => found.some((text) => body.includes(text))),
    );
    const using = tests.filter(({ labels }) => labels.some((label) => users.includes(label)));
    return {
      label: `shared.${name}`,
      texts: found,
      functions: found,
      tests: using.toSorted((a, b) => a.ms - b.ms),
    };
  });
  return [...functions, ...own].toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

const limitMs = 60_000;

/**
 * Returns the tests that use a kernel: first those of files in which most tests do, and of these the quickest.
 *
 * Sums and copies are used by nearly every test; what takes more than a minute together is cut off.
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
