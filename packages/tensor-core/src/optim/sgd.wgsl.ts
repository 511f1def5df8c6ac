/** @file The updates of stochastic gradient descent, plain and with momentum; several parameters share a dispatch. */

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

/** Parameters in one dispatch of {@link updateMomentum}, at most: two buffers each, and velocities. */
export const maxMomentumParameters = 3;

/** How a step follows from a velocity: not at all, by it, or by where it leads. */
export type MomentumForm = "none" | "heavyBall" | "nesterov";

/**
 * One step of up to three parameters, in place, four elements an invocation.
 *
 * Parameter i has its own run of workgroups and moves by `rate<i>`; `decay<i>` times the parameter is a part of its
 * gradient. Its velocities begin at quad `at<i>` of `velocities`.
 */
export const updateMomentum = byVariant(
  ({ count, form }: { count: number; form: MomentumForm }): KernelSpec => {
    const numbers = Array.from({ length: count }, (_, i) => i);
    const moves = form !== "none";
    const buffers: Record<string, BufferDeclaration> = {};
    const uniforms: Record<string, "u32" | "f32"> = moves ? { momentum: "f32" } : {};
    for (const i of numbers) {
      buffers[`gradient${i}`] = read("vec4<f32>");
      buffers[`parameter${i}`] = write("vec4<f32>");
      for (const name of ["quads", "groups", ...(moves ? ["at"] : [])]) uniforms[`${name}${i}`] = "u32";
      for (const name of ["rate", "decay"]) uniforms[`${name}${i}`] = "f32";
    }
    const updates = numbers.map(
      (i) => `  if (group < params.groups${i}) {
    let i = group * WG + lane;
    if (i < params.quads${i}) {
      parameter${i}[i] = updated(parameter${i}[i], gradient${i}[i], params.rate${i}, params.decay${i}${moves ? `, params.at${i} + i` : ""});
    }
    return;
  }
  group -= params.groups${i};`,
    );
    const velocity = `
  let v = params.momentum * velocities[at] + g;
  velocities[at] = v;`;
    const direction = { none: "g", heavyBall: "v", nesterov: "(g + params.momentum * v)" }[form];
    return {
      label: "sgd.momentum",
      workgroup: 64,
      buffers: { ...buffers, ...(moves && { velocities: write("vec4<f32>") }) },
      uniforms,
      constants: {
        PARAMETERS: count,
        ...(moves && { [form === "nesterov" ? "NESTEROV" : "HEAVY_BALL"]: 1 }),
      },
      body: wgsl`
${flatGroup}
// ${moves ? "Moves the velocity and gives" : "Gives"} the new value of the parameter.
fn updated(parameter: vec4<f32>, gradient: vec4<f32>, rate: f32, decay: f32${moves ? ", at: u32" : ""}) -> vec4<f32> {
  let g = gradient + decay * parameter;${moves ? velocity : ""}
  return parameter - rate * ${direction};
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  var group = flatGroup(wid, nwg);
${updates.join("\n")}
}`,
    };
  },
);
