/** @file Tests of the layer check, on small checkouts that break one rule each. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { checkLayers } from "./checkLayers.ts";
import { layerArrows } from "./layerRules.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "candor-layers-"));
  const dependencies = {
    models: ["tensor-core"],
    data: ["tensor-core"],
    train: ["models", "data", "tensor-core"],
  };
  for (const [name, names] of Object.entries(dependencies)) {
    const entries = names.map((dependency) => [`@candor/${dependency}`, "*"]);
    write(`packages/${name}/package.json`, JSON.stringify({ dependencies: Object.fromEntries(entries) }));
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

/** Violations of a checkout with one file that imports one module. */
function violationsOf(file: string, specifier: string): string[] {
  write(file, `/** @file A fixture. */\nimport { x } from "${specifier}";\n`);
  return checkLayers(root).map(({ place, specifier: found, rule }) => `${place} ${found} ${rule}`);
}

describe("between packages", () => {
  it.each([
    ["packages/tensor-core/src/index.ts", "@candor/models", "tensor-core may import no other package"],
    ["packages/models/src/vit/vit.ts", "@candor/train", "models may import tensor-core"],
    ["packages/data/src/manifest/manifest.ts", "@candor/models", "data may import tensor-core/device"],
    ["packages/data/src/render/render.ts", "@candor/tensor-core", "data may import tensor-core/device"],
    ["packages/train/src/loop.ts", "@candor/bench", "train may import tensor-core, models, data"],
    [
      "packages/models/src/vit/vit.ts",
      "@candor/tensor-core/testing",
      "tensor-core/testing is for test files",
    ],
    [
      "packages/models/src/vit/vit.ts",
      "@candor/models",
      "models imports itself by a path, not by its own name",
    ],
    [
      "packages/models/src/vit.ts",
      "../../tensor-core/src/index.ts",
      "a file of models reaches other packages by their name, not by a path",
    ],
    [
      "packages/bench/src/run.ts",
      "@candor/train",
      "@candor/train is no dependency in packages/bench/package.json",
    ],
  ])("%s may not import %s", (file, specifier, rule) => {
    expect(violationsOf(file, specifier)).toEqual([`${file}:2 ${specifier} ${rule}`]);
  });

  it.each([
    ["packages/models/src/vit/vit.ts", "@candor/tensor-core"],
    ["packages/models/src/vit/vit.test.ts", "@candor/tensor-core/testing"],
    ["packages/models/src/testing/tinyVit.ts", "@candor/tensor-core/testing"],
    ["packages/data/src/render/render.ts", "@candor/tensor-core/device"],
    ["packages/train/src/loop.ts", "@candor/data"],
    ["packages/train/src/loop.ts", "node:fs"],
  ])("%s may import %s", (file, specifier) => {
    expect(violationsOf(file, specifier)).toEqual([]);
  });
});

describe("between layers of tensor-core", () => {
  const layers = Object.keys(layerArrows);
  const pairs = layers.flatMap((from) => layers.filter((to) => to !== from).map((to) => [from, to] as const));

  it.each(pairs)("%s -> %s follows the table", (from, to) => {
    const found = violationsOf(`packages/tensor-core/src/${from}/x.ts`, `../${to}/y.ts`);
    expect(found.length === 0).toBe(layerArrows[from]?.includes(to));
  });

  it("has the order of the design", () => {
    const order = ["device", "memory", "kernel", "tensor", "autograd", "ops", "nn", "optim"];
    for (const [index, name] of order.entries()) expect(layerArrows[name]).toEqual(order.slice(0, index));
    expect(layerArrows["nn"]).not.toContain("io");
    expect(layerArrows["io"]).not.toContain("nn");
  });

  it.each([
    [
      "memory/pool.ts",
      "../index.ts",
      "a layer imports files of the layers below it, not the package's entry point",
    ],
    [
      "extra/x.ts",
      "../device/index.ts",
      "extra is no layer of tensor-core; add it to tools/src/checks/layerRules.ts",
    ],
    ["memory/pool.ts", "../testing/tolerance.ts", "layer memory may import device"],
    ["ops/matmul/matmul.ts", "../loss/crossEntropy.ts", "ops/matmul may import layout, elementwise, reduce"],
    [
      "ops/fft/fft.ts",
      "../matmul/matmul.ts",
      "fft is no family of ops; add it to tools/src/checks/layerRules.ts",
    ],
  ])("%s may not import %s", (file, specifier, rule) => {
    const path = `packages/tensor-core/src/${file}`;
    expect(violationsOf(path, specifier)).toEqual([`${path}:2 ${specifier} ${rule}`]);
  });

  it.each([
    ["memory/pool.test.ts", "../testing/tolerance.ts"],
    ["index.ts", "./optim/adamw.ts"],
    ["ops/loss/crossEntropy.ts", "../normalize/softmax.ts"],
    ["ops/matmul/matmul.ts", "../defineOp.ts"],
    ["ops/reduce/sum.ts", "../layout/broadcastTo.ts"],
  ])("%s may import %s", (file, specifier) => {
    expect(violationsOf(`packages/tensor-core/src/${file}`, specifier)).toEqual([]);
  });
});

it("finds none in this workspace", () => {
  expect(checkLayers(workspaceRoot)).toEqual([]);
});
