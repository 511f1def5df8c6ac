/** @file Tests of what the demo runs and reads. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import {
  benchCommand,
  fitCommand,
  portraits,
  portraitsCommand,
  readFitOutcome,
  readRenderOutcome,
  renderCommand,
} from "./demoStages.ts";

const options = { out: "runs/demo", scale: undefined, steps: undefined };

it("runs programs that exist, on portraits that exist", () => {
  const commands = [
    renderCommand(options),
    fitCommand(options, "ifas", "m"),
    benchCommand(options, "m"),
    portraitsCommand(options),
  ];
  for (const file of [...commands.map(({ program }) => program), ...portraits]) {
    expect(existsSync(join(workspaceRoot, file)), file).toBe(true);
  }
});

it("passes the manifest, the runs and the user's wishes on", () => {
  expect(renderCommand({ ...options, scale: "0.1" }).args).toEqual(["--scale=0.1"]);
  expect(fitCommand({ ...options, steps: "5" }, "vit-binary", "m.arrow").args).toEqual([
    "--method=vit-binary",
    "--manifest=m.arrow",
    "--out=runs/demo/vit-binary",
    "--steps=5",
    "--json",
  ]);
  expect(benchCommand(options, "m.arrow").args).toEqual([
    "--manifest=m.arrow",
    "--runs=ifas=runs/demo/ifas",
    "--runs=vit-binary=runs/demo/vit-binary",
    "--out=runs/demo/cross-domain",
  ]);
  expect(portraitsCommand(options).args).toEqual([
    "--checkpoint=runs/demo/ifas",
    "--image",
    "fixtures/real/graceHopper.jpg",
    "--image",
    "fixtures/real/astronaut.jpg",
    "--json",
  ]);
});

it("reads where the rendered data lie", () => {
  expect(
    readRenderOutcome("data/starter-1a/manifest.arrow: 2192 frames in 99.5 s (22.0 a second)\n"),
  ).toEqual({
    manifest: "data/starter-1a/manifest.arrow",
    frames: 2192,
    framesPerSecond: 22,
  });
  expect(
    readRenderOutcome("data/manifest.arrow: 2192 frames, 92 of them in 5.0 s (18.4 a second)\n"),
  ).toMatchObject({ frames: 2192, framesPerSecond: 18.4 });
  expect(readRenderOutcome("data/manifest.arrow: 8 frames, there already\nsheet.png\n")).toEqual({
    manifest: "data/manifest.arrow",
    frames: 8,
    framesPerSecond: undefined,
  });
  expect(() => readRenderOutcome("nothing\n")).toThrow("data:render named no manifest; it printed: nothing");
});

it("reads the result of training from the last line of JSON", () => {
  const result = { steps: 600, finalLoss: 0.5, samplesPerSecond: 40, parameters: 1000 };
  expect(readFitOutcome(`a note\n${JSON.stringify(result)}\n`)).toEqual(result);
  expect(() => readFitOutcome("a note\n")).toThrow("train:fit printed no result; it printed: a note");
});
