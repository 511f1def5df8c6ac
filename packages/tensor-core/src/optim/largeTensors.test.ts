/** @file Tensors larger than what the device binds at once: split where LLM work meets them, else a clear error. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd/tape.ts";
import { MemoryError } from "../memory/memoryError.ts";
import { AdamW } from "./adamW.ts";
import { LossScaler } from "./lossScaler.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assertClose, largest } from "../testing/array64.ts";
import { testDevice } from "../testing/testDevice.ts";
import { tolerance } from "../testing/tolerance.ts";
import { add, mul } from "../ops/elementwise/binary.ts";
import { gelu, scale, square } from "../ops/elementwise/unary.ts";
import { embedding } from "../ops/index/embedding.ts";
import { cast } from "../ops/layout/cast.ts";
import { matmul } from "../ops/matmul/matmul.ts";
import { softmax } from "../ops/normalize/softmax.ts";
import { dropout, randomBits, randomNormal, randomUniform } from "../ops/random/random.ts";
import { sum } from "../ops/reduce/sum.ts";

const draw = (device: Device, shape: readonly number[], seed: number) => {
  const random = new Random(seed);
  return tensor(
    device,
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
    shape,
  );
};

/** The same on a device that binds all at once and on one that binds few bytes. */
async function onBoth(
  fn: (device: Device) => Tensor | readonly Tensor[],
  maxBindingBytes = 4096,
): Promise<void> {
  const results: Float32Array[][] = [];
  for (const device of [await testDevice(), await Device.open({ maxBindingBytes })]) {
    using _scope = device.scope();
    const values: Float32Array[] = [];
    for (const t of [fn(device)].flat() as Tensor[]) values.push((await t.read()) as Float32Array);
    results.push(values);
  }
  expect(results[1]).toEqual(results[0]);
}

