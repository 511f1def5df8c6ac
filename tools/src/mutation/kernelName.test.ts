/** @file Instances that differ in storage are one kernel, tilings are several. */

import { expect, it } from "vitest";
import { kernelName } from "./kernelName.ts";

it.each([
  ["softmax.forward", "softmax.forward"],
  ["softmax.forward.f16", "softmax.forward"],
  ["attention.backward.key.shared.f16.partial", "attention.backward.key.shared"],
  ["cast.f16.f32", "cast.f16.f32"],
])("%s is examined as %s", (label, name) => {
  expect(kernelName({ label })).toBe(name);
});

it("tells the tilings of matmul apart", () => {
  const features = ["subgroups"];
  expect(kernelName({ label: "matmul", constants: { TILE: true } })).toBe("matmul.tile");
  expect(kernelName({ label: "matmul", constants: { TILE: false, ELEMENT: true } })).toBe("matmul.element");
  expect(kernelName({ label: "matmul", constants: { MATRIX_M: 8 }, features })).toBe("matmul.matrix");
  expect(kernelName({ label: "matmul", constants: { TILE: false }, features })).toBe("matmul.broadcast");
  expect(kernelName({ label: "matmul" })).toBe("matmul.register");
});
