/** @file Kernels that compute element by element, from a formula: four elements an invocation. */

import { type ElementType, type KernelSpec, read, wgsl, write } from "./kernelSpec.ts";
import { flatGroup } from "./wgsl/flatIndex.ts";
import { quadFormat } from "./wgsl/quadFormat.ts";

/** What the elements of a buffer are stored as; f16 is computed with as f32. */
export type StoredType = "f32" | "f16" | "i32" | "u32";

/** A function of elements, as data. */
export interface Formula<I extends string = string, S extends string = string> {
  /** `gelu.forward`, `gelu.forward.f16`: identifies the function. */
  readonly label: string;
  /** Arguments that are elements of tensors. */
  readonly inputs: Readonly<Partial<Record<I, StoredType>>>;
  /** Arguments that are one f32 for all elements. */
  readonly scalars?: readonly S[];
  readonly output: StoredType;
  /** WGSL over vectors of four: f32, i32 or u32. */
  readonly expression: string;
  /** WGSL declarations that the expression needs. */
  readonly functions?: readonly string[];
}

/** The formula of a kernel, and how the kernel's buffers and uniforms serve it. */
export interface Elementwise {
  readonly formula: Formula;
  /** The buffer of the results. */
  readonly output: string;
  /** Inputs that repeat, with the uniform that holds the quads after which they do. */
  readonly repeats: Readonly<Partial<Record<string, string>>>;
}

/** A call of a formula within a kernel. */
export interface FormulaCall {
  readonly formula: Formula;
  /** WGSL of the inputs and the scalars, in their order. */
  readonly args: readonly string[];
}

/** How a kernel sees four elements: the vector that it computes with, and the buffer element. */
export function quadOf(dtype: StoredType) {
  if (dtype === "f32" || dtype === "f16") return { vector: "vec4<f32>", ...quadFormat(dtype) };
  const vector: ElementType = dtype === "i32" ? "vec4<i32>" : "vec4<u32>";
  return { vector, element: vector, load: (e: string) => e, store: (v: string) => v, functions: "" };
}

/**
 * The kernel of one formula, with the uniforms `quads`, the scalars, and those of `repeats`.
 *
 * @param output  name of the buffer of the results
 * @param repeats inputs that repeat, with the uniform that holds the quads after which they do
 */
export function elementwiseKernel<
  I extends string,
  O extends string,
  S extends string = never,
  R extends string = never,
>(
  formula: Formula<I, S>,
  output: O,
  repeats: { readonly [K in I]?: R } = {},
): KernelSpec<I | O, "quads" | S | R> & { readonly workgroup: number } {
  const buffers: Record<string, KernelSpec["buffers"][string]> = {};
  const uniforms: Record<string, "u32" | "f32"> = { quads: "u32" };
  const args: string[] = [];
  for (const name in formula.inputs) {
    const format = quadOf(formula.inputs[name] as StoredType);
    const period = repeats[name];
    buffers[name] = read(format.element);
    if (period) uniforms[period] = "u32";
    args.push(format.load(period ? `${name}[i % params.${period}]` : `${name}[i]`));
  }
  for (const scalar of formula.scalars ?? []) {
    uniforms[scalar] = "f32";
    args.push(`params.${scalar}`);
  }
  buffers[output] = write(quadOf(formula.output).element);
  return {
    label: formula.label,
    workgroup: 64,
    buffers: buffers as KernelSpec<I | O>["buffers"],
    uniforms: uniforms as KernelSpec<string, "quads" | S | R>["uniforms"],
    body: elementwiseBody([{ formula, args }], output),
    elementwise: { formula, output, repeats },
  };
}

/** The WGSL of calls one after the other; the result of call n is `v<n>`, that of the last goes to the output. */
export function elementwiseBody(calls: readonly FormulaCall[], output: string): string {
  const declared = new Set<string>();
  const functions = new Map<string, string>();
  const values: string[] = [];
  for (const { formula, args } of calls) {
    const { inputs, scalars = [] } = formula;
    const parameters = scalars.map((name) => `${name}: f32`);
    for (const name of Object.keys(inputs).toReversed()) {
      const { vector, functions: format } = quadOf(inputs[name] as StoredType);
      declared.add(format);
      parameters.unshift(`${name}: ${vector}`);
    }
    const { vector, functions: format } = quadOf(formula.output);
    for (const text of [format, ...(formula.functions ?? [])]) declared.add(text);
    if (!functions.has(formula.label)) {
      const head = `fn apply${functions.size}(${parameters.join(", ")}) -> ${vector}`;
      functions.set(formula.label, `${head} { return ${formula.expression}; }`);
    }
    const name = `apply${[...functions.keys()].indexOf(formula.label)}`;
    values.push(`${name}(${args.join(", ")})`);
  }
  const last = calls.length - 1;
  if (last > 0) declared.add(asStored);
  const lines = values.slice(0, last).map((value, n) => {
    return `  let v${n} = ${throughMemory(calls[n]?.formula.output ?? "f32", value)};\n`;
  });
  const result = quadOf(calls[last]?.formula.output ?? "f32").store(values[last] as string);
  return wgsl`
${flatGroup}${[...declared].join("")}
${[...functions.values()].join("\n")}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  let i = flatGroup(wid, nwg) * WG + lane;
  if (i >= params.quads) { return; }
${lines.join("")}  ${output}[i] = ${result};
}`;
}

// A number that the compiler does not know keeps it from joining what stands on both sides, as `fma` does: the bits
// are those that memory would have held.
const asStored = wgsl`
fn asStored(v: vec4<f32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) ^ vec4<u32>(params.nothing));
}
`;

/** WGSL of values as another kernel would read them, had they been stored. */
function throughMemory(dtype: StoredType, value: string): string {
  if (dtype === "f32") return `asStored(${value})`;
  const { load, store } = quadOf(dtype);
  return load(store(value));
}
