/** @file Which mutants are let off, and which are not. */

import { expect, it } from "vitest";
import { whyEquivalent } from "./equivalents.ts";

it("lets off one item past the end, but not one item less", () => {
  const line = "if (i < params.quads) { y[i] = apply(x[i], params.s); }";
  const bound = { fault: "bound", line, mutated: line.replace(" < ", " <= ") } as const;
  expect(whyEquivalent("exp.forward", bound)).toContain("past the tensor");
  const swapped = { fault: "comparison", line, mutated: line.replace(" < ", " > ") } as const;
  expect(whyEquivalent("exp.forward", swapped)).toBeUndefined();
});
