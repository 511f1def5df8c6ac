/** @file The metrics log over stops: whole lines, cut lines, damaged lines. */

import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { appendMetrics, readMetrics, truncateMetrics } from "./metricsLog.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-metrics-"));
  file = join(folder, "metrics.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

it("keeps exact numbers, and drops what came after a checkpoint", () => {
  for (let step = 1; step <= 4; step++) appendMetrics(file, { step, loss: Math.fround(1 / step) });
  truncateMetrics(file, 3);
  appendMetrics(file, { step: 4, loss: 9 });
  expect(readMetrics(file)).toEqual([
    { step: 1, loss: 1 },
    { step: 2, loss: 0.5 },
    { step: 3, loss: Math.fround(1 / 3) },
    { step: 4, loss: 9 },
  ]);
});

it("leaves out a last line that was cut off by a kill", () => {
  appendMetrics(file, { step: 1, loss: 1 });
  appendFileSync(file, '{"step":2,"lo');
  expect(readMetrics(file)).toEqual([{ step: 1, loss: 1 }]);
});

it("names a damaged line", () => {
  writeFileSync(file, '{"step":1}\nnonsense\n{"step":3}\n');
  expect(() => readMetrics(file)).toThrow("line 2, is not JSON: nonsense");
});

it("is empty where no run has begun", () => {
  expect(readMetrics(file)).toEqual([]);
});
