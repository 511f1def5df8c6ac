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

/** The same for halves, two in each word. */
export const findNonFiniteHalf = {
  ...findNonFinite,
  label: "trap.findHalf",
  body: wgsl`
${flatGroup}
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) nwg: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
  for (var i = flatGroup(wid, nwg) * WG + lane; 2u * i < params.count; i += nwg.x * WG) {
    let low = (x[i] & 0x7c00u) == 0x7c00u;
    let high = (x[i] & 0x7c000000u) == 0x7c000000u && 2u * i + 1u < params.count;
    if (low || high) {
      atomicMin(&found[params.slot], 2u * i + select(1u, 0u, low));
      break;
    }
  }
}`,
} as const satisfies KernelSpec;

interface Watched {
  readonly kernel: KernelSpec;
  readonly output: string;
  /** The element of the tensor at which the binding begins. */
  readonly first: number;
  /** As they were then: the buffers go on to other owners. */
  readonly owners: Readonly<Record<string, PooledBuffer["owner"]>>;
}

/** Watches the f32 and f16 tensors that every dispatch writes as a whole, while it is set on a recorder. */
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
      kernel: typeof findNonFinite | typeof findNonFiniteHalf,
      bindings: Readonly<Record<"x" | "found", Binding>>,
      uniforms: Readonly<Record<"count" | "slot", number>>,
      groups: number,
    ) => void,
  ): void {
    if (kernel.writesPart) return;
    for (const output in kernel.buffers) {
      const { access } = kernel.buffers[output] as KernelSpec["buffers"][string];
      const x = bindings[output] as Binding;
      // By the tensor: kernels write halves, and copies of floats, as words.
      const halves = x.pooled.owner.dtype === "f16";
      if (access !== "read_write" || !(halves || x.pooled.owner.dtype === "f32")) continue;
      const slot = this.#watched.length;
      if (slot === trapSlots) {
        throw new Error(
          `[trapNonFinite] more than ${trapSlots} outputs in one call: wrap single steps, not whole runs`,
        );
      }
      const owners = Object.fromEntries(
        Object.entries(bindings).map(([name, { pooled }]) => [name, { ...pooled.owner }]),
      );
      this.#watched.push({ kernel, output, first: (x.offset ?? 0) / (halves ? 2 : 4), owners });
      const words = Math.floor(x.bytes / 4);
      const groups = Math.min(maxGroups, Math.ceil(words / findNonFinite.workgroup));
      const count = halves ? halvesOf(x) : words;
      dispatch(
        halves ? findNonFiniteHalf : findNonFinite,
        { x, found: this.#found },
        { count, slot },
        groups,
      );
    }
  }

  /** What the first bad output was; undefined if there is none. */
  explain(found: Uint32Array): NonFiniteError | undefined {
    const slot = this.#watched.findIndex((_, at) => found[at] !== nothingFound);
    const watched = this.#watched[slot];
    if (!watched) return undefined;
    const { kernel, output, first, owners } = watched;
    const show = (name: string) => {
      const { shape, dtype } = owners[name] as PooledBuffer["owner"];
      return `${name} [${shape.join(", ")}] ${dtype}`;
    };
    const reads = Object.keys(kernel.buffers).filter((name) => kernel.buffers[name]?.access === "read");
    const index = first + (found[slot] as number);
    return new NonFiniteError(
      `[${kernel.label}] wrote NaN or infinity at element ${index} of ${show(output)} ` +
        `(${(owners[output] as PooledBuffer["owner"]).label}), and nothing before it did; it read ` +
        `${reads.map(show).join(", ") || "nothing"}`,
    );
  }
}

/** The halves of a binding without what fills up the last word of an odd number of them: that may be anything. */
function halvesOf({ pooled, bytes, offset = 0 }: Binding): number {
  const all = pooled.owner.shape.reduce((product, n) => product * n, 1);
  return Math.min(bytes / 2, all - offset / 2);
}
