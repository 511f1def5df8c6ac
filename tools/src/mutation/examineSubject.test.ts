/** @file What is kept of an examination, and that nothing is where its tests fail without a fault. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { examineSubject } from "./examineSubject.ts";
import type { MutantRequest, Verdict } from "./mutationMessages.ts";
import type { Subject } from "./subjects.ts";

const body = "y = a + b - c;";
const test = { file: "add.test.ts", index: 0, name: "adds", ms: 1, labels: ["add"], bodies: ["0"], share: 1 };
const subject: Subject = { label: "add", texts: [body], bodies: new Map([["0", body]]), tests: [test] };
const extent = { again: false, ends: false, atMost: Infinity };
const killed: Verdict = { kind: "killed", by: { file: test.file, index: 0, name: test.name } };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-mutation-"));
  writeFileSync(join(folder, test.file), "");
});
afterEach(() => rmSync(folder, { recursive: true }));
const keptFile = () => join(folder, "kernels", "add.json");

/** Examines with a process that kills every fault; counts the faults, and answers by `control` where there is none. */
async function examine(control: () => Promise<Verdict>) {
  let faults = 0;
  const host = {
    async examine({ mutant }: MutantRequest): Promise<Verdict> {
      if (mutant.mutated === mutant.line) return await control();
      faults++;
      return killed;
    },
  };
  const record = await examineSubject(host, subject, { source: folder, kept: folder }, extent);
  return { faults, record };
}

it("what was found is kept, and not examined again", async () => {
  const first = await examine(async () => ({ kind: "survived" }));
  expect(first).toMatchObject({
    faults: 2,
    record: { mutants: [{ verdict: "killed" }, { verdict: "killed" }] },
  });
  expect(existsSync(keptFile())).toBe(true);
  const second = await examine(() => Promise.reject(new Error("not asked for")));
  expect(second.faults).toBe(0);
  expect(second.record.mutants).toEqual(first.record.mutants);
});

it("what a spoilt process found is thrown away, and examined again by the next run", async () => {
  await expect(examine(async () => killed)).rejects.toThrow('add: "adds" now fails without any fault');
  expect(existsSync(keptFile())).toBe(false);
  expect((await examine(async () => ({ kind: "survived" }))).faults).toBe(2);
});

it("so is what was found before the tests failed in a second process", async () => {
  await expect(examine(() => Promise.reject(new Error("no control")))).rejects.toThrow("no control");
  expect(existsSync(keptFile())).toBe(false);
});
