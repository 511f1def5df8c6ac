/** @file The budgets of DESIGN, section 7, against what was measured. */

import { checkAgreement } from "./agreement.ts";
import { budgetedMatmuls, caseName } from "./benchCase.ts";
import { peerEntries, type PeerName } from "./peerLibrary.ts";
import type { CaseResult } from "./peerWorker.ts";
import type { PeerResults } from "./runPeers.ts";

/** One line of the table. */
export interface BudgetLine {
  readonly what: string;
  /** The wanted relation, in words. */
  readonly budget: string;
  /** Ratio or count as measured; undefined where a side is missing, or computes something else. */
  readonly measured: number | undefined;
  readonly unit: "times" | "count" | "share";
  /** The measured sides, in words. */
  readonly sides: string;
  readonly met: boolean | undefined;
}

const count = (what: string, value: number | undefined, most: number): BudgetLine => ({
  what,
  budget: `at most ${most}`,
  measured: value,
  unit: "count",
  sides: "",
  met: value === undefined ? undefined : value <= most,
});

/** A peer that a budget names is raced although its result is off, up to this: it computes the same thing, worse. */
const lenient = 0.1;

/**
 * Compares all that can be compared; the time of a wrong result counts as none. Where a budget names a peer, a result that
 * is off by less than a tenth is said beside its time.
 */
export function judgeBudgets(results: readonly PeerResults[]): BudgetLine[] {
  const agreement = checkAgreement(results);
  const resultOf = (peer: PeerName, name: string): CaseResult | undefined =>
    results.find((result) => result.peer === peer)?.cases[name];
  /** By how much a result is off where that is too much; infinite where it is no number, or the loss of another step. */
  const offBy = (peer: PeerName, name: string): number => {
    if (resultOf(peer, name)?.sample?.some((value) => !Number.isFinite(value)))
      return Number.POSITIVE_INFINITY;
    const { label } = peerEntries[peer];
    const found = agreement.find((one) => one.label === label && one.case === name && !one.agrees);
    if (found && resultOf(peer, name)?.losses) return Number.POSITIVE_INFINITY;
    return found ? found.difference : 0;
  };
  const median = (peer: PeerName, name: string, most = 0): number | undefined =>
    offBy(peer, name) <= most ? resultOf(peer, name)?.timing?.medianMs : undefined;
  const show = (peer: PeerName | undefined, name: string, most = 0): string => {
    const off = peer === undefined ? 0 : offBy(peer, name);
    if (!(off <= most)) return "a wrong result";
    const ms = peer && median(peer, name, most);
    if (ms === undefined) return "not measured";
    return `${ms.toPrecision(3)} ms${off > 0 ? ` for a result that is off by ${(100 * off).toPrecision(2)} %` : ""}`;
  };
  const webGpuPeers = (Object.keys(peerEntries) as PeerName[]).filter(
    (peer) => peer !== "candor" && peerEntries[peer].backend === "webgpu",
  );
  const fastest = (name: string): PeerName | undefined =>
    webGpuPeers
      .filter((peer) => median(peer, name) !== undefined)
      .toSorted((a, b) => (median(a, name) ?? 0) - (median(b, name) ?? 0))[0];

  /** other / ours, at least `least`. */
  const faster = (what: string, name: string, least: number, named?: PeerName): BudgetLine => {
    const other = named ?? fastest(name);
    const most = named ? lenient : 0;
    const [ours, theirs] = [median("candor", name), other && median(other, name, most)];
    const measured = ours && theirs ? theirs / ours : undefined;
    return {
      what,
      budget: `at least ${least} times as fast as ${other ? peerEntries[other].label : "the fastest WebGPU peer"}`,
      measured,
      unit: "times",
      sides: `${show("candor", name)} against ${show(other, name, most)}`,
      met: measured === undefined ? undefined : measured >= least,
    };
  };
  const step = results.find(({ peer }) => peer === "candor")?.cases["step"]?.steadyState;
  const [forward, both] = [median("candor", "attention"), median("candor", "attentionBackward")];
  const backward = forward && both ? both / forward : undefined;
  return [
    ...budgetedMatmuls.map((work) => {
      const name = caseName(work);
      return faster(name, name, work.m === 512 ? 2 : 2.5);
    }),
    faster("attention forward", "attention", 1, "ort-webgpu"),
    faster("attention forward, then", "attention", 1.25, "ort-webgpu"),
    {
      what: "attention forward + backward",
      budget: "at most 3.5 times our forward",
      measured: backward,
      unit: "times",
      sides: `${show("candor", "attentionBackward")} against ${show("candor", "attention")}`,
      met: backward === undefined ? undefined : backward <= 3.5,
    },
    faster("LN + GELU MLP", "mlp", 2.5),
    faster("tiny-ViT step", "step", 4, "jax-webgpu"),
    faster("tiny-ViT step, beyond", "step", 1, "jax-wasm"),
    faster("first step, cold shader cache", "coldStep", 2, "tfjs-webgpu"),
    count("submits of a step", step?.submits, 1),
    count("new buffers of a step", step?.newBuffers, 0),
    count("new pipelines of a step", step?.newPipelines, 0),
    {
      what: "host time of a step",
      budget: "under 5 % of the step",
      measured: step?.hostShare,
      unit: "share",
      sides: "",
      met: step && step.hostShare < 0.05,
    },
  ];
}
