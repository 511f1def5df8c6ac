/** @file P(live) of I-FAS without what the question alone suggests: an option of scoring that needs no training. */

import { type Device, noGrad, type Tensor } from "@candor/tensor-core";
import type { Ifas } from "./ifas.ts";
import { postHocCalibration } from "./postHocCalibration.ts";
import { vdd, type VddOptions } from "./vdd.ts";

/** What the model sees in the place of an image: nothing, a filler token many times, or the mean of both's logits. */
export type BlindView =
  | { readonly view: "none" }
  | {
      readonly view: "filler" | "mean";
      /** Such as the padding or the unknown token. */ readonly fillerId: number;
    };

/** How judgments are decoded. */
export type Debiasing = BlindView &
  (({ readonly kind: "vdd" } & VddOptions) | { readonly kind: "postHoc"; readonly form?: "scale" | "shift" });

/** Decodings by the names under which they are reported, with the published strengths and an empty image. */
export const decodings = {
  vdd: { kind: "vdd", view: "none" },
  "post-hoc": { kind: "postHoc", view: "none" },
} as const satisfies Readonly<Record<string, Debiasing>>;

/** Name of one of {@link decodings}. */
export type Decoding = keyof typeof decodings;

/**
 * Makes a score. What the model says without an image is read once, here; a change to the model needs a new score.
 *
 * @returns a function of images [B, 3, S, S] f32 to P(live) of each
 * @throws ConfigError if an option is out of range
 */
export async function debiasedScore(
  device: Device,
  model: Ifas,
  debiasing: Debiasing,
): Promise<(images: Tensor) => Promise<Float64Array>> {
  const blind = await blindLogits(device, model, debiasing);
  const score = (logits: ArrayLike<number>) => debiasedLiveProbability(logits, blind, debiasing);
  score([0, 0]); // options are checked before the first image
  return async (images) => {
    const logits = await readAlone(device, () => model.judgmentLogits(images));
    return Float64Array.from({ length: logits.length / 2 }, (_, b) =>
      score(logits.subarray(2 * b, 2 * b + 2)),
    );
  };
}

/**
 * P(live) of one image.
 *
 * @param logits [2] of live and spoof, with the image
 * @param blind  [2], without it
 */
export function debiasedLiveProbability(
  logits: ArrayLike<number>,
  blind: ArrayLike<number>,
  debiasing: Debiasing,
): number {
  const [live = NaN] =
    debiasing.kind === "vdd"
      ? pairProbabilities(vdd(logits, blind, debiasing))
      : postHocCalibration(pairProbabilities(logits), pairProbabilities(blind), debiasing.form);
  return live;
}

/** Softmax of two logits. */
function pairProbabilities(logits: ArrayLike<number>): Float64Array {
  const [live = NaN, spoof = NaN] = Array.from(logits);
  const p = 1 / (1 + Math.exp(spoof - live));
  return Float64Array.of(p, 1 - p);
}

async function blindLogits(device: Device, model: Ifas, view: BlindView): Promise<Float64Array> {
  const read = (fillerId?: number) => readAlone(device, () => model.blindJudgmentLogits(fillerId));
  if (view.view === "none") return Float64Array.from(await read());
  const filled = await read(view.fillerId);
  if (view.view === "filler") return Float64Array.from(filled);
  const none = await read();
  return Float64Array.from(none, (logit, i) => (logit + (filled[i] as number)) / 2);
}

/** No scope may stay open while a value is awaited. */
async function readAlone(device: Device, compute: () => Tensor): Promise<Float32Array> {
  const result = noGrad(() => {
    using scope = device.scope();
    return scope.keep(compute());
  });
  try {
    return (await result.read()) as Float32Array;
  } finally {
    result.dispose();
  }
}
