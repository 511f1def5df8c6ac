/** @file Which mutants are let off, and which are not. */

import { expect, it } from "vitest";
import { whyEquivalent } from "./equivalents.ts";

const slope = (formula: string): string[] => [
  `fn slope(x: vec4<f32>, y: vec4<f32>, dy: vec4<f32>, s: f32) -> vec4<f32> { return ${formula}; }`,
];
const shifted = {
  fault: "index",
  line: "if (i < params.quads) { dx[i] = slope(x[i], y[i], dy[i], params.s); }",
  mutated: "if (i < params.quads) { dx[i] = slope(x[i + 1], y[i], dy[i], params.s); }",
} as const;

it("lets off a shifted load that the formula does not read, and no other", () => {
  expect(whyEquivalent("exp.backward.x", shifted, slope("dy * y"))).toBe(
    "the slope, dy * y, does not read x",
  );
  expect(whyEquivalent("log.backward.x", shifted, slope("dy / x"))).toBeUndefined();
  expect(whyEquivalent("relu.backward.x", shifted, slope("dy * exp(y)"))).toContain("does not read x");
  const both = [...slope("dy * y"), ...slope("dy / x")];
  expect(whyEquivalent("exp.backward.x", shifted, both)).toBeUndefined();
});

it("lets off one item past the end, but not one item less", () => {
  const line = "if (i < params.quads) { y[i] = apply(x[i], params.s); }";
  const bound = { fault: "bound", line, mutated: line.replace(" < ", " <= ") } as const;
  expect(whyEquivalent("exp.forward", bound, [])).toContain("past the tensor");
  const swapped = { fault: "comparison", line, mutated: line.replace(" < ", " > ") } as const;
  expect(whyEquivalent("exp.forward", swapped, [])).toBeUndefined();
});