describe("tensors beyond one binding", () => {
  it("go through elementwise ops, casts and sums of gradients, also where one side repeats", async () => {
    await onBoth((device) => {
      const [x, y, row] = [draw(device, [64, 160], 1), draw(device, [64, 160], 2), draw(device, [160], 3)];
      const { grads } = valueAndGrad(
        () => {
          const z = add(mul(gelu(x), row), cast(cast(square(y), "f16"), "f32"));
          // Some rows count twice, most not at all.
          return scale(sum(embedding(z, tensor(device, [3, 63, 3], [3], "i32"))), 2);
        },
        new Map([
          ["x", x],
          ["y", y],
        ]),
      );
      return [grads.get("x") as Tensor, grads.get("y") as Tensor];
    }, 24_000);
  });

  it.each([96, 71])("are tables of an embedding, %i wide", async (width) => {
    await onBoth((device) => {
      const table = draw(device, [300, width], 4);
      const ids = tensor(device, [0, 299, 31, 32, 33, -1, 300, 207, 208, 299], [10], "i32");
      const weights = draw(device, [10, width], 5);
      const { value, grads } = valueAndGrad(
        () => sum(mul(embedding(table, ids), weights)),
        new Map([["table", table]]),
      );
      return [value, embedding(table, ids), grads.get("table") as Tensor];
    }, 80_000);
  });

  it.each([true, false])("are weights of a product, stored [N, K]: %s", async (transposeB) => {
    const results: Float32Array[][] = [];
    for (const device of [await testDevice(), await Device.open({ maxBindingBytes: 50_000 })]) {
      using _scope = device.scope();
      const x = draw(device, transposeB ? [2, 3, 40] : [2, 3, 700], 1);
      const tensors = new Map([
        ["x", x],
        ["weight", draw(device, [700, 40], 2)], // for the one [N, K], for the other [K, N]
        ["bias", draw(device, [transposeB ? 700 : 40], 3)],
      ]);
      const at = (name: string) => tensors.get(name) as Tensor;
      const weights = draw(device, transposeB ? [2, 3, 700] : [2, 3, 40], 4);
      const { value, grads } = valueAndGrad(() => {
        const y = transposeB
          ? matmul(x, at("weight"), { transposeB, bias: at("bias") })
          : add(matmul(x, at("weight")), at("bias"));
        return add(sum(mul(y, weights)), sum(scale(x, 0.5)));
      }, tensors);
      const read = [(await value.read()) as Float32Array];
      for (const name of tensors.keys()) read.push((await grads.get(name)?.read()) as Float32Array);
      results.push(read);
    }
    const [want, got] = results as [Float32Array[], Float32Array[]];
    for (const [i, values] of want.entries()) {
      assertClose(`${i}`, got[i] as Float32Array, values, tolerance("product", 700, largest(values)));
    }
  });

  it("are frozen f16 weights of a product, as a language model's head", async () => {
    const results: Float32Array[][] = [];
    for (const device of [await testDevice(), await Device.open({ maxBindingBytes: 50_000 })]) {
      using _scope = device.scope();
      const x = draw(device, [2, 3, 40], 1);
      const weight = cast(draw(device, [700, 40], 2), "f16"); // 56,000 bytes
      const weights = draw(device, [2, 3, 700], 3);
      const y = matmul(x, weight, { transposeB: true });
      const { grads } = valueAndGrad(
        () => sum(mul(matmul(x, weight, { transposeB: true }), weights)),
        new Map([["x", x]]),
      );
      results.push([(await y.read()) as Float32Array, (await grads.get("x")?.read()) as Float32Array]);
    }
    const [want, got] = results as [Float32Array[], Float32Array[]];
    for (const [i, values] of want.entries()) {
      assertClose(`${i}`, got[i] as Float32Array, values, tolerance("product", 700, largest(values)));
    }
  });

  it.each(["f32", "f16"] as const)("are results of an embedding of %s", async (dtype) => {
    await onBoth((device) => {
      const table = cast(draw(device, [50, 8], 4), dtype);
      const ids = Int32Array.from({ length: 900 }, (_, i) => ((i * 7) % 52) - 1);
      return embedding(table, tensor(device, ids, [30, 30], "i32")); // of up to 28,800 bytes
    }, 8192);
  });

  it.each([
    ["words", (device: Device, random: Random) => randomBits(device, [40, 101], random)],
    ["uniform numbers", (device: Device, random: Random) => randomUniform(device, [4039], random, -2, 3)],
    ["normal numbers", (device: Device, random: Random) => randomNormal(device, [4041], random, 1, 2)],
  ] as const)("are random %s", async (_, fill) => {
    await onBoth((device) => {
      const random = new Random(3, 4);
      random.skipBlocks(2 ** 32 - 100); // the number of the block goes beyond 32 bits
      return [fill(device, random), randomUniform(device, [3], random)];
    });
  });

  it.each(["f32", "f16"] as const)("drop out, %s", async (dtype) => {
    await onBoth((device) => {
      const x = cast(draw(device, [63, 65], 1), dtype);
      const { value, grads } = valueAndGrad(
        () => sum(square(cast(dropout(x, 0.3, new Random(2)), "f32"))),
        new Map([["x", x]]),
      );
      return [dropout(x, 0.3, new Random(2)), grads.get("x") as Tensor, scale(value, 0)];
    });
  });

  it("are gradients that a loss scaler unscales, and looks through to the end", async () => {
    const updates: Promise<boolean>[] = [];
    for (const last of [3, Number.POSITIVE_INFINITY]) {
      await onBoth((device) => {
        const g = draw(device, [4039], 1);
        const scaler = new LossScaler(device, { initialScale: 8 });
        const values = Float32Array.from({ length: 4039 }, (_, i) => (i === 4038 ? last : i));
        const unscaled = scaler.unscale(new Map(Object.entries({ g, h: tensor(device, values) })));
        updates.push(scaler.update());
        return [...unscaled.values()];
      });
    }
    expect(await Promise.all(updates)).toEqual([true, true, false, false]);
  });

  it("are parameters of AdamW, whose state can be saved", async () => {
    await onBoth((device) => {
      const params = new Map([
        ["small", draw(device, [5], 6)],
        ["large", draw(device, [50, 45], 7)],
      ]);
      const optimizer = new AdamW(params, { learningRate: 0.1 });
      for (let step = 0; step < 3; step++) {
        optimizer.step(
          new Map([
            ["small", draw(device, [5], 8 + step)],
            ["large", draw(device, [50, 45], 18 + step)],
          ]),
        );
      }
      return [...params.values(), ...optimizer.state().values()];
    });
  });

  it("are refused by name elsewhere", async () => {
    const device = await Device.open({ maxBindingBytes: 4096 });
    using _scope = device.scope();
    const x = zeros(device, [50, 45]);
    expect(() => softmax(x)).toThrow(MemoryError);
    expect(() => softmax(x)).toThrow(
      "[softmax.forward] x has 9000 bytes, more than the 4096 that this device binds at once: use a smaller batch",
    );
    const row = zeros(device, [1020]);
    expect(() => add(zeros(device, [3, 1020]), row)).toThrow(
      "[add.forward] [3, 1020] is more than this device binds",
    );
  });
});
