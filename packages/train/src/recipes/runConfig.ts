/** @file The whole configuration of a run, as `config.json` holds it. */

import { captionSources, channelStatistics, type NormalizationName } from "@candor/data";
import {
  clipTextConfigSchema,
  connectorConfigSchema,
  lmConfigSchema,
  parameterGroupSchema,
  vitConfigSchema,
} from "@candor/models";
import { z } from "zod";

export const methods = ["ifas", "vit-binary", "flip-v", "flip-it", "flip-mcl"] as const;

const count = z.int().positive();
const share = z.number().min(0).max(1);
const quality = z.int().min(1).max(100);

const range = (bound: z.ZodNumber) =>
  z
    .tuple([bound, bound])
    .refine(([least, most]) => least <= most, { error: "must be the least, then the most" });
const within = (least: number, most: number) => z.number().min(least).max(most);

/** How images are changed: the fields are those of `Augmentation` of packages/data. */
const augmentationSchema = z.strictObject({
  flip: share,
  minScale: z.number().positive().max(1),
  resizedCrop: z.strictObject({ area: range(within(1e-6, 1)), aspect: range(within(1e-6, 1e6)) }).optional(),
  shift: z.number().int().nonnegative(),
  brightness: share,
  contrast: share,
  saturation: share,
  hsvSaturation: share.optional(),
  hue: share.optional(),
  jitter: share.optional(),
  grayscale: share,
  blur: share,
  blurSigma: z.number().min(0.1),
  jpeg: share,
  jpegQuality: range(quality),
});

export const runConfigSchema = z
  .strictObject({
    recipe: z.string(),
    method: z.enum(methods),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
    /** Arrow manifest, relative to the folder where the command runs. */
    manifest: z.string(),
    /** Folder of the crops that `data:crop` made of the manifest; its image files where there is none. */
    shards: z.string().optional(),
    /** The data sets of the manifest that are trained on; batches are balanced over them. */
    datasets: z.array(z.string()).min(1),
    /** Edge of the images in pixels. */
    imageSize: count,
    /** Whose channel statistics images are normalised by: the encoder's. */
    normalization: z.enum(Object.keys(channelStatistics) as NormalizationName[]),
    vit: vitConfigSchema,
    connector: connectorConfigSchema,
    /** Its vocabularySize is the most that the tokenizer may take. */
    lm: lmConfigSchema,
    /**
     * Folders with published weights, which then say what `vit`, `lm` and `flip.text` are: a CLIP encoder, or the whole of
     * CLIP for `flip-it` and `flip-mcl`, and a language model with its tokenizer.
     */
    pretrained: z.strictObject({ vision: z.string().optional(), lm: z.string().optional() }),
    /** LoRA beside the linear maps that the patterns name; all else is frozen but what `alsoTrain` names. */
    lora: z
      .strictObject({
        rank: count,
        alpha: z.number().positive(),
        targets: z.array(z.string()).min(1),
        alsoTrain: z.array(z.string()),
      })
      .optional(),
    /** Rates of parameters by the patterns of their names, the first that matches; 0 freezes. */
    groups: z.array(parameterGroupSchema),
    /**
     * How the device holds the matrices of published weights that are frozen, by `lora` or a group of rate 0; default "f32".
     * What is trained is always f32.
     */
    weights: z.enum(["f32", "f16"]).optional(),
    /**
     * The backward pass computes the layers of the encoders and of the language model again, with the same bits, and a step
     * keeps their inputs alone: less memory for a third more time. Default false.
     */
    recomputeLayers: z.boolean().optional(),
    /** What FLIP's variants need beside the vision transformer. */
    flip: z.strictObject({
      /** Its vocabularySize is the most that the tokenizer may take, its maxTokens what the longest prompt needs. */
      text: clipTextConfigSchema,
      /** Width of the space that images and texts share. */
      embeddingWidth: count,
      /** Units of FLIP-V's head. */
      hidden: count,
      /** Perceptron before FLIP-MCL's SimCLR loss. */
      projection: z.strictObject({ hidden: count, outputs: count }),
      /** Draw FLIP-MCL's prompts with replacement, as the published code does by mistake. */
      promptsAsPublished: z.boolean(),
      /** How FLIP-MCL's two further views are made; default the starter's. */
      views: augmentationSchema.optional(),
    }),
    /** What explains the judgment; "template" is a fixed sentence a presentation, "none" trains on the judgment alone. */
    caption: z.enum([...captionSources, "none"]),
    /** Most tokens of a generated answer. */
    maxAnswerTokens: count,
    /** "lopsided" is L-LM, "plain" its ablation. */
    loss: z.enum(["lopsided", "plain"]),
    /** Weight of the judgment in L-LM. */
    alpha: share,
    steps: count,
    batchSize: z.int().min(2),
    checkpointEvery: count,
    evaluateEvery: count,
    optimizer: z.strictObject({
      /** "adam" couples the decay to the gradient, for biases too, as PyTorch's Adam does; default "adamw". */
      algorithm: z.enum(["adamw", "adam"]).optional(),
      /** Peak of the schedule. */
      learningRate: z.number().positive(),
      /** After a linear warm-up, a half cosine down to 0, or the peak for good; default "cosine". */
      schedule: z.enum(["cosine", "constant"]).optional(),
      betas: z.tuple([share, share]),
      weightDecay: z.number().min(0),
      maxGradNorm: z.number().positive(),
      warmupSteps: z.int().min(0),
    }),
    augmentation: augmentationSchema,
  })
  .refine(
    ({ weights, pretrained, lora, groups }) =>
      weights !== "f16" ||
      (Object.values(pretrained).some((folder) => folder !== undefined) &&
        (lora !== undefined || groups.some(({ rate }) => rate === 0))),
    {
      path: ["weights"],
      error:
        "f16 is for published weights that are frozen: it needs pretrained, and lora or a group of rate 0",
    },
  );

export type RunConfig = z.infer<typeof runConfigSchema>;

/**
 * Checks a run's configuration.
 *
 * @throws Error that names every wrong field and its value
 */
export function parseRunConfig(value: unknown): RunConfig {
  const result = runConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => {
    const found = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], value);
    return `${path.join(".") || "the configuration"}: ${message}, got ${JSON.stringify(found)}`;
  });
  const { dataset, datasets } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (dataset !== undefined && datasets === undefined) {
    lines.push(
      `an earlier version wrote this: put "datasets": [${JSON.stringify(dataset)}] in the place of "dataset" in config.json`,
    );
  }
  throw new Error(`the run's configuration is not valid:\n  ${lines.join("\n  ")}`);
}
