/** @file Times kernels by the device's own clock and holds them against its ceilings. */

import type { Device, KernelTiming } from "@candor/tensor-core";
import { spread } from "../peers/measure.ts";
import type { Ceilings } from "./ceilings.ts";
import type { KernelCase } from "./kernelCases.ts";

/** One case as measured. */
export interface KernelResult {
  readonly name: string;
  /** Time on the device of all its kernels, ms. */
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  /** The larger of both rates' shares of their ceilings: of what bounds the case, how much it reaches. */
  readonly share: number;
  readonly bound: "arithmetic" | "memory";
  /** Its kernels in the median run, the slowest first. */
  readonly kernels: readonly KernelTiming[];
}

const repeats = 5;

/** Warms up once, then takes five runs. */
export async function measureKernel(
  device: Device,
  work: KernelCase,
  ceilings: Ceilings,
): Promise<KernelResult> {
  const profile = (): Promise<KernelTiming[]> => {
    using _scope = device.scope();
    return device.profile(work.run);
  };
  await profile();
  const runs: { ms: number; kernels: KernelTiming[] }[] = [];
  for (let index = 0; index < repeats; index++) {
    const kernels = await profile();
    runs.push({ kernels, ms: kernels.reduce((total, { ms }) => total + ms, 0) });
  }
  const { medianMs, minMs, maxMs } = spread(runs.map(({ ms }) => ms));
  const median = runs.find(({ ms }) => ms === medianMs);
  return {
    name: work.name,
    medianMs,
    minMs,
    maxMs,
    ...rates(work, medianMs, ceilings),
    kernels: median?.kernels ?? [],
  };
}

/** Rates of a case, and what bounds it. */
export function rates(
  { flop, bytes }: Pick<KernelCase, "flop" | "bytes">,
  ms: number,
  ceilings: Ceilings,
): Pick<KernelResult, "gflops" | "gigabytesPerSecond" | "share" | "bound"> {
  const gflops = flop / ms / 1e6;
  const gigabytesPerSecond = bytes / ms / 1e6;
  const arithmetic = gflops / ceilings.gflops;
  const memory = gigabytesPerSecond / ceilings.gigabytesPerSecond;
  return {
    gflops,
    gigabytesPerSecond,
    share: Math.max(arithmetic, memory),
    bound: arithmetic >= memory ? "arithmetic" : "memory",
  };
}
