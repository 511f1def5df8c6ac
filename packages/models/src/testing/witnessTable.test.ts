/** @file What the witness table shows. */

import { expect, test } from "vitest";
import { failedRows, showWitnessTable } from "./witnessTable.ts";

const rows = [
  { model: "CLIP", quantity: "logits", values: 1200, error: 2.81e-7, tolerance: 6e-6 },
  { model: "CLIP", quantity: "gradients, 43 tensors", values: 5, error: 0.5, tolerance: 2e-5 },
  { model: "CLIP", quantity: "loss", values: 1, error: Number.NaN, tolerance: 1 },
];

test("errors stand beside their tolerances, and what fails is marked", () => {
  expect(showWitnessTable(rows).split("\n")).toEqual([
    "| model | quantity              | values | largest relative error | tolerance |       |",
    "| ----- | --------------------- | ------ | ---------------------- | --------- | ----- |",
    "| CLIP  | logits                | 1,200  | 2.8e-7                 | 6.0e-6    |       |",
    "| CLIP  | gradients, 43 tensors | 5      | 5.0e-1                 | 2.0e-5    | FAILS |",
    "| CLIP  | loss                  | 1      | NaN                    | 1.0e+0    | FAILS |",
  ]);
  expect(failedRows(rows).map(({ quantity }) => quantity)).toEqual(["gradients, 43 tensors", "loss"]);
});
