/** @file Both sides see the same numbers, whatever statistics the run normalises by. */

import { channelStatistics, imageBlock, normalizeBatch, type NormalizationName } from "@candor/data";
import type { Predictor } from "@candor/train";
import { expect, test } from "vitest";
import { compareOnnx, type OnnxRuntime } from "./compareOnnx.ts";

const size = 2;
const images = imageBlock(
  Uint8Array.from({ length: 40 * size * size * 3 }, (_, i) => (i * 37) % 256),
  size,
);

/** A model that looks at the sum of each image's numbers. */
function judge(planes: Float32Array): Float32Array {
  const length = 3 * size * size;
  return Float32Array.from({ length: planes.length / length }, (_, image) => {
    const sum = planes
      .subarray(image * length, (image + 1) * length)
      .reduce((total, each) => total + each, 0);
    return 1 / (1 + Math.exp(-sum));
  });
}

class Feed {
  readonly planes: Float32Array;
  constructor(_type: string, planes: Float32Array) {
    this.planes = planes;
  }
}

const runtime: OnnxRuntime = {
  Tensor: Feed,
  InferenceSession: {
    create: async () => ({
      run: async (feeds) => ({ pLive: { data: judge((feeds["images"] as Feed).planes) } }),
    }),
  },
};

function trainedBy(normalization: NormalizationName): Pick<Predictor, "config" | "score" | "threshold"> {
  return {
    config: { normalization } as Predictor["config"],
    threshold: { value: 0.5, source: "test", step: 1 },
    score: async (set, indices) =>
      judge(normalizeBatch(set, indices, undefined, channelStatistics[normalization])),
  };
}

test.each(["clip", "imagenet", "inception"] as const)(
  "a run on %s statistics agrees with itself",
  async (name) => {
    expect(await compareOnnx(runtime, new Uint8Array(), trainedBy(name), images)).toEqual({
      largestDifference: 0,
      otherVerdict: 0,
    });
  },
);

test("differences and other verdicts are counted over every batch", async () => {
  const predictor = {
    ...trainedBy("imagenet"),
    score: async (_: unknown, indices: readonly number[]) => new Float32Array(indices.length).fill(1),
  };
  const all = normalizeBatch(images, [...Array(40).keys()], undefined, channelStatistics.imagenet);
  const theirs = Array.from(judge(all));
  expect(await compareOnnx(runtime, new Uint8Array(), predictor, images)).toEqual({
    largestDifference: Math.max(...theirs.map((score) => 1 - score)),
    otherVerdict: theirs.filter((score) => score < 0.5).length,
  });
});
