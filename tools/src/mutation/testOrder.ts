/** @file Which tests can notice a fault, and which of them to run first. */

import { applyMutant, type Mutant } from "./mutants.ts";
import type { TestPlace } from "./mutationMessages.ts";
import type { Subject, UsingTest } from "./subjects.ts";

/** What a faulty kernel takes to compile without optimisation, roughly; it only orders tests. */
const compileMsPerCharacter = 0.05;

interface Past {
  readonly runs: number;
  readonly kills: number;
}

/** Orders the tests of a kernel for each of its mutants by what they may cost and by what they have killed so far. */
export class TestOrder {
  readonly #subject: Subject;
  readonly #past = new Map<string, Past>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /**
   * The tests that use a kernel with the mutant's line, by the expected time until one kills: others run no fault. A
   * test counts at first for the share of its file's tests that use the kernel, and then for what it has killed.
   */
  of(mutant: Mutant): UsingTest[] {
    const { bodies, functions, tests } = this.#subject;
    const faulty = [...bodies].filter(([, body]) => applyMutant(body, mutant, functions) !== body);
    const compileMs = new Map(faulty.map(([digest, body]) => [digest, compileMsPerCharacter * body.length]));
    const expectedMs = new Map<UsingTest, number>();
    for (const test of tests) {
      const compiled = test.bodies.filter((digest) => compileMs.has(digest));
      if (compiled.length === 0) continue;
      const cost = compiled.reduce((sum, digest) => sum + (compileMs.get(digest) ?? 0), test.ms);
      const { runs, kills } = this.#pastOf(test);
      expectedMs.set(test, (cost * (runs + 1)) / (kills + test.share));
    }
    return [...expectedMs].toSorted(([, a], [, b]) => a - b).map(([test]) => test);
  }

  /**
   * Takes note of tests that ran, in order, until one killed or none did.
   *
   * @returns the one that killed
   */
  learn(tests: readonly UsingTest[], by: TestPlace | undefined): UsingTest | undefined {
    for (const test of tests) {
      const killed = test.file === by?.file && test.index === by.index;
      const { runs, kills } = this.#pastOf(test);
      this.#past.set(keyOf(test), { runs: runs + 1, kills: kills + Number(killed) });
      if (killed) return test;
    }
    return undefined;
  }

  #pastOf(test: TestPlace): Past {
    return this.#past.get(keyOf(test)) ?? { runs: 0, kills: 0 };
  }
}

const keyOf = ({ file, index }: TestPlace): string => `${file} ${index}`;
