/** @file Tests of shader validation without a driver. */

import { expect, it } from "vitest";
import { validateWgsl } from "./validateWgsl.ts";

const header = "@group(0) @binding(0) var<storage, read_write> x: array<f32>;\n";

it("accepts a valid shader", async () => {
  expect(await validateWgsl(`${header}@compute @workgroup_size(1) fn main() { x[0] = 1.0; }`)).toEqual([]);
});

it("accepts f16 and subgroups, which the null backend offers", async () => {
  const code = `enable f16;\nenable subgroups;\n${header}
@compute @workgroup_size(8) fn main() { x[0] = subgroupAdd(f32(f16(x[1]))); }`;
  expect(await validateWgsl(code)).toEqual([]);
});

const load = (order: string) => `enable chromium_experimental_subgroup_matrix;
var<workgroup> tile: array<f32, 64>;
${header}
@compute @workgroup_size(32) fn main() {
  _ = subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, ${order}>(&tile, 0u, 8u);
}`;

it("accepts subgroup matrices, and reports a load in an order that is none", async () => {
  expect(await validateWgsl(load("col_major"))).toEqual([]);
  expect((await validateWgsl(load("z_order")))[0]?.line).toBe(6);
});

it("reports the line of a wrong type", async () => {
  const messages = await validateWgsl(`${header}@compute @workgroup_size(1) fn main() { x[0] = true; }`);
  expect(messages).toEqual([{ type: "error", line: 2, column: 46, text: "cannot assign 'bool' to 'f32'" }]);
});

it("reports a barrier in flow that is not uniform", async () => {
  const code = `${header}@compute @workgroup_size(8) fn main(@builtin(local_invocation_index) lane: u32) {
  if (lane > 3u) { workgroupBarrier(); }
}`;
  const errors = (await validateWgsl(code)).filter(({ type }) => type === "error");
  expect(errors[0]?.text).toContain("must only be called from uniform control flow");
  expect(errors[0]?.line).toBe(3);
});
