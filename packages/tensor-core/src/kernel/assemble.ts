/** @file Turns a kernel declaration into WGSL and its uniforms into bytes. */

import { subgroupMatrixFeature } from "../device/openDevice.ts";
import type { UniformValue } from "./command.ts";
import type { KernelSpec, UniformType } from "./kernelSpec.ts";

/** The whole WGSL text of a kernel, as it is compiled. */
export function assemble(kernel: KernelSpec): string {
  const lines: string[] = [];
  if (kernel.features?.includes("subgroups")) lines.push("enable subgroups;");
  if (kernel.features?.includes("shader-f16")) lines.push("enable f16;");
  if (kernel.features?.includes(subgroupMatrixFeature)) {
    lines.push("enable chromium_experimental_subgroup_matrix;");
  }
  const uniforms = Object.entries(kernel.uniforms);
  if (uniforms.length > 0) {
    lines.push("struct Params {", ...uniforms.map(([name, type]) => `  ${name}: ${type},`), "}");
  }
  const buffers = Object.entries(kernel.buffers);
  buffers.forEach(([name, { access, element }], binding) => {
    lines.push(`@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${element}>;`);
  });
  if (uniforms.length > 0) {
    lines.push(`@group(0) @binding(${buffers.length}) var<uniform> params: Params;`);
  }
  const [x, y, z] = workgroupSize(kernel);
  lines.push(
    `const WG = ${x * y * z}u;`,
    `const WG_X = ${x}u;`,
    `const WG_Y = ${y}u;`,
    `const WG_Z = ${z}u;`,
  );
  for (const [name, value] of Object.entries(kernel.constants ?? {})) {
    lines.push(typeof value === "boolean" ? `const ${name} = ${value};` : `const ${name} = ${value}u;`);
  }
  return `${lines.join("\n")}\n${kernel.body.trimEnd()}\n`;
}

export function workgroupSize(kernel: KernelSpec): readonly [number, number, number] {
  return typeof kernel.workgroup === "number" ? [kernel.workgroup, 1, 1] : kernel.workgroup;
}

/** Identifies a kernel among its variants. */
export function variantKey(kernel: KernelSpec): string {
  return `${kernel.label} ${JSON.stringify(kernel.constants ?? {})}`;
}

/** Writes the uniforms in the order of their declaration, four bytes each. */
export function packUniforms(
  declared: Readonly<Record<string, UniformType>>,
  values: Readonly<Record<string, UniformValue>>,
  target: DataView,
  offset: number,
): void {
  let at = offset;
  for (const name in declared) {
    const given = values[name];
    const value = typeof given === "function" ? given() : given;
    if (value === undefined) throw new Error(`uniform ${name} has no value`);
    const type = declared[name];
    if (type === "f32") target.setFloat32(at, value, true);
    else if (type === "i32") target.setInt32(at, value, true);
    else target.setUint32(at, value, true);
    at += 4;
  }
}
