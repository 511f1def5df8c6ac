/** @file Budgets, agreement and the choice between rounds, on made-up figures. */

import { expect, it } from "vitest";
import { referenceLosses } from "../tinyVitInputs.ts";
import { checkAgreement } from "./agreement.ts";
import { judgeBudgets } from "./budgets.ts";
import { peerEntries, type PeerName } from "./peerLibrary.ts";
import type { CaseResult } from "./peerWorker.ts";
import { joinProcesses, keepBest, type PeerResults } from "./runPeers.ts";

const timing = (ms: number) => ({
  firstMs: ms,
  medianMs: ms,
  minMs: ms,
  maxMs: ms,
  iterations: 5,
  cpuMs: ms,
});

const side = (peer: PeerName, cases: Record<string, CaseResult>): PeerResults => ({
  peer,
  label: peerEntries[peer].label,
  adapter: "",
  cases,
});

const timed = (peer: PeerName, times: Record<string, number>): PeerResults =>
  side(peer, Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, { timing: timing(ms) }])));

const line = (results: readonly PeerResults[], what: string) =>
  judgeBudgets(results).find((found) => found.what === what);

it("compares a product with the fastest WebGPU peer, not with a CPU one", () => {
  const name = "matmul 1024x1024x1024";
  const results = [
    timed("candor", { [name]: 10 }),
    timed("jax-webgpu", { [name]: 30 }),
    timed("tfjs-webgpu", { [name]: 24 }),
    timed("ort-cpu", { [name]: 1 }),
  ];
  expect(line(results, name)).toMatchObject({ measured: 2.4, met: false, sides: "10.0 ms against 24.0 ms" });
  expect(line(results, name)?.budget).toContain("tfjs WebGPU");
});

it("says what was not measured instead of judging it", () => {
  expect(line([timed("candor", { mlp: 10 })], "LN + GELU MLP")).toMatchObject({
    measured: undefined,
    met: undefined,
  });
  expect(line([], "submits of a step")?.met).toBeUndefined();
});

it("judges the backward pass by our own forward, and a step by what it leaves behind", () => {
  const step = { submits: 1, newBuffers: 2, newPipelines: 0, hostShare: 0.04 };
  const results = [
    side("candor", {
      attention: { timing: timing(10) },
      attentionBackward: { timing: timing(35) },
      step: { timing: timing(5), steadyState: step },
    }),
  ];
  expect(line(results, "attention forward + backward")).toMatchObject({ measured: 3.5, met: true });
  expect(line(results, "new buffers of a step")).toMatchObject({ measured: 2, met: false });
  expect(line(results, "host time of a step")?.met).toBe(true);
});

it("keeps the faster round of each case, and any round over a failed one", () => {
  const first = side("candor", { mlp: { timing: timing(4) }, step: { error: "lost" } });
  const second = side("candor", { mlp: { timing: timing(5) }, step: { timing: timing(9) } });
  const { cases } = keepBest(first, second);
  expect([cases["mlp"]?.timing?.medianMs, cases["step"]?.timing?.medianMs]).toEqual([4, 9]);
});

it("counts the end of a process only where no round came to its own", () => {
  const whole: PeerResults = { ...side("candor", { mlp: { timing: timing(4) } }), adapter: "llvmpipe" };
  const killed: PeerResults = { ...side("candor", {}), error: "in mlp: ended by SIGKILL" };
  expect(keepBest(killed, whole)).toEqual(whole);
  expect(keepBest(whole, killed)).toEqual(whole);
  expect(keepBest(killed, { ...killed, error: "later" })).toEqual({ ...killed, error: "later" });
  const cold = { ...side("candor", { coldStep: { timing: timing(9) } }), adapter: "llvmpipe" };
  const both = { ...cold, cases: { ...whole.cases, ...cold.cases } };
  expect(joinProcesses(whole, cold)).toEqual(both);
  expect(joinProcesses(killed, cold)).toEqual({ ...cold, error: killed.error });
  expect(joinProcesses(cold, killed)).toEqual({ ...cold, error: killed.error });
});

it("does not race against a wrong result, nor count one of ours", () => {
  const name = "matmul 1024x1024x1024";
  const one = (peer: PeerName, ms: number, sample: number[]) =>
    side(peer, { [name]: { timing: timing(ms), sample } });
  const others = [one("jax-webgpu", 12, [1, -2.1]), one("tfjs-webgpu", 14, [1, Number.NaN])];
  const ours = one("candor", 10, [1, -2]);
  expect(line([ours, ...others, one("ort-webgpu", 30, [1, -2])], name)).toMatchObject({
    budget: "at least 2.5 times as fast as onnxruntime-node WebGPU",
    measured: 3,
    met: true,
  });
  expect(line([ours, ...others], name)?.met).toBeUndefined();
  const nan = [one("candor", 10, [Number.NaN]), one("ort-webgpu", 30, [1])];
  expect(line(nan, name)).toMatchObject({ measured: undefined, met: undefined });
  const steps = (peer: PeerName, ms: number, losses: readonly number[]) =>
    side(peer, { step: { timing: timing(ms), losses } });
  const unlike = [steps("candor", 10, referenceLosses), steps("jax-webgpu", 50, [0.1])];
  expect(line(unlike, "tiny-ViT step")).toMatchObject({
    met: undefined,
    sides: "10.0 ms against a wrong result",
  });
  const attention = (peer: PeerName, ms: number, sample: number[]) =>
    side(peer, { attention: { timing: timing(ms), sample } });
  const near = [attention("candor", 10, [1, -2]), attention("ort-webgpu", 16, [1, -2.07])];
  expect(line(near, "attention forward, then")).toMatchObject({
    met: true,
    measured: 1.6,
    sides: "10.0 ms against 16.0 ms for a result that is off by 3.5 %",
  });
  const far = [attention("candor", 10, [1, -2]), attention("ort-webgpu", 16, [1, 2])];
  expect(line(far, "attention forward")?.met).toBeUndefined();
  const alone = side("candor", {
    attention: { timing: timing(10) },
    attentionBackward: { timing: timing(30), sample: [Number.NaN] },
  });
  expect(line([alone], "attention forward + backward")?.met).toBeUndefined();
});

it("finds outputs and losses that differ, and NaN among them", () => {
  const found = checkAgreement([
    side("candor", { mlp: { sample: [1, -2] }, step: { losses: [...referenceLosses] } }),
    side("ort-cpu", { mlp: { sample: [1.0001, -2] } }),
    side("tfjs-wasm", { mlp: { sample: [1, -2.1] }, step: { losses: [2.3066, 2.2579] } }),
    side("jax-wasm", { mlp: { sample: [1, Number.NaN] } }),
  ]);
  expect(found.map(({ label, case: name, agrees }) => `${label} ${name} ${agrees}`)).toEqual([
    "candor WebGPU step true",
    "onnxruntime-node CPU mlp true",
    "tfjs wasm mlp false",
    "tfjs wasm step false",
    "jax-js wasm mlp false",
  ]);
});
