/** @file What is examined, and by which tests. */

import type { Plan, PlannedTest } from "./mutationMessages.ts";
import { digestOf } from "./mutationReport.ts";
import { reachableText, sharedFunctions } from "./wgslFunctions.ts";

/** What is examined as one: a kernel, or a function that many kernels share. */
export interface Subject {
  readonly label: string;
  /** What is mutated. */
  readonly texts: readonly string[];
  /** Whole texts of the kernels in which it stands, by their digests. */
  readonly bodies: ReadonlyMap<string, string>;
  /** Texts of a shared function; absent for a kernel. */
  readonly functions?: readonly string[];
  readonly tests: readonly UsingTest[];
}

/** A test that uses a kernel. */
export interface UsingTest extends PlannedTest {
  /** Share of the tests of its file that do. */
  readonly share: number;
}

/** Lists shared functions and kernels by name. @param sources of the files whose functions are shared */
export function listSubjects({ kernels, tests }: Plan, sources: readonly string[]): Subject[] {
  const shared = sharedFunctions(kernels, sources);
  const texts = new Set([...shared.values()].flat());
  const own: Subject[] = Object.entries(kernels)
    // Kernels that captured steps join are made of formulas that are examined by themselves.
    .filter(([label]) => !label.startsWith("test.") && !label.startsWith("fused "))
    .map(([label, texted]) => {
      const bodies = byDigest(texted);
      return {
        label,
        texts: texted.map((body) => reachableText(body, texts)),
        bodies,
        tests: testsOf(tests, new Set([label]), bodies),
      };
    });
  const functions: Subject[] = [...shared].map(([name, found]) => {
    const has = (body: string): boolean => found.some((text) => body.includes(text));
    const users = Object.entries(kernels).filter(([, bodies]) => bodies.some(has));
    const bodies = byDigest(users.flatMap(([, texted]) => texted.filter(has)));
    return {
      label: `shared.${name}`,
      texts: found,
      bodies,
      functions: found,
      tests: testsOf(tests, new Set(users.map(([label]) => label)), bodies, Infinity),
    };
  });
  return [...functions, ...own].toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

const byDigest = (bodies: readonly string[]): Map<string, string> =>
  new Map(bodies.map((body) => [digestOf([body]), body]));

const mostMs = 60_000;
/** Tests that each text of a kernel keeps, however long they take. */
const leastTests = 4;

/**
 * Returns the tests that use some kernels: first those of files in which most tests do, and of these the quickest.
 *
 * @param bodies  texts of these kernels, by digest
 * @param limitMs sums and copies are used by nearly every test; what takes longer together is cut off, but for a few tests
 *                of each text
 */
export function testsOf(
  tests: readonly PlannedTest[],
  labels: ReadonlySet<string>,
  bodies: ReadonlyMap<string, string>,
  limitMs = mostMs,
): UsingTest[] {
  const uses = (test: PlannedTest): boolean => test.labels.some((label) => labels.has(label));
  const share = new Map<string, number>();
  for (const file of new Set(tests.map((test) => test.file))) {
    const own = tests.filter((test) => test.file === file);
    share.set(file, own.filter(uses).length / own.length);
  }
  const sorted = tests
    .filter(uses)
    .map((test) => ({ ...test, share: share.get(test.file) ?? 0 }))
    .toSorted((a, b) => Math.round(10 * b.share) - Math.round(10 * a.share) || a.ms - b.ms);
  let total = 0;
  const kept = new Map<string, number>();
  return sorted.filter((test) => {
    const own = test.bodies.filter((body) => bodies.has(body));
    total += test.ms;
    if (total > limitMs && own.every((body) => (kept.get(body) ?? 0) >= leastTests)) return false;
    for (const body of own) kept.set(body, (kept.get(body) ?? 0) + 1);
    return true;
  });
}
