/** @file Which variant attention gets on a device: the tuned one where there is one, else by the kind of device. */

import type { DeviceInfo } from "../../device/openDevice.ts";
import { assemble } from "../../kernel/assemble.ts";
import type { KernelSpec } from "../../kernel/kernelSpec.ts";
import { Imposed, powerOfTwo, revisionOf } from "../../kernel/variantChoice.ts";
import type { Device } from "../../tensor/device.ts";
import { attentionWeighShared, attentionWeightsShared, weighedRows } from "./attentionBackward.wgsl.ts";
import { attentionLse } from "./attentionLse.ts";
import {
  attentionBackwardKeyPlain,
  attentionBackwardQueryPlain,
  attentionForwardPlain,
} from "./attentionPlain.wgsl.ts";
import { attentionForwardShared, sharedVariant } from "./attentionShared.wgsl.ts";
import { attentionStats } from "./attentionStats.wgsl.ts";
import {
  type AttentionPass,
  type AttentionProblem,
  attentionVariantName,
  type AttentionVariants,
  attentionVariantsFor,
  defaultAttention,
  plainVariant,
  sharingLanes,
} from "./attentionVariant.ts";

const imposed = new Imposed<AttentionVariants>();

/** The variant of a pass on a device. */
export function chooseAttention<P extends AttentionPass>(
  device: Device,
  pass: P,
  problem: AttentionProblem,
): AttentionVariants[P] {
  const { info } = device;
  return (
    imposed.on(device)[pass] ??
    tunedVariant(device, pass, problem) ??
    defaultAttention(info, problem.dim)[pass]
  );
}

function tunedVariant<P extends AttentionPass>(
  { info, tuning }: Device,
  pass: P,
  problem: AttentionProblem,
): AttentionVariants[P] | undefined {
  const family = attentionFamily(pass, problem);
  if (!tuning.has(family)) return undefined;
  const name = tuning.get(family, attentionRevision(info, pass, problem), attentionClass(problem));
  if (name === undefined) return undefined;
  const listed: readonly AttentionVariants[P][] = attentionVariantsFor(info, problem.dim)[pass];
  return listed.find((variant) => attentionVariantName(variant) === name);
}

type Operands = Pick<AttentionProblem, "dtype">;

/** The name of a pass in a device's tuning: `attention.forward.f32`. */
export function attentionFamily(pass: AttentionPass, { dtype = "f32" }: Operands = {}): string {
  return `attention.${pass}.${dtype}`;
}

/** Problems that share a choice: B H, T, S and D equal up to the next power of two, and whether positions hide keys. */
export function attentionClass(problem: AttentionProblem): string {
  const { batch, tokens, keys, heads, keyHeads = heads, dim, causal } = problem;
  const sizes = [batch * heads, tokens, keys, dim].map(powerOfTwo).join("x");
  const group = powerOfTwo(heads / Math.max(1, keyHeads));
  return `${sizes}${group > 1 ? ` group ${group}` : ""}${causal ? " causal" : ""}`;
}

/** Changes with the WGSL of any variant that runs on the device. */
export function attentionRevision(info: DeviceInfo, pass: AttentionPass, operands: Operands = {}): string {
  return revisionOf(info, attentionFamily(pass, operands), () =>
    kernelsOf(info, pass, operands).map(assemble),
  );
}

/** The kernels of all variants that run on the device, for heads of 64. */
function kernelsOf(
  info: DeviceInfo,
  pass: AttentionPass,
  { dtype = "f32" }: Operands,
): readonly KernelSpec[] {
  const [dim, lanes] = [64, sharingLanes(info)];
  const plain = [true, false].map((rolled) => ({ ...plainVariant(dim, rolled), dtype }));
  const { forward } = attentionVariantsFor(info, dim);
  if (pass === "forward") {
    const shared = forward.filter((variant) => variant.kind === "shared");
    return [
      attentionLse,
      ...shared.map(({ rows }) => attentionForwardShared({ ...sharedVariant(dim / 4, lanes, rows), dtype })),
      ...plain.map(attentionForwardPlain),
    ];
  }
  const { fold } = sharedVariant(dim / 4, lanes, weighedRows);
  const weighings = (["queries", "keys"] as const).map((rows) => ({ rows, lanes, fold, dtype }));
  return [
    attentionLse,
    attentionStats({ dtype }),
    ...(lanes > 1 ? [attentionWeightsShared({ lanes, dtype }), ...weighings.map(attentionWeighShared)] : []),
    ...plain.flatMap((variant) => [attentionBackwardQueryPlain(variant), attentionBackwardKeyPlain(variant)]),
  ];
}

/**
 * Runs `fn` with some variants for all attention on the device, whatever its shapes; for tests and tuning.
 *
 * @internal
 */
export function withAttentionVariant<T>(
  device: Device,
  variants: Partial<AttentionVariants>,
  fn: () => T,
): T {
  return imposed.during(device, variants, fn);
}
