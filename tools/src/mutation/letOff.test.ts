/** @file Survivors that are let off, and on which adapters. */

import { expect, it } from "vitest";
import { whyLetOff } from "./letOff.ts";

const bound = (line: string, from: string, to: string) =>
  ({ fault: "bound", line, mutated: line.replace(from, to) }) as const;

it("says that lavapipe hides one item past the end, which other adapters show", () => {
  const line = "if (i < params.quads) { y[i] = apply(x[i], params.s); }";
  const past = bound(line, " < ", " <= ");
  expect(whyLetOff("exp.forward", past, "lavapipe")).toMatchObject({ as: "hidden" });
  expect(whyLetOff("exp.forward", past, "swiftshader")).toBeUndefined();
  expect(whyLetOff("exp.forward", past, "hardware")).toBeUndefined();
});

it("does not let off one item less", () => {
  const line = "if (i < params.quads) { y[i] = apply(x[i], params.s); }";
  const swapped = { fault: "comparison", line, mutated: line.replace(" < ", " > ") } as const;
  expect(whyLetOff("exp.forward", swapped, "lavapipe")).toBeUndefined();
});

it("lets off one row past the end only in kernels of which that is argued", () => {
  const row = bound("if (row >= params.rows) { return; }", " >= ", " > ");
  expect(whyLetOff("softmax.forward", row, "lavapipe")).toMatchObject({ as: "hidden" });
  expect(whyLetOff("other.forward", row, "lavapipe")).toBeUndefined();
  const group = bound("if (group >= params.count) { return; }", " >= ", " > ");
  expect(whyLetOff("argmax", group, "lavapipe")).toMatchObject({ as: "hidden" });
  expect(whyLetOff("other", group, "lavapipe")).toBeUndefined();
});

it("lets off on every adapter what computes the same", () => {
  const line = "return select(x * s, x, x > vec4<f32>(0.0));";
  const pardon = whyLetOff("leakyRelu.forward", bound(line, " > ", " >= "), "hardware");
  expect(pardon).toMatchObject({ as: "equivalent" });
});
