/** @file The programs that the demo runs, in order, and what it reads from each. */

import { join } from "node:path";

/** How much the demo does; absent fields leave it to the programs. */
export interface DemoOptions {
  /** Folder of runs and report, relative to the root of the checkout. */
  readonly out: string;
  /** Multiplies the numbers of rendered frames. */
  readonly scale?: string | undefined;
  /** Training steps of each method. */
  readonly steps?: string | undefined;
}

/** A program and its arguments. */
export interface StageCommand {
  /** The command's name, for the user. */
  readonly name: string;
  /** TypeScript file, relative to the root of the checkout. */
  readonly program: string;
  readonly args: readonly string[];
}

/** Methods that the demo trains and compares; the first one speaks. */
export const demoMethods = ["ifas", "vit-binary"] as const;

export type DemoMethod = (typeof demoMethods)[number];

/** Folder of a method's run. */
export const runFolder = (options: DemoOptions, method: DemoMethod): string => join(options.out, method);

/** Folder of scores and report. */
export const reportFolder = (options: DemoOptions): string => join(options.out, "cross-domain");

export function renderCommand({ scale }: DemoOptions): StageCommand {
  return {
    name: "data:render",
    program: "packages/data/src/cli/render.ts",
    args: scale === undefined ? [] : [`--scale=${scale}`],
  };
}

export function fitCommand(options: DemoOptions, method: DemoMethod, manifest: string): StageCommand {
  return {
    name: `train:fit --method=${method}`,
    program: "packages/train/src/cli/fit.ts",
    args: [
      `--method=${method}`,
      `--manifest=${manifest}`,
      `--out=${runFolder(options, method)}`,
      ...(options.steps === undefined ? [] : [`--steps=${options.steps}`]),
      "--json",
    ],
  };
}

export function benchCommand(options: DemoOptions, manifest: string): StageCommand {
  return {
    name: "bench:cross-domain",
    program: "packages/bench/src/cli/crossDomain.ts",
    args: [
      `--manifest=${manifest}`,
      ...demoMethods.map((method) => `--runs=${method}=${runFolder(options, method)}`),
      `--out=${reportFolder(options)}`,
    ],
  };
}

/** Real faces that may be shipped; `fixtures/real/README.md` says what they are and whose. */
export const portraits = ["fixtures/real/graceHopper.jpg", "fixtures/real/astronaut.jpg"] as const;

export function portraitsCommand(options: DemoOptions): StageCommand {
  return {
    name: "train:predict, on two portraits",
    program: "packages/train/src/cli/predict.ts",
    args: [
      `--checkpoint=${runFolder(options, "ifas")}`,
      ...portraits.flatMap((file) => ["--image", file]),
      "--json",
    ],
  };
}

/** One verdict of `train:predict --json`. */
export interface Prediction {
  readonly image: string;
  readonly verdict: "live" | "spoof";
  readonly pLive: number;
  readonly sentence?: string;
}

/** What `data:render` printed. */
export interface RenderOutcome {
  readonly manifest: string;
  readonly frames: number;
  /** Frames drawn a second; undefined if they were there already. */
  readonly framesPerSecond: number | undefined;
}

/**
 * Reads the line `MANIFEST: N frames in S s (R a second)`, `MANIFEST: N frames, M of them in ...` or `MANIFEST: N frames, there already`.
 *
 * @throws Error if no line reads so
 */
export function readRenderOutcome(stdout: string): RenderOutcome {
  const match =
    /^(.*): (\d+) frames(?:(?:, \d+ of them)? in [\d.]+ s \(([\d.]+) a second\)|, there already)$/m.exec(
      stdout,
    );
  if (!match) throw new Error(`data:render named no manifest; it printed: ${stdout.trim().slice(-300)}`);
  const [, manifest = "", frames = "", rate] = match;
  return { manifest, frames: Number(frames), framesPerSecond: rate === undefined ? undefined : Number(rate) };
}

/** What `train:fit --json` printed; fields that the demo does not show are left out. */
export interface FitOutcome {
  readonly steps: number;
  readonly finalLoss: number;
  readonly samplesPerSecond: number;
  readonly parameters: number;
}

/**
 * Reads the JSON object in the last line that holds one.
 *
 * @throws Error if no line does
 */
export function readFitOutcome(stdout: string): FitOutcome {
  const line = stdout.split("\n").findLast((text) => text.startsWith("{"));
  if (!line) throw new Error(`train:fit printed no result; it printed: ${stdout.trim().slice(-300)}`);
  return JSON.parse(line) as FitOutcome;
}
