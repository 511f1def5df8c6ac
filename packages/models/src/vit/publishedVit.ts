/** @file The published form of timm's vision transformers: what their config.json says, and how files name and store parameters. */

import { z } from "zod";
import { ConfigError } from "../configError.ts";
import { type Renaming, renamed, type WeightLayout } from "../weights/weightLayout.ts";
import { resizedPositions } from "./resizePositions.ts";
import { patchCount, prefixCount, type VitConfig, vitConfigSchema } from "./vitConfig.ts";

const count = z.int().positive();

const timmSchema = z.looseObject({
  architecture: z.string(),
  num_classes: z.int().nonnegative().default(1000),
  model_args: z
    .looseObject({
      img_size: count.optional(),
      patch_size: count.optional(),
      embed_dim: count.optional(),
      depth: count.optional(),
      num_heads: count.optional(),
      mlp_ratio: z.number().positive().optional(),
    })
    .optional(),
});

/** Dosovitskiy et al. 2021, table 1; Touvron et al. 2021, table 1. */
const sizes = {
  tiny: { width: 192, layers: 12, heads: 3 },
  small: { width: 384, layers: 12, heads: 6 },
  base: { width: 768, layers: 12, heads: 12 },
  large: { width: 1024, layers: 24, heads: 16 },
  huge: { width: 1280, layers: 32, heads: 16 },
} as const;

const namePattern = /^(?:vit|deit)_(tiny|small|base|large|huge)_(distilled_)?patch(\d+)_(\d+)$/;

/** A classifier's sizes. */
export interface TimmConfig {
  readonly vit: VitConfig;
  /** 0 where there is no head. */
  readonly classes: number;
}

/**
 * The sizes that a name of timm stands for, such as `vit_base_patch16_224` or `deit_tiny_distilled_patch16_224`.
 *
 * @throws ConfigError if it is none of these
 */
export function timmVitConfig(architecture: string, source = "timm"): VitConfig {
  const [, size, distilled, patchSize, imageSize] = namePattern.exec(architecture) ?? [];
  if (!size) {
    throw new ConfigError(
      `[vit] ${source}: architecture must be a plain ViT or DeiT such as vit_base_patch16_224 or ` +
        `deit_small_distilled_patch16_224, got ${architecture}: the weights are of another architecture`,
    );
  }
  return {
    imageSize: Number(imageSize),
    patchSize: Number(patchSize),
    ...sizes[size as keyof typeof sizes],
    mlpRatio: 4,
    activation: "geluErf",
    normEps: 1e-6,
    patchBias: true,
    patchNorm: true,
    ...(distilled ? { distillationToken: true } : {}),
  };
}

/**
 * Reads the `config.json` of a model of timm.
 *
 * @throws ConfigError if it is of another architecture or incomplete
 */
export function timmConfigFromPublished(json: unknown, source = "config.json"): TimmConfig {
  const fail = (error: z.ZodError): never => {
    const lines = error.issues.map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`);
    throw new ConfigError(`[vit] ${source}: ${lines.join("; ")}`);
  };
  const file = timmSchema.safeParse(json);
  if (!file.success) return fail(file.error);
  const { architecture, num_classes: classes, model_args: given = {} } = file.data;
  const named = timmVitConfig(architecture, source);
  const vit = vitConfigSchema.safeParse({
    ...named,
    imageSize: given.img_size ?? named.imageSize,
    patchSize: given.patch_size ?? named.patchSize,
    width: given.embed_dim ?? named.width,
    layers: given.depth ?? named.layers,
    heads: given.num_heads ?? named.heads,
    mlpRatio: given.mlp_ratio ?? named.mlpRatio,
  });
  return vit.success ? { vit: vit.data, classes } : fail(vit.error);
}

/**
 * The `config.json` from which {@link timmConfigFromPublished} makes the same model.
 *
 * @throws ConfigError if timm's plain ViT and DeiT do not have the model's structure
 */
export function publishedFromTimmConfig({ vit, classes }: TimmConfig): Record<string, unknown> {
  const like = timmVitConfig(`vit_base_${vit.distillationToken ? "distilled_" : ""}patch16_224`);
  for (const key of ["activation", "normEps", "patchBias", "embeddingNorm", "patchNorm"] as const) {
    if (vit[key] === like[key]) continue;
    throw new ConfigError(
      `[vit] ${key} must be ${like[key]} for timm's layout, got ${vit[key]}: save it in another`,
    );
  }
  const { imageSize, patchSize, width, layers, heads, mlpRatio } = vit;
  const kind = vit.distillationToken ? "deit_base_distilled" : "vit_base";
  return {
    architecture: `${kind}_patch${patchSize}_${imageSize}`,
    num_classes: classes,
    num_features: width,
    model_args: {
      img_size: imageSize,
      patch_size: patchSize,
      embed_dim: width,
      depth: layers,
      num_heads: heads,
      mlp_ratio: mlpRatio,
    },
  };
}

const renamings: readonly Renaming[] = [
  [/^patchEmbedding\./, "patch_embed.proj."],
  [/^classToken$/, "cls_token"],
  [/^distillationToken$/, "dist_token"],
  [/^positions$/, "pos_embed"],
  [/^finalNorm\./, "norm."],
  [/^blocks\.(\d+)\.attentionNorm\./, "blocks.$1.norm1."],
  [/^blocks\.(\d+)\.mlpNorm\./, "blocks.$1.norm2."],
  [/^blocks\.(\d+)\.attention\.(?:query|key|value)\./, "blocks.$1.attn.qkv."],
  [/^blocks\.(\d+)\.attention\.output\./, "blocks.$1.attn.proj."],
  [/^blocks\.(\d+)\.mlp\.input\./, "blocks.$1.mlp.fc1."],
  [/^blocks\.(\d+)\.mlp\.output\./, "blocks.$1.mlp.fc2."],
  [/^distilledHead\./, "head_dist."],
];

const parts = ["query", "key", "value"];

/**
 * How timm's files name and store the parameters of a {@link VitClassifier}.
 *
 * @param published sizes in the files
 * @param imageSize of the model, to which positions are resized; default that of the files
 */
export function timmLayout(published: VitConfig, imageSize = published.imageSize): WeightLayout {
  return layoutOf(published, imageSize, []);
}

/** How they name and store those of a {@link Vit}; the heads are left aside. */
export function timmVitLayout(published: VitConfig, imageSize = published.imageSize): WeightLayout {
  return layoutOf(published, imageSize, [/^head(_dist)?\./]);
}

function layoutOf(vit: VitConfig, imageSize: number, ignored: readonly RegExp[]): WeightLayout {
  const { width, patchSize } = vit;
  const convert = imageSize === vit.imageSize ? undefined : resizedPositions(vit, imageSize);
  return {
    ignored,
    source: (name, shape) => {
      const own = name.replace(/^vit\./, "");
      const published = renamed(own, renamings);
      if (own === "patchEmbedding.weight") return { published, shape: [width, 3, patchSize, patchSize] };
      if (own === "classToken" || own === "distillationToken") return { published, shape: [1, 1, width] };
      if (own === "positions") {
        const stored = [1, prefixCount(vit) + patchCount(vit), width];
        return convert ? { published, shape: stored, convert } : { published, shape: stored };
      }
      const part = /attention\.(query|key|value)\.(weight|bias)$/.exec(own);
      if (!part) return { published };
      // The rows of queries, keys and values, one below the other.
      return { published, shape: [3 * width, ...shape.slice(1)], row: parts.indexOf(part[1] ?? "") * width };
    },
  };
}
