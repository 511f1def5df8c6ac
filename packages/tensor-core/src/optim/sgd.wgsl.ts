/** @file The update of plain stochastic gradient descent; several parameters share a dispatch. */

import { read, wgsl, write, type BufferDeclaration, type KernelSpec } from "../kernel/kernelSpec.ts";
import { flatGroup } from "../kernel/wgsl/flatIndex.ts";
import { byVariant } from "../kernel/wgsl/rowReduce.ts";

/** Parameters in one dispatch, at most: two buffers each. */
export const maxSgdParameters = 4;

/** parameter -= rate * gradient, in place, four elements an invocation; each parameter has its own workgroups. */
export const updateSgd = byVariant((count: number): KernelSpec => {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const buffers: Record<string, BufferDeclaration> = {};
  const uniforms: Record<string, "u32" | "f32"> = { learningRate: "f32" };
  for (const i of numbers) {
    buffers[`gradient${i}`] = read("vec4<f32>");
    buffers[`parameter${i}`] = write("vec4<f32>");
    uniforms[`quads${i}`] = "u32";
    uniforms[`groups${i}`] = "u32";
  }
  const updates = numbers.map(
    (i) => `  if (group < params.groups${i}) {
    let i = group * WG + lane;
    if (i < params.quads${i}) { parameter${i}[i] -= params.learningRate * gradient${i}[i]; }
    return;
  }
  group -= params.groups${i};`,
  );
  return {
    label: "sgd.update",
    workgroup: 64,
    buffers,
    uniforms,
    constants: { PARAMETERS: count },
    body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var group = flatGroup(wid, nwg);
${updates.join("\n")}
}`,
  };
});
