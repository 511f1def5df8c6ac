/** @file rotaryEmbedding against its formula in f64. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sum } from "../reduce/sum.ts";
import { mul } from "../elementwise/binary.ts";
import { capture } from "../../tensor/capture.ts";
import { ones, tensor, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { assertClose, random64, zeros64 } from "../../testing/array64.ts";
import { describeOp } from "../../testing/describeOp.ts";
import { testDevice } from "../../testing/testDevice.ts";
import { Random } from "../../tensor/random.ts";
import { slice } from "../layout/slice.ts";
import { rotaryEmbedding } from "./rotaryEmbedding.ts";
import type { RotaryScaling } from "./rotaryFrequencies.ts";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly base: number;
  readonly offset: number;
  /** Whether the offset is a number, one for all in a tensor, or one for each item: `offset`, then one less each. */
  readonly given: "number" | "one" | "each";
  readonly scaling: RotaryScaling | undefined;
}

const offsetOf = ({ offset, given }: Case, b: number) =>
  given === "each" ? Math.max(0, offset - b) : offset;

/** Angle per position, written from Hugging Face's transformers (modeling_rope_utils.py), in f64. */
function frequency64(
  i: number,
  dim: number,
  base: number,
  scaling: RotaryScaling | undefined,
  length: number,
) {
  const plain = 1 / base ** ((2 * i) / dim);
  if (scaling === undefined) return plain;
  const { kind, factor } = scaling;
  if (kind === "linear") return plain / factor;
  if (kind === "dynamic") {
    const seen = Math.max(length, scaling.originalLength);
    const grown = base * ((factor * seen) / scaling.originalLength - (factor - 1)) ** (dim / (dim - 2));
    return 1 / grown ** ((2 * i) / dim);
  }
  const wavelength = (2 * Math.PI) / plain;
  const { lowFrequencyFactor: low, highFrequencyFactor: high, originalLength } = scaling;
  if (wavelength > originalLength / low) return plain / factor;
  if (wavelength < originalLength / high) return plain;
  const smooth = (originalLength / wavelength - low) / (high - low);
  return ((1 - smooth) * plain) / factor + smooth * plain;
}

describeOp<Case>("rotaryEmbedding", {
  cases: fc
    .record({
      shape: fc.tuple(
        fc.constantFrom(1, 2),
        fc.constantFrom(1, 7, 9, 65),
        fc.constantFrom(1, 3),
        fc.constantFrom(2, 4, 6, 8, 12, 32, 64),
      ),
      base: fc.constantFrom(10_000, 100),
      offset: fc.constantFrom(0, 1, 1000),
      given: fc.constantFrom("number" as const, "one" as const, "each" as const),
      scaling: fc.constantFrom<(RotaryScaling | undefined)[]>(
        undefined,
        undefined,
        { kind: "linear", factor: 4 },
        { kind: "dynamic", factor: 2, originalLength: 32 },
        { kind: "llama3", factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 64 },
      ),
    })
    .map((c) => (c.scaling?.kind === "dynamic" && c.shape[3] === 2 ? { ...c, scaling: undefined } : c)),
  shapes: ({ shape }) => ({ x: shape }),
  op: ({ x }, c) => {
    const { base, offset, given, scaling } = c;
    const [batch, tokens] = c.shape;
    if (given === "number") return rotaryEmbedding(x!, { base, offset, scaling });
    const offsets = Array.from({ length: given === "one" ? 1 : batch }, (_, b) => offsetOf(c, b));
    const at = tensor(x!.device, offsets, [offsets.length], "i32");
    return rotaryEmbedding(x!, { base, offset: at, scaling, positions: offset + tokens });
  },
  reference: ({ x }, c) => {
    const { base, scaling } = c;
    const [batch, tokens, heads, dim] = c.shape;
    const y = zeros64(x!.shape);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < tokens; t++) {
        for (let h = 0; h < heads; h++) {
          const start = ((b * tokens + t) * heads + h) * dim;
          for (let i = 0; i < dim / 2; i++) {
            const angle = (t + offsetOf(c, b)) * frequency64(i, dim, base, scaling, c.offset + tokens);
            const [p, q] = [x!.data[start + i]!, x!.data[start + i + dim / 2]!];
            y.data[start + i] = p * Math.cos(angle) - q * Math.sin(angle);
            y.data[start + i + dim / 2] = q * Math.cos(angle) + p * Math.sin(angle);
          }
        }
      }
    }
    return y;
  },
  opClass: "arithmetic",
});

describe("rotaryEmbedding", () => {
  it("makes products of queries and keys depend on their distance alone", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const values = random64([1, 1, 1, 16], new Random(5));
    const x = mul(ones(device, [1, 200, 1, 16]), tensor(device, values.data, values.shape));
    const y = rotaryEmbedding(x);
    const at = (t: number) => slice(y, 1, t, t + 1);
    const near = await sum(mul(at(3), at(10))).item();
    const far = await sum(mul(at(190), at(197))).item();
    assertClose("product", [far], [near], 1e-5);
  });

  it("names what it does not take", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    expect(() => rotaryEmbedding(zeros(device, [1, 2, 1, 3]))).toThrow(
      "[rotaryEmbedding] x must be [B, T, H, D] f32 or f16 with an even D, got [1, 2, 1, 3] f32",
    );
    expect(() => rotaryEmbedding(zeros(device, [1, 2, 1, 4]), { offset: -1 })).toThrow(
      "offset must be a whole number >= 0, got -1",
    );
    const x = zeros(device, [2, 2, 1, 4]);
    const offsets = (...at: number[]) => tensor(device, at, [at.length], "i32");
    expect(() => rotaryEmbedding(x, { offset: offsets(1) })).toThrow("that is a tensor needs positions");
    expect(() => rotaryEmbedding(x, { offset: offsets(1, 2, 3), positions: 9 })).toThrow(
      "offset must be [1] or [2] i32, got [3] i32",
    );
    expect(() => rotaryEmbedding(x, { offset: 3, positions: 4 })).toThrow(
      "positions must be a whole number of at least 5, got 4",
    );
    expect(() => rotaryEmbedding(x, { scaling: { kind: "linear", factor: 0 } })).toThrow(
      "scaling.factor must be greater than 0, got 0",
    );
  });

  it("follows an offset that moves while a captured step is replayed", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const { data, shape } = random64([1, 1, 2, 8], new Random(6));
    const x = tensor(device, data, shape);
    const whole = await rotaryEmbedding(tensor(device, data, shape), { offset: 7 }).read();
    using step = capture(device, ({ at }: Record<"at", Tensor>) => ({
      y: rotaryEmbedding(x, { offset: at, positions: 8 }),
    }));
    for (let at = 0; at < 7; at++) step.run({ at: { shape: [1], data: Int32Array.of(at) } });
    const { y } = step.run({ at: { shape: [1], data: Int32Array.of(7) } });
    expect([...(await y.read())]).toEqual([...whole]);
  });
});
