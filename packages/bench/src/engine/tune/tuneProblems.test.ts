/** @file Which products are tuned. */

import { expect, test } from "vitest";
import { parseMatmuls } from "../peers/benchCase.ts";
import { problemsOf } from "./tuneProblems.ts";

test("products are tuned in every storage that is asked for", () => {
  const problems = problemsOf(parseMatmuls(["3x5x7,64x2080x256"]), ["nt", "tn"]);
  expect(problems).toHaveLength(4);
  expect(problems[0]).toEqual({
    rows: 3,
    depth: 5,
    columns: 7,
    batches: 1,
    transposeA: false,
    transposeB: true,
    halfA: false,
    halfB: false,
  });
  expect(problems[3]).toMatchObject({ rows: 64, depth: 2080, columns: 256, transposeA: true });
  const [halves] = problemsOf(parseMatmuls(["3x5x7"]), ["nt"], "f16");
  expect(halves).toMatchObject({ halfA: true, halfB: true });
});
