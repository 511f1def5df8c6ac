/** @file The published form of Hugging Face's `ViTModel`: what its config.json says, and how its files name and store parameters. */

import { z } from "zod";
import { ConfigError } from "../configError.ts";
import { activationOf } from "../layers/publishedActivation.ts";
import { type Renaming, renamed, type WeightLayout } from "../weights/weightLayout.ts";
import { resizedPositions } from "./resizePositions.ts";
import { patchCount, type VitConfig, vitConfigSchema } from "./vitConfig.ts";

const count = z.int().positive();

// A config.json leaves out what is Hugging Face's default: that is google/vit-base-patch16-224's.
const vitModelSchema = z.looseObject({
  model_type: z.literal("vit"),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  num_channels: z.literal(3, "must be 3, red, green and blue").default(3),
  image_size: count.default(224),
  patch_size: count.default(16),
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-12),
  qkv_bias: z.literal(true, "must be true: maps without biases are another architecture").default(true),
});

/**
 * Reads the `config.json` of a `ViTModel` or a `ViTForImageClassification`.
 *
 * @throws ConfigError if it is of another architecture or asks for what the model does not do
 */
export function vitModelConfigFromPublished(json: unknown, source = "config.json"): VitConfig {
  const fail = (error: z.ZodError): never => {
    const lines = error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
    throw new ConfigError(`[vit] ${source}: ${lines.join("; ")}`);
  };
  const file = vitModelSchema.safeParse(json);
  if (!file.success) return fail(file.error);
  const c = file.data;
  const vit = vitConfigSchema.safeParse({
    imageSize: c.image_size,
    patchSize: c.patch_size,
    width: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    mlpRatio: c.intermediate_size / c.hidden_size,
    activation: activationOf(c.hidden_act, `[vit] ${source}`),
    normEps: c.layer_norm_eps,
    patchBias: true,
    patchNorm: true,
  });
  return vit.success ? vit.data : fail(vit.error);
}

const layer = "encoder.layer.$1.";
const renamings: readonly Renaming[] = [
  [/^patchEmbedding\./, "embeddings.patch_embeddings.projection."],
  [/^classToken$/, "embeddings.cls_token"],
  [/^positions$/, "embeddings.position_embeddings"],
  [/^finalNorm\./, "layernorm."],
  [/^blocks\.(\d+)\.attentionNorm\./, `${layer}layernorm_before.`],
  [/^blocks\.(\d+)\.mlpNorm\./, `${layer}layernorm_after.`],
  [/^blocks\.(\d+)\.attention\.output\./, `${layer}attention.output.dense.`],
  [/^blocks\.(\d+)\.attention\./, `${layer}attention.attention.`],
  [/^blocks\.(\d+)\.mlp\.input\./, `${layer}intermediate.dense.`],
  [/^blocks\.(\d+)\.mlp\.output\./, `${layer}output.dense.`],
];

/**
 * How such files name and store the parameters of a `Vit`. The pooler and a classifier are left aside.
 *
 * @param published sizes in the files
 * @param imageSize of the model, to which positions are resized
 * @param prefix    what stands before the encoder's names: `vit.` in the files of a classifier, nothing in those of a `ViTModel`
 */
export function vitModelLayout(published: VitConfig, imageSize: number, prefix: "" | "vit."): WeightLayout {
  const { width, patchSize } = published;
  const convert = imageSize === published.imageSize ? undefined : resizedPositions(published, imageSize);
  return {
    ignored: [/^(vit\.)?pooler\./, /^classifier\./],
    source: (name) => {
      const source = { published: prefix + renamed(name, renamings) };
      if (name === "patchEmbedding.weight") return { ...source, shape: [width, 3, patchSize, patchSize] };
      if (name === "classToken") return { ...source, shape: [1, 1, width] };
      if (name !== "positions") return source;
      const stored = { ...source, shape: [1, 1 + patchCount(published), width] };
      return convert ? { ...stored, convert } : stored;
    },
  };
}
