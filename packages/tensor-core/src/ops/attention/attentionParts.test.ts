/** @file The cache, decoding, rotary embedding and attention of f16 beyond one binding: cut into parts, with the same bits. */

import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../../autograd/tape.ts";
import { tensor, zeros } from "../../tensor/create.ts";
import { Device } from "../../tensor/device.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, largest, random64 } from "../../testing/array64.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { tolerance } from "../../testing/tolerance.ts";
import { mul } from "../elementwise/binary.ts";
import { sum } from "../reduce/sum.ts";
import { attention } from "./attention.ts";
import { attentionDecode } from "./attentionDecode.ts";
import { appendKeyValue, type KeyValueCache, keyValueCache } from "./keyValueCache.ts";
import { rotaryEmbedding } from "./rotaryEmbedding.ts";

const limited = new Map<number, Promise<Device>>();

/** A device that binds few bytes at once; one a limit. */
function narrow(maxBindingBytes: number): Promise<Device> {
  let device = limited.get(maxBindingBytes);
  if (!device) limited.set(maxBindingBytes, (device = Device.open({ maxBindingBytes, tuned: false })));
  return device;
}

/** What `compute` gives on a device that binds all at once, and on one that binds so many bytes. */
async function onBoth(
  maxBindingBytes: number,
  compute: (device: Device) => readonly Tensor[],
): Promise<readonly [whole: Float32Array[], parts: Float32Array[]]> {
  const results: Float32Array[][] = [];
  for (const device of [await testDevice(), await narrow(maxBindingBytes)]) {
    using _scope = device.scope();
    results.push((await Promise.all(compute(device).map((y) => y.read()))) as Float32Array[]);
  }
  return results as unknown as readonly [Float32Array[], Float32Array[]];
}

/** The first element in which results differ, by the result; of equal ones, -1. */
const differing = ([whole, parts]: readonly [Float32Array[], Float32Array[]]) =>
  whole.map((values, i) => values.findIndex((value, at) => !Object.is(value, parts[i]![at])));

const draw = (device: Device, shape: readonly number[], seed: number, dtype: "f32" | "f16") =>
  tensor(device, random64(shape, new Random(seed)).data, shape, dtype);

/** A cache whose rows are drawn; an item has 17,408 elements. */
function filled(device: Device, batch: number, dtype: "f32" | "f16"): KeyValueCache {
  const cache = keyValueCache(device, batch, 136, 2, 64, dtype);
  for (const [seed, x] of [cache.keys, cache.values].entries()) {
    x.write(random64(x.shape, new Random(seed)).data);
  }
  return cache;
}

describe.each(["f32", "f16"] as const)("beyond a binding, %s", (dtype) => {
  // Two items of the five at a time.
  const limit = dtype === "f32" ? 150_000 : 75_000;

  it.each(["number", "one", "each"])(
    "queries are decoded by items, with a length given as %s",
    async (given) => {
      const results = await onBoth(limit, (device) => {
        const cache = filled(device, 5, dtype);
        const length =
          given === "number"
            ? 130
            : tensor(device, given === "one" ? [130] : [7, 136, 0, 64, 101], undefined, "i32");
        return [attentionDecode(draw(device, [5, 2, 4, 64], 3, dtype), cache, length)];
      });
      expect(differing(results)).toEqual([-1]);
      expect(new Set(results[0][0]).size).toBeGreaterThan(500);
    },
  );

  it.each(["number", "one", "each"])(
    "rows are appended by items, with a position given as %s",
    async (given) => {
      const results = await onBoth(limit, (device) => {
        const cache = filled(device, 5, dtype);
        const position =
          given === "number"
            ? 5
            : tensor(device, given === "one" ? [5] : [0, 134, 3, 64, 101], undefined, "i32");
        const [k, v] = [draw(device, [5, 3, 2, 64], 4, dtype), draw(device, [5, 3, 2, 64], 5, dtype)];
        appendKeyValue(cache, k, v, position);
        return [cache.keys, cache.values];
      });
      expect(differing(results)).toEqual([-1, -1]);
    },
  );

  it("an item that is too large is named", async () => {
    const device = await narrow(limit / 8);
    using _scope = device.scope();
    const cache = keyValueCache(device, 2, 136, 2, 64, dtype);
    const bytes = dtype === "f32" ? 139_264 : 69_632;
    const suffix = dtype === "f32" ? "" : ".f16";
    expect(() => attentionDecode(zeros(device, [2, 1, 2, 64], dtype), cache, 5)).toThrow(
      `[attention.decode.split${suffix}] k has ${bytes} bytes, more than the ${limit / 8} that this device binds at once`,
    );
    const row = zeros(device, [2, 1, 2, 64], dtype);
    expect(() => appendKeyValue(cache, row, row, 5)).toThrow(
      `[attention.appendKeyValue${suffix}] keys has ${bytes} bytes, more than the ${limit / 8}`,
    );
  });

  // The tables have 12,288 and 24,576 bytes.
  it.each([
    ["items", [5, 40, 1, 48], dtype === "f32" ? 16_000 : 12_288],
    ["tokens of each item", [2, 88, 6, 48], 25_000],
  ] as const)("%s are rotated by parts", async (_, shape, maxBindingBytes) => {
    for (const offset of [3, [3], Array.from({ length: shape[0] }, (_unused, b) => 2 * b)]) {
      const results = await onBoth(maxBindingBytes, (device) => {
        const x = draw(device, shape, 6, dtype);
        const at = typeof offset === "number" ? offset : tensor(device, offset, undefined, "i32");
        const rotate = () => rotaryEmbedding(x, { offset: at, positions: shape[1] + 8 });
        const dy = draw(device, shape, 7, dtype);
        const { grads } = valueAndGrad(() => sum(mul(rotate(), dy)), new Map([["x", x]]));
        return [rotate(), grads.get("x")!];
      });
      expect(differing(results)).toEqual([-1, -1]);
    }
  });
});

describe("beyond a binding, attention of f16", () => {
  it("is cut so that the sums of its gradients can be bound too", async () => {
    // Two items of k can be bound, one of its sums in f32, which are of several passes then.
    const [whole, parts] = await onBoth(250_000, (device) => {
      const [q, dy] = [draw(device, [4, 128, 1, 128], 8, "f16"), draw(device, [4, 128, 1, 128], 9, "f16")];
      const [k, v] = [draw(device, [4, 448, 1, 128], 10, "f16"), draw(device, [4, 448, 1, 128], 11, "f16")];
      const named = new Map(Object.entries({ q, k, v }));
      const { grads } = valueAndGrad(() => sum(mul(attention(q, k, v), dy)), named);
      return [attention(q, k, v), grads.get("q")!, grads.get("k")!, grads.get("v")!];
    });
    whole.forEach((values, i) =>
      assertClose(
        ["y", "dq", "dk", "dv"][i]!,
        parts[i]!,
        values,
        tolerance("reduction", 448, largest(values), "f16"),
      ),
    );
  });
});
