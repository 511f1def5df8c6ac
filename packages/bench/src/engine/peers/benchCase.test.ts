/** @file Shapes given on the command line, and the inputs that all libraries share. */

import { expect, it } from "vitest";
import { caseName, flopOf, matmulInputs, parseMatmuls } from "./benchCase.ts";

it("reads products from flags, several to a flag", () => {
  const cases = parseMatmuls(["512x64x8,3x5x7", " 1X2x3 "]);
  expect(cases.map(caseName)).toEqual(["matmul 512x64x8", "matmul 3x5x7", "matmul 1x2x3"]);
  expect(cases.map(flopOf)).toEqual([524288, 210, 12]);
  expect(parseMatmuls([])).toEqual([]);
});

it.each(["512", "2x2", "0x2x2", "2x2x2x2", "axbxc", "-1x2x3", "1.5x2x2"])("refuses %s", (text) => {
  expect(() => parseMatmuls([text])).toThrow(
    `--matmul must be MxKxN with whole numbers of at least 1, got "${text}"`,
  );
});

it("draws a, then b, from the same generator", () => {
  const { a, b } = matmulInputs({ kind: "matmul", m: 1, k: 2, n: 1 });
  // state 1 gives 1015568748, then 1586005467, 2165703038, 3027450565, by hand
  const want = [1015568748, 1586005467, 2165703038, 3027450565].map((state) =>
    Math.fround((state / 2 ** 32 - 0.5) * 2),
  );
  expect([...a, ...b]).toEqual(want);
});
