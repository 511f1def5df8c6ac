/** @file The published form of CLIP: what its config.json says, and how its files name and store parameters. */

import { z } from "zod";
import { ConfigError } from "../configError.ts";
import { activationOf, publishedActivation } from "../layers/publishedActivation.ts";
import { resizedPositions } from "../vit/resizePositions.ts";
import { patchCount, type VitConfig } from "../vit/vitConfig.ts";
import { type Renaming, renamed, type WeightLayout } from "../weights/weightLayout.ts";
import { type ClipConfig, clipConfigSchema, type ClipTextConfig } from "./clipConfig.ts";

const count = z.int().positive();

// A config.json leaves out what is Hugging Face's default: that is the B/32 of OpenAI.
const shared = {
  hidden_act: z.string().default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
};
const visionSchema = z.looseObject({
  ...shared,
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  num_channels: z.literal(3, "must be 3, red, green and blue").default(3),
  image_size: count.default(224),
  patch_size: count.default(32),
});
const textSchema = z.looseObject({
  ...shared,
  vocab_size: count.default(49_408),
  hidden_size: count.default(512),
  intermediate_size: count.default(2048),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(8),
  max_position_embeddings: count.default(77),
  eos_token_id: z.int().nonnegative().default(49_407),
});
const clipSchema = z.looseObject({
  vision_config: visionSchema.prefault({}),
  text_config: textSchema.prefault({}),
  projection_dim: count.default(512),
});

/** Until 2023, files named 2 as the end token, which OpenAI's models never had: the largest id is meant. */
const legacyEnd = 2;

/**
 * Reads the `config.json` of a `CLIPModel`.
 *
 * @param json   the parsed file
 * @param source what to call it in an error message
 * @throws ConfigError if it is of another architecture or asks for what the model does not do
 */
export function clipConfigFromPublished(json: unknown, source = "config.json"): ClipConfig {
  assertModelType(json, ["clip"], source);
  const { vision_config: vision, text_config: text, projection_dim } = parsed(clipSchema, json, source);
  const end = text.eos_token_id === legacyEnd ? {} : { endId: text.eos_token_id };
  const config = {
    vit: vitOf(vision, source),
    text: {
      vocabularySize: text.vocab_size,
      maxTokens: text.max_position_embeddings,
      width: text.hidden_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      mlpRatio: text.intermediate_size / text.hidden_size,
      activation: activationOf(text.hidden_act, `[clip] ${source}`),
      normEps: text.layer_norm_eps,
      ...end,
    } satisfies ClipTextConfig,
    embeddingWidth: projection_dim,
  };
  return parsed(clipConfigSchema, config, source);
}

/**
 * Reads the vision part of the `config.json` of a `CLIPModel`, a `CLIPVisionModel` or a `CLIPVisionModelWithProjection`.
 *
 * @throws ConfigError as {@link clipConfigFromPublished}
 */
export function clipVisionConfigFromPublished(json: unknown, source = "config.json"): VitConfig {
  const type = assertModelType(json, ["clip", "clip_vision_model"], source);
  if (type === "clip") return clipConfigFromPublished(json, source).vit;
  return vitOf(parsed(visionSchema, json, source), source);
}

function vitOf(vision: z.infer<typeof visionSchema>, source: string): VitConfig {
  return {
    imageSize: vision.image_size,
    patchSize: vision.patch_size,
    width: vision.hidden_size,
    layers: vision.num_hidden_layers,
    heads: vision.num_attention_heads,
    mlpRatio: vision.intermediate_size / vision.hidden_size,
    activation: activationOf(vision.hidden_act, `[clip] ${source}`),
    normEps: vision.layer_norm_eps,
    embeddingNorm: true,
  };
}

function assertModelType(json: unknown, allowed: readonly string[], source: string): string {
  const type = (json as { model_type?: unknown } | null)?.model_type;
  if (typeof type === "string" && allowed.includes(type)) return type;
  throw new ConfigError(
    `[clip] ${source}: model_type must be ${allowed.join(" or ")}, got ${JSON.stringify(type) ?? "none"}: ` +
      "the weights are of another architecture",
  );
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, source: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
  throw new ConfigError(`[clip] ${source}: ${lines.join("; ")}`);
}

/** The `config.json` from which {@link clipConfigFromPublished} and Hugging Face's transformers make the same model. */
export function publishedFromClipConfig({ vit, text, embeddingWidth }: ClipConfig): Record<string, unknown> {
  return {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: embeddingWidth,
    logit_scale_init_value: Math.log(1 / 0.07),
    vision_config: { ...publishedFromClipVision(vit), projection_dim: embeddingWidth },
    text_config: {
      model_type: "clip_text_model",
      vocab_size: text.vocabularySize,
      max_position_embeddings: text.maxTokens,
      hidden_size: text.width,
      intermediate_size: text.width * text.mlpRatio,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      hidden_act: publishedActivation(text.activation),
      layer_norm_eps: text.normEps ?? 1e-5,
      eos_token_id: text.endId ?? legacyEnd,
      projection_dim: embeddingWidth,
    },
  };
}

/**
 * The `config.json` of a `CLIPVisionModel`.
 *
 * @throws ConfigError if CLIP's encoder does not have the model's structure
 */
