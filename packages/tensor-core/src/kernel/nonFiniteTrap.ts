/** @file Finds the first kernel that writes NaN or infinity, and where. */

import type { PooledBuffer } from "../memory/bufferPool.ts";
import type { Binding } from "./command.ts";
import { read, wgsl, write, type KernelSpec } from "./kernelSpec.ts";
import { flatGroup } from "./wgsl/flatIndex.ts";

/** A kernel wrote NaN or infinity: the message names it, the tensor, the first such element, and what it read. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
}

/** Outputs that one trap can watch. */
export const trapSlots = 1 << 18;
const nothingFound = 0xffff_ffff;
const maxGroups = 256;

/** found[slot] = the first element whose exponent has all bits set; by bits, since WGSL may assume there is none. */
export const findNonFinite = {
  label: "trap.find",
  workgroup: 64,
  buffers: { x: read("u32"), found: write("atomic<u32>") },
  uniforms: { count: "u32", slot: "u32" },
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  for (var i = flatGroup(wid, nwg) * WG + lane; i < params.count; i += nwg.x * WG) {
    if ((x[i] & 0x7f800000u) == 0x7f800000u) {
      atomicMin(&found[params.slot], i);
      break;
    }
  }
}`,
} as const satisfies KernelSpec;

interface Watched {
  readonly kernel: KernelSpec;
  readonly output: string;
  /** As they were then: the buffers go on to other owners. */
  readonly owners: Readonly<Record<string, PooledBuffer["owner"]>>;
}

/** Watches the f32 outputs of every dispatch while it is set on a recorder. */
export class NonFiniteTrap {
  readonly #found: Binding;
  readonly #watched: Watched[] = [];

  /** @param found {@link trapSlots} words, all bits set */
  constructor(found: Binding) {
    this.#found = found;
  }

  /**
   * The dispatches that look through what a kernel has written.
   *
   * @throws Error if more outputs were written than a trap can watch
   */
  watch(
    kernel: KernelSpec,
    bindings: Readonly<Record<string, Binding>>,
    dispatch: (
      kernel: typeof findNonFinite,
      bindings: Readonly<Record<"x" | "found", Binding>>,
      uniforms: Readonly<Record<"count" | "slot", number>>,
      groups: number,
    ) => void,
  ): void {
    for (const output in kernel.buffers) {
      const { access, element } = kernel.buffers[output] as KernelSpec["buffers"][string];
      if (access !== "read_write" || !(element === "f32" || element === "vec4<f32>")) continue;
      const x = bindings[output] as Binding;
      const slot = this.#watched.length;
      if (slot === trapSlots) {
        throw new Error(
          `[trapNonFinite] more than ${trapSlots} outputs in one call: wrap single steps, not whole runs`,
        );
      }
      const owners = Object.fromEntries(
        Object.entries(bindings).map(([name, { pooled }]) => [name, { ...pooled.owner }]),
      );
      this.#watched.push({ kernel, output, owners });
      const count = Math.floor(x.bytes / 4);
      const groups = Math.min(maxGroups, Math.ceil(count / findNonFinite.workgroup));
      dispatch(findNonFinite, { x, found: this.#found }, { count, slot }, groups);
    }
  }

  /** What the first bad output was; undefined if there is none. */
  explain(found: Uint32Array): NonFiniteError | undefined {
    const slot = this.#watched.findIndex((_, at) => found[at] !== nothingFound);
    const watched = this.#watched[slot];
    if (!watched) return undefined;
    const { kernel, output, owners } = watched;
    const show = (name: string) => {
      const { shape, dtype } = owners[name] as PooledBuffer["owner"];
      return `${name} [${shape.join(", ")}] ${dtype}`;
    };
    const reads = Object.keys(kernel.buffers).filter((name) => kernel.buffers[name]?.access === "read");
    const index = found[slot] as number;
    return new NonFiniteError(
      `[${kernel.label}] wrote NaN or infinity at element ${index} of ${show(output)} ` +
        `(${(owners[output] as PooledBuffer["owner"]).label}), and nothing before it did; it read ` +
        `${reads.map(show).join(", ") || "nothing"}`,
    );
  }
}
