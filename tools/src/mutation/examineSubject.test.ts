/** @file What is kept of an examination: only what was killed in a process whose tests pass without a fault. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { examineSubject } from "./examineSubject.ts";
import type { MutantRequest, Verdict } from "./mutationMessages.ts";
import type { KernelRecord } from "./mutationReport.ts";
import type { Subject } from "./subjects.ts";

const body = "y = a + b - c;";
const test = { file: "add.test.ts", index: 0, name: "adds", ms: 1, labels: ["add"], bodies: ["0"], share: 1 };
const subjectOf = (text: string): Subject => ({
  label: "add",
  texts: [text],
  bodies: new Map([["0", text]]),
  tests: [test],
});
const extent = { again: false, ends: false, atMost: Infinity };
const killed: Verdict = { kind: "killed", by: { file: test.file, index: 0, name: test.name } };
const survived: Verdict = { kind: "survived" };

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "candor-mutation-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const kept = (): KernelRecord =>
  JSON.parse(readFileSync(join(folder, "kernels", "add.json"), "utf8")) as KernelRecord;
const confirmed = (): unknown[] => kept().mutants.map((mutant) => mutant.confirmed ?? false);

interface Scene {
  /** Answers to requests without a fault. */
  readonly control?: () => Promise<Verdict>;
  /** Which faults lose two processes, by their number from 0. */
  readonly losing?: readonly number[];
  readonly text?: string;
  readonly digest?: string;
  readonly adapter?: string;
}

/** Examines with a process that kills every fault; keeps the faults that were asked for, and counts the controls. */
async function examine(scene: Scene = {}) {
  const { control = async () => survived, losing = [], text = body } = scene;
  const faults: string[] = [];
  let controls = 0;
  const host = {
    processes: 1,
    async examine({ mutant }: MutantRequest): Promise<Verdict> {
      if (mutant.mutated === mutant.line) {
        controls++;
        return await control();
      }
      faults.push(mutant.mutated);
      if (!losing.includes(faults.length - 1)) return killed;
      host.processes += 2;
      return { kind: "killed", lost: "died" };
    },
  };
  const adapter = { kind: "lavapipe", name: scene.adapter ?? "llvmpipe" } as const;
  const examination = { host, adapter, kept: folder, digestOfTest: () => scene.digest ?? "test" };
  const record = await examineSubject(examination, subjectOf(text), extent);
  return { faults, controls, record };
}

it("what was found is kept, and not examined again", async () => {
  const first = await examine();
  expect(first).toMatchObject({
    controls: 1,
    record: { adapter: "llvmpipe", tests: { [test.file]: "test" } },
  });
  expect(first.faults).toHaveLength(2);
  expect(confirmed()).toEqual([true, true]);
  const second = await examine({ control: () => Promise.reject(new Error("not asked for")) });
  expect(second.faults).toEqual([]);
  expect(second.record.mutants).toEqual(first.record.mutants);
});

it.each([{ digest: "edited" }, { adapter: "another" }, { text: `${body} // edited` }])(
  "it is examined again where something has changed on which it rests: %j",
  async (change) => {
    await examine();
    expect((await examine(change)).faults).toHaveLength(2);
  },
);

it("what a spoilt process found is examined again by the next run", async () => {
  await expect(examine({ control: async () => killed })).rejects.toThrow(
    'add: "adds" now fails without any fault',
  );
  expect(confirmed()).toEqual([false, false]);
  expect((await examine()).faults).toHaveLength(2);
});

it("of a run that is interrupted, what was killed since the last control is examined again", async () => {
  const text = Array.from({ length: 30 }, (_, i) => `y${i} = a + b;`).join("\n");
  let controls = 0;
  const control = async () => {
    if (controls++ > 0) throw new Error("interrupted");
    return survived;
  };
  await expect(examine({ control, text })).rejects.toThrow("interrupted");
  expect(confirmed().filter((is) => is)).toHaveLength(25);
  expect((await examine({ text })).faults).toEqual([25, 26, 27, 28, 29].map((i) => `y${i} = a - b;`));
});

it("what was killed by a process that is lost before a control is examined again at once", async () => {
  const text = "x = a + b;\ny = a + b;\nz = a + b;";
  const { faults, controls, record } = await examine({ text, losing: [1] });
  expect(faults).toEqual(["x = a - b;", "y = a - b;", "x = a - b;", "z = a - b;"]);
  expect(controls).toBe(1);
  expect(record.mutants.map(({ mutated, lost }) => [mutated, lost])).toEqual([
    ["x = a - b;", undefined],
    ["y = a - b;", "died"],
    ["z = a - b;", undefined],
  ]);
  expect(confirmed()).toEqual([true, true, true]);
});