export function publishedFromClipVision(vit: VitConfig): Record<string, unknown> {
  const { embeddingNorm = false, patchBias = false, distillationToken = false, patchNorm = false } = vit;
  if (!embeddingNorm || patchBias || distillationToken || patchNorm) {
    throw new ConfigError(
      "[clip] CLIP's encoder has embeddingNorm, and neither patchBias, distillationToken nor patchNorm; got " +
        JSON.stringify({ embeddingNorm, patchBias, distillationToken, patchNorm }),
    );
  }
  return {
    architectures: ["CLIPVisionModel"],
    model_type: "clip_vision_model",
    num_channels: 3,
    image_size: vit.imageSize,
    patch_size: vit.patchSize,
    hidden_size: vit.width,
    intermediate_size: vit.width * vit.mlpRatio,
    num_hidden_layers: vit.layers,
    num_attention_heads: vit.heads,
    hidden_act: publishedActivation(vit.activation),
    layer_norm_eps: vit.normEps ?? 1e-5,
  };
}

const blocks = (ours: string, published: string): Renaming[] => [
  [
    new RegExp(`^${ours}blocks\\.(\\d+)\\.attention\\.query\\.`),
    `${published}.encoder.layers.$1.self_attn.q_proj.`,
  ],
  [
    new RegExp(`^${ours}blocks\\.(\\d+)\\.attention\\.key\\.`),
    `${published}.encoder.layers.$1.self_attn.k_proj.`,
  ],
  [
    new RegExp(`^${ours}blocks\\.(\\d+)\\.attention\\.value\\.`),
    `${published}.encoder.layers.$1.self_attn.v_proj.`,
  ],
  [
    new RegExp(`^${ours}blocks\\.(\\d+)\\.attention\\.output\\.`),
    `${published}.encoder.layers.$1.self_attn.out_proj.`,
  ],
  [new RegExp(`^${ours}blocks\\.(\\d+)\\.attentionNorm\\.`), `${published}.encoder.layers.$1.layer_norm1.`],
  [new RegExp(`^${ours}blocks\\.(\\d+)\\.mlpNorm\\.`), `${published}.encoder.layers.$1.layer_norm2.`],
  [new RegExp(`^${ours}blocks\\.(\\d+)\\.mlp\\.input\\.`), `${published}.encoder.layers.$1.mlp.fc1.`],
  [new RegExp(`^${ours}blocks\\.(\\d+)\\.mlp\\.output\\.`), `${published}.encoder.layers.$1.mlp.fc2.`],
];

const vision = (ours: string): Renaming[] => [
  [new RegExp(`^${ours}patchEmbedding\\.`), "vision_model.embeddings.patch_embedding."],
  [new RegExp(`^${ours}classToken$`), "vision_model.embeddings.class_embedding"],
  [new RegExp(`^${ours}positions$`), "vision_model.embeddings.position_embedding.weight"],
  // The misspelling is theirs.
  [new RegExp(`^${ours}embeddingNorm\\.`), "vision_model.pre_layrnorm."],
  [new RegExp(`^${ours}finalNorm\\.`), "vision_model.post_layernorm."],
  ...blocks(ours, "vision_model"),
];

const whole: Renaming[] = [
  ...vision("vit\\."),
  [/^text\.tokens\./, "text_model.embeddings.token_embedding."],
  [/^text\.positions$/, "text_model.embeddings.position_embedding.weight"],
  [/^text\.finalNorm\./, "text_model.final_layer_norm."],
  ...blocks("text\\.", "text_model"),
  [/^visualProjection\./, "visual_projection."],
  [/^textProjection\./, "text_projection."],
  [/^logitScale$/, "logit_scale"],
];

// Older files hold the numbers 0, 1, 2, ... of positions.
const positionIds = /embeddings\.position_ids$/;

/**
 * How Hugging Face's CLIP files name and store the parameters of a {@link Clip}.
 *
 * @param published sizes in the files
 * @param imageSize of the model, to which positions are resized; default that of the files
 */
export function clipLayout(published: ClipConfig, imageSize = published.vit.imageSize): WeightLayout {
  return layoutOf(whole, published.vit, imageSize, [positionIds]);
}

/**
 * How they name and store the parameters of a {@link Vit}; text, projections and factor are left aside.
 *
 * @param published sizes in the files
 * @param imageSize as in {@link clipLayout}
 */
export function clipVisionLayout(published: VitConfig, imageSize = published.imageSize): WeightLayout {
  return layoutOf(vision(""), published, imageSize, [
    positionIds,
    /^text_model\./,
    /^(visual|text)_projection\.weight$/,
    /^logit_scale$/,
  ]);
}

function layoutOf(
  renamings: readonly Renaming[],
  vit: VitConfig,
  imageSize: number,
  ignored: readonly RegExp[],
): WeightLayout {
  const convert = imageSize === vit.imageSize ? undefined : resizedPositions(vit, imageSize);
  return {
    ignored,
    source: (name, shape) => {
      const published = renamed(name, renamings);
      if (name.endsWith("patchEmbedding.weight")) {
        return { published, shape: [vit.width, 3, vit.patchSize, vit.patchSize] };
      }
      if (convert && /(^|vit\.)positions$/.test(name)) {
        return { published, shape: [patchCount(vit) + 1, shape[1] ?? 0], convert };
      }
      return { published };
    },
  };
}
