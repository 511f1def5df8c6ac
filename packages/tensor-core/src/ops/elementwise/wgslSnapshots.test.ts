/** @file The WGSL of elementwise kernels, as files. */

import { describe, expect, it } from "vitest";
import { assemble } from "../../kernel/assemble.ts";
import type { Binding, Command } from "../../kernel/command.ts";
import { findChains, fuseChains } from "../../kernel/fuseElementwise.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { binaryBackward, binaryForward } from "./binary.wgsl.ts";
import { powerBackward, powerForward } from "./power.wgsl.ts";
import { unaryBackward, unaryForward } from "./unary.wgsl.ts";

/** A buffer that no test gives memory to. */
const buffer = (id: number): Binding => ({
  pooled: {
    id,
    bytes: 256,
    owner: { label: "", shape: [64], dtype: "" },
    holds: 0,
    buffer: undefined,
    place: undefined,
  },
  bytes: 256,
});

const command = (
  kernel: KernelSpec,
  bindings: Command["bindings"],
  uniforms: Command["uniforms"],
): Command => ({ kernel, bindings, uniforms: { quads: 16, ...uniforms }, groups: [1, 1, 1] });

/** gelu(x * s) + b, where b repeats. */
function chain(): KernelSpec {
  const [x, b, scaled, hidden, y] = [1, 2, 3, 4, 5].map(buffer) as [
    Binding,
    Binding,
    Binding,
    Binding,
    Binding,
  ];
  const commands = [
    command(unaryForward({ name: "scale", dtype: "f32" }), { x, y: scaled }, { s: 2 }),
    command(unaryForward({ name: "gelu", dtype: "f32" }), { x: scaled, y: hidden }, {}),
    command(binaryForward({ name: "add", dtype: "f32" }), { a: hidden, b, y }, { bQuads: 4 }),
  ];
  const chains = findChains(commands, (pooled) => pooled.id === 3 || pooled.id === 4);
  return fuseChains(commands, chains)[0]?.kernel as KernelSpec;
}

const kernels: Readonly<Record<string, KernelSpec>> = {
  "div.forward": binaryForward({ name: "div", dtype: "f32" }),
  "div.backward.b": binaryBackward({ name: "div", dtype: "f32", side: "db" }),
  "add.forward.f16": binaryForward({ name: "add", dtype: "f16" }),
  "gelu.forward": unaryForward({ name: "gelu", dtype: "f32" }),
  "gelu.backward.x": unaryBackward({ name: "gelu", dtype: "f32" }),
  "geluErf.backward.x.f16": unaryBackward({ name: "geluErf", dtype: "f16" }),
  fused: chain(),
  "power.forward": powerForward({ dtype: "f32" }),
  "power.backward.a": powerBackward({ dtype: "f32", side: "a" }),
  "power.backward.b.f16": powerBackward({ dtype: "f16", side: "b" }),
  "pow.forward": unaryForward({ name: "pow", dtype: "f32" }),
};

describe("WGSL of elementwise ops", () => {
  it.each(Object.entries(kernels))("%s is as reviewed", async (name, kernel) => {
    await expect(assemble(kernel)).toMatchFileSnapshot(`../__wgsl__/${name}.wgsl`);
  });
});
