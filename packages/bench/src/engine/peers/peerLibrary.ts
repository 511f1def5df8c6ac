/** @file What a library must offer to be compared. */

import type { BenchCase } from "./benchCase.ts";

/** A case with its inputs in place. */
export interface PreparedCase {
  /** One iteration, finished on the device when it resolves; a training step resolves to its loss. */
  run(): Promise<number | void>;
  /** The last result, in the order of [.., t, h, d] for attention; absent for training steps. */
  output?(): Promise<Float32Array>;
  dispose?(): void;
  /** What the library counts of a step in steady state. */
  steadyState?(): Promise<SteadyState>;
}

/** What one step in steady state costs besides the work of its kernels. */
export interface SteadyState {
  readonly submits: number;
  readonly newBuffers: number;
  readonly newPipelines: number;
  /** Part of the step that the host spends before all work is submitted. */
  readonly hostShare: number;
}

/** A library that has been loaded and has a device. */
export interface PeerLibrary {
  /** The adapter as the library reports it, or the kind of CPU backend. */
  readonly adapter: string;
  /** Puts the inputs of a case in place; undefined where the library has no such operation. */
  prepare(work: BenchCase): Promise<PreparedCase | undefined>;
}

/** A library of a comparison. */
export interface PeerEntry {
  readonly label: string;
  readonly backend: "webgpu" | "cpu";
  /** npm packages with exact versions. */
  readonly packages: readonly string[];
}

/** All sides of the comparison, by the names that `--only` takes. */
export const peerEntries = {
  candor: { label: "candor WebGPU", backend: "webgpu", packages: [] },
  "ort-webgpu": {
    label: "onnxruntime-node WebGPU",
    backend: "webgpu",
    packages: ["onnxruntime-node@1.30.0"],
  },
  "jax-webgpu": { label: "jax-js WebGPU", backend: "webgpu", packages: ["@jax-js/jax@0.1.25"] },
  "tfjs-webgpu": {
    label: "tfjs WebGPU",
    backend: "webgpu",
    packages: ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-webgpu@4.22.0"],
  },
  "jax-wasm": { label: "jax-js wasm", backend: "cpu", packages: ["@jax-js/jax@0.1.25"] },
  "tfjs-wasm": {
    label: "tfjs wasm",
    backend: "cpu",
    packages: ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0"],
  },
  "ort-cpu": { label: "onnxruntime-node CPU", backend: "cpu", packages: ["onnxruntime-node@1.30.0"] },
} as const satisfies Record<string, PeerEntry>;

export type PeerName = keyof typeof peerEntries;

export const peerNames = Object.keys(peerEntries) as PeerName[];
