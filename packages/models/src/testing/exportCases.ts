/** @file Small models of every structure that the ONNX export writes, with the images that they are shown. */

import { type Device, Random } from "@candor/tensor-core";
import { random64 } from "@candor/tensor-core/testing";
import { Ifas } from "../antispoof/ifas.ts";
import { VitBinary } from "../antispoof/vitBinary.ts";
import type { IfasConfig } from "../config.ts";
import type { VitConfig } from "../vit/vitConfig.ts";
import { tinyIfas } from "./tinyIfas.ts";

const batch = 3;
const queries = { width: 8, queries: 3, depth: 2, heads: 2, mlpRatio: 2 };
const clip: VitConfig = { ...tinyIfas.vit, activation: "quickGelu", embeddingNorm: true };
const deit: VitConfig = {
  ...tinyIfas.vit,
  activation: "geluErf",
  patchBias: true,
  distillationToken: true,
  patchNorm: true,
  normEps: 1e-6,
};
const llama3 = {
  kind: "llama3",
  factor: 4,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalLength: 8,
} as const;

/** Configurations by what sets them apart. */
export const exportConfigs: Readonly<Record<string, IfasConfig | { method: "vitBinary"; vit: VitConfig }>> = {
  "GAC, grouped queries, tied head": tinyIfas,
  "CLIP, learned queries, biased attention": {
    ...tinyIfas,
    vit: clip,
    connector: { kind: "learnedQuery", ...queries },
    lm: { ...tinyIfas.lm, attentionBias: "queryKeyValue", tiedHead: false },
  },
  "DeiT, projector, Llama 3 rotary": {
    ...tinyIfas,
    vit: deit,
    connector: { kind: "linear", hidden: 20 },
    lm: { ...tinyIfas.lm, headWidth: 8, ropeScaling: llama3 },
  },
  "ViT with a binary head": { method: "vitBinary", vit: tinyIfas.vit },
};

/** The model of a case, and what it is shown. */
export function exportCase(device: Device, name: string) {
  const config = exportConfigs[name];
  if (!config) throw new Error(`[exportCase] there is no case ${name}`);
  const random = new Random(7);
  const model =
    config.method === "ifas" ? new Ifas(device, config, random) : new VitBinary(device, config, random);
  const { imageSize } = config.vit;
  const shape = [batch, 3, imageSize, imageSize];
  return { model, shape, images: Float32Array.from(random64(shape, new Random(8), -1.5, 1.5).data) };
}
