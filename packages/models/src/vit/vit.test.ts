/** @file The vision transformer: shapes, counts, seeds, and every output against f64. */

import { Random, tensor } from "@candor/tensor-core";
import { assertClose, largest, random64, testDevice, tolerance } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import * as reference from "../testing/reference64.ts";
import { Vit } from "./vit.ts";
import { type VitConfig, vitParameterCount } from "./vitConfig.ts";

const config: VitConfig = { imageSize: 12, patchSize: 4, width: 12, layers: 2, heads: 3, mlpRatio: 2 };

/** Dosovitskiy et al. 2021, equations 1 to 4, for one image [3][S * S]. */
function vit64(parameters: reference.Parameters64, image: reference.Rows) {
  const { imageSize, patchSize, width, layers, heads } = config;
  const side = imageSize / patchSize;
  const patches = Array.from({ length: side * side }, (_, n) =>
    Array.from({ length: 3 * patchSize * patchSize }, (__, i) => {
      const channel = Math.floor(i / patchSize ** 2);
      const y = Math.floor(n / side) * patchSize + (Math.floor(i / patchSize) % patchSize);
      const x = (n % side) * patchSize + (i % patchSize);
      return image[channel]?.[y * imageSize + x] as number;
    }),
  );
  const start = [...reference.valuesOf(parameters, "classToken")];
  const [positions] = reference.samples(reference.valuesOf(parameters, "positions"), side * side + 1, width);
  let x = reference.addRows(
    [start, ...reference.linear(parameters, "patchEmbedding", patches)],
    positions as number[][],
  );
  const classTokens: number[][] = [];
  let attention: number[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const name = `blocks.${layer}`;
    const normed = reference.layerNorm(parameters, `${name}.attentionNorm`, x);
    const attended = [parameters, `${name}.attention`, normed, normed, heads] as const;
    attention = reference.attentionWeights(...attended)[0] as number[];
    x = reference.addRows(x, reference.multiHeadAttention(...attended));
    const second = reference.layerNorm(parameters, `${name}.mlpNorm`, x);
    x = reference.addRows(x, reference.mlp(parameters, `${name}.mlp`, second));
    classTokens.push(x[0] as number[]);
  }
  const [pooled] = reference.layerNorm(parameters, "finalNorm", x.slice(0, 1));
  return { classTokens, patchTokens: x.slice(1), pooled: pooled as number[], attention };
}

test("every CLS token, the patch tokens and the pooled token are those of the equations", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const vit = new Vit(device, config, new Random(7));
  const images = random64([2, 3, 12, 12], new Random(8));
  const parameters = await reference.parameters64(vit);
  const want = reference.samples(images.data, 3, 144).map((image) => vit64(parameters, image));
  const { classTokens, patchTokens, pooled } = vit.forward(tensor(device, images.data, images.shape));

  const close = async (name: string, got: typeof pooled, flat: number[], shape: number[]) => {
    expect(got.shape).toEqual(shape);
    assertClose(name, await got.read(), flat, tolerance("composite", 48, largest(flat)));
  };
  expect(classTokens).toHaveLength(2);
  for (const [layer, token] of classTokens.entries()) {
    const flat = want.flatMap((w) => w.classTokens[layer] as number[]);
    await close(`class token ${layer}`, token, flat, [2, 12]);
  }
  await close("patch tokens", patchTokens, want.map((w) => w.patchTokens).flat(2), [2, 9, 12]);
  await close(
    "pooled",
    pooled,
    want.flatMap((w) => w.pooled),
    [2, 12],
  );
});

test("the last CLS token's attention over the patches is that of the equations, and sums to 1", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const random = new Random(1);
  const vit = new Vit(device, config, random);
  const parameters = await reference.parameters64(vit);
  const images = random64([2, 3, 12, 12], random);
  const want = reference.samples(images.data, 3, 144).flatMap((image) => {
    const { attention } = vit64(parameters, image);
    const onPatches = attention.slice(1);
    const total = onPatches.reduce((sum, share) => sum + share, 0);
    return onPatches.map((share) => share / total);
  });
  const looks = vit.patchAttention(tensor(device, images.data, images.shape));
  expect(looks.shape).toEqual([2, 9]);
  assertClose("patch attention", await looks.read(), want, tolerance("composite", 48, largest(want)));
  expect(want.slice(0, 9).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  expect(largest(want)).toBeGreaterThan(1.02 / 9);
});

test("the number of parameters is that of the formula", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  for (const c of [config, { imageSize: 16, patchSize: 8, width: 8, layers: 3, heads: 2, mlpRatio: 4 }]) {
    expect(new Vit(device, c, new Random(1)).parameterCount()).toBe(vitParameterCount(c));
  }
  // CLIP ViT-L/14 at 224 pixels has 303,179,776 parameters; 2,048 of them are the norm before its blocks.
  const large = { imageSize: 224, patchSize: 14, width: 1024, layers: 24, heads: 16, mlpRatio: 4 };
  expect(vitParameterCount(large)).toBe(303_179_776 - 2_048);
});

test("a seed gives the same parameters again, another seed others, and no two tensors alike", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const draw = async (seed: number) => await new Vit(device, config, new Random(seed)).stateDict();
  const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
  expect(again).toEqual(first);
  expect(other.get("classToken")).not.toEqual(first.get("classToken"));
  const weights = [...first].filter(([name]) => /attention\.\w+\.weight/.test(name));
  expect(new Set(weights.map(([, { data }]) => data[0])).size).toBe(weights.length);
});

test("images of another size are refused by name", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const vit = new Vit(device, config, new Random(1));
  expect(() => vit.forward(tensor(device, new Float32Array(3 * 64), [1, 3, 8, 8]))).toThrow(
    "[vit] images must be [B, 3, 12, 12], got [1, 3, 8, 8]",
  );
});
