/** @file The ways to compute attention: which a device can run, and which it takes without tuning. */

import type { DeviceInfo } from "../../device/openDevice.ts";
import type { PlainVariant } from "./attentionPlain.wgsl.ts";

/** The widest head that kernels hold. */
export const widest = 128;

/** The sizes of attention, as far as they decide how to compute it. */
export interface AttentionProblem {
  readonly batch: number;
  /** Queries T and keys S. */
  readonly tokens: number;
  readonly keys: number;
  readonly heads: number;
  /** Heads of k and v; default `heads`. */
  readonly keyHeads?: number;
  readonly dim: number;
  /** Positions hide keys, as all masks but `none` do; default false. */
  readonly causal?: boolean;
  /** What q, k and v are stored as; default f32. */
  readonly dtype?: "f32" | "f16";
}

/** The two kernels, or groups of kernels, that are chosen apart. */
export type AttentionPass = "forward" | "backward";

/** An invocation computes a query, or a key. */
interface Plain {
  readonly kind: "plain";
  /** Loops over a head are not unrolled: one pipeline serves all widths. */
  readonly rolled: boolean;
}

/** A subgroup computes `rows` queries. */
interface Shared {
  readonly kind: "shared";
  readonly rows: 8 | 16;
}

/** The weights of at most `rows` queries at a time are stored, and weighed by subgroups that share rows. */
interface Passes {
  readonly kind: "passes";
  readonly rows: 128 | 256 | 512;
}

/** The ways to compute each pass. */
export interface AttentionVariants {
  readonly forward: Shared | Plain;
  readonly backward: Passes | Plain;
}

type Listed = { readonly [P in AttentionPass]: readonly AttentionVariants[P][] };

/** Every variant that runs on the device, for heads of width `dim`. */
export function attentionVariantsFor(info: DeviceInfo, dim: number): Listed {
  // A compiler on the CPU takes minutes to unroll wide heads.
  const plain = [true, ...(info.software && isWide(dim) ? [] : [false])].map((rolled) => ({
    kind: "plain" as const,
    rolled,
  }));
  if (sharingLanes(info) === 1) return { forward: plain, backward: plain };
  return {
    forward: [...([8, 16] as const).map((rows) => ({ kind: "shared" as const, rows })), ...plain],
    backward: [...([128, 256, 512] as const).map((rows) => ({ kind: "passes" as const, rows })), ...plain],
  };
}

/** A variant as a word: `shared16`, `passes256`, `plain`, `plain.rolled`. */
export function attentionVariantName(variant: AttentionVariants[AttentionPass]): string {
  if (variant.kind === "plain") return variant.rolled ? "plain.rolled" : "plain";
  return `${variant.kind}${variant.rows}`;
}

const isWide = (dim: number) => dim > 32;

/** What runs wherever the shared kernels do not. Short heads are unrolled everywhere: faster, and compiled as fast. */
export function defaultPlain(info: DeviceInfo, dim: number): Plain {
  return { kind: "plain", rolled: info.software && isWide(dim) };
}

/** The variants without any tuning. */
export function defaultAttention(info: DeviceInfo, dim: number): AttentionVariants {
  const lanes = sharingLanes(info);
  const plain = defaultPlain(info, dim);
  if (lanes === 1) return { forward: plain, backward: plain };
  return {
    // Fewer rows where the sums of wide heads fill the registers.
    forward: { kind: "shared", rows: dim > 8 * lanes ? 8 : 16 },
    // 256 queries are enough to keep a device busy, and make memory grow with S, not with T times S.
    backward: { kind: "passes", rows: 256 },
  };
}

/** The instance of the plain kernels for heads of width `dim`. */
export function plainVariant(dim: number, rolled: boolean): PlainVariant {
  return { quads: (rolled ? widest : dim) / 4, rolled };
}

/** The subgroup size where it is fixed and rows can be shared over it; else 1. */
export function sharingLanes({ subgroupMinSize, subgroupMaxSize }: DeviceInfo): number {
  return subgroupMinSize === subgroupMaxSize && [8, 16, 32].includes(subgroupMinSize) ? subgroupMinSize : 1;
}
