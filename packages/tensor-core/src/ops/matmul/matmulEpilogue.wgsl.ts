/** @file What is done to a product before it is stored, and the gradient of that. */

import { type KernelSpec, read, wgsl, write } from "../../kernel/kernelSpec.ts";
import { flatGroup } from "../../kernel/wgsl/flatIndex.ts";
import { unaryFunctions, unaryTable } from "../elementwise/unaryTable.ts";
import type { Activation, MatmulVariant } from "./matmulVariant.ts";

/**
 * `storeProduct(at, column, product, shift)`: four neighbouring elements of y from `at` on, the first in `column`; the
 * bias of those columns is the shift.
 */
export function epilogueFunctions({ epilogue, quadsY, sums }: MatmulVariant): string {
  const { bias, activation, keepsInput, gate, residual, optional } = epilogue;
  const reads = quadsY ? readQuad : readScalars;
  const stores = quadsY ? storeQuad : storeScalars;
  return wgsl`${bias ? (quadsY ? biasQuad : biasScalars) : ""}${gate ? reads("gate") : ""}${residual ? reads("residual") : ""}
${stores("y")}${keepsInput ? stores("input") : ""}${sums ? storeSum : ""}
${activation === "none" ? "" : activate(activation)}
fn storeProduct(at: u32, column: u32, product: vec4<f32>${bias ? ", shift: vec4<f32>" : ""}) {
  var value = product * params.scale${bias && !optional ? " + shift" : ""};
${bias && optional ? "  if (params.biased != 0u) { value = product * params.scale + shift; }\n" : ""}${keepsInput ? "  inputStore(at, column, value);\n" : ""}${
    activation === "none" ? "" : "  value = activate(value);\n"
  }${gate ? "  value *= gateFour(at, column);\n" : ""}${
    residual
      ? `  ${optional ? "if (params.added != 0u) { " : ""}value += residualFour(at, column);${optional ? " }" : ""}\n`
      : ""
  }  yStore(at, column, value);
}`;
}

/**
 * Stores the rows `acc`0 and on of a unit, from `row` and `column` on. On a software device a load or a store is
 * hundreds of instructions: there all rows share those of one pass of a loop, whose length is a uniform, so that no
 * compiler unrolls it.
 */
export function storeRows({ tiling, epilogue: { bias, optional } }: MatmulVariant): string {
  const shift = bias ? ", shift" : "";
  const rows = Array.from({ length: tiling.rows }, (_, r) => r);
  const begin = wgsl`
  if (column >= params.columns) { return; }
  let out = (plane * params.rows + row) * params.columns + column;
${bias ? (optional ? optionalShift : "  let shift = biasAt(column);") : ""}`;
  if (tiling.kind !== "broadcast") {
    const store = (r: number) => `storeProduct(out + ${r}u * params.columns, column, acc${r}${shift});`;
    return `${begin}\n${rows.map((r) => `  if (row + ${r}u < params.rows) { ${store(r)} }`).join("\n")}`;
  }
  return wgsl`${begin}
  var held = array<vec4<f32>, ROWS>(${rows.map((r) => `acc${r}`).join(", ")});
  let heldRows = min(params.unitRows, params.rows - row);
  for (var r = 0u; r < heldRows; r++) {
    storeProduct(out + r * params.columns, column, held[r % ROWS]${shift});
  }`;
}

const optionalShift = wgsl`  var shift = vec4<f32>(0.0);
  if (params.biased != 0u) { shift = biasAt(column); }`;

/**
 * The gradient of y = activation(x) · gate from x, the gate and dy, four elements an invocation: dx, and dgate where
 * there is a gate.
 */
export function epilogueBackward({ activation, gate }: { activation: Activation; gate: boolean }) {
  const four = "vec4<f32>";
  return {
    label: "matmul.backward.epilogue",
    workgroup: 64,
    buffers: {
      x: read(four),
      dy: read(four),
      ...(gate ? { gate: read(four) } : {}),
      dx: write(four),
      ...(gate ? { dgate: write(four) } : {}),
    } as Record<"x" | "dy" | "gate" | "dx" | "dgate", ReturnType<typeof read>>,
    uniforms: { quads: "u32" },
    constants: { GELU: activation === "gelu", SILU: activation === "silu", GATE: gate },
    body: wgsl`
${flatGroup}
${activate(activation)}
${unaryFunctions.find(({ name }) => name === `${activation}Slope`)?.text ?? ""}
fn slope(x: vec4<f32>, dy: vec4<f32>) -> vec4<f32> { return ${
      activation === "none" ? "dy" : unaryTable[activation].gradient
    }; }

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
${
  gate
    ? `  dgate[i] = dy[i] * activate(x[i]);
  dx[i] = slope(x[i], dy[i] * gate[i]);`
    : "  dx[i] = slope(x[i], dy[i]);"
}
}`,
  } as const satisfies KernelSpec;
}

/** `activate(x)`. */
export const activate = (activation: Activation) => wgsl`
fn activate(x: vec4<f32>) -> vec4<f32> { return ${
  activation === "none" ? "x" : unaryTable[activation].forward
}; }`;

const biasQuad = wgsl`
fn biasAt(column: u32) -> vec4<f32> { return bias[column / 4u]; }`;

const biasScalars = wgsl`
fn biasAt(column: u32) -> vec4<f32> {
  let last = params.columns - 1u;
  return vec4<f32>(bias[column], bias[min(column + 1u, last)], bias[min(column + 2u, last)], bias[min(column + 3u, last)]);
}`;

const readQuad = (name: string) => wgsl`
fn ${name}Four(at: u32, column: u32) -> vec4<f32> { return ${name}[at / 4u]; }`;

const readScalars = (name: string) => wgsl`
fn ${name}Four(at: u32, column: u32) -> vec4<f32> {
  let last = at + params.columns - 1u - column;
  return vec4<f32>(${name}[at], ${name}[min(at + 1u, last)], ${name}[min(at + 2u, last)], ${name}[min(at + 3u, last)]);
}`;

const storeQuad = (name: string) => wgsl`
fn ${name}Store(at: u32, column: u32, value: vec4<f32>) { ${name}[at / 4u] = value; }`;

const storeScalars = (name: string) => wgsl`
fn ${name}Store(at: u32, column: u32, value: vec4<f32>) {
  ${name}[at] = value.x;
  if (column + 1u < params.columns) { ${name}[at + 1u] = value.y; }
  if (column + 2u < params.columns) { ${name}[at + 2u] = value.z; }
  if (column + 3u < params.columns) { ${name}[at + 3u] = value.w; }
}`;

const storeSum = wgsl`
fn storeSum(split: u32, row: u32, value: f32) {
  if (row < params.rows) { sums[split * params.rows + row] = value; }
}`;
