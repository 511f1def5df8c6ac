/** @file The published form of language models: what their config.json says, and how their files name parameters. */

import { z } from "zod";
import { ConfigError } from "../configError.ts";
import { renamedLayout, type WeightLayout } from "../weights/weightLayout.ts";
import { type LmConfig, lmConfigSchema } from "./lmConfig.ts";

const count = z.int().positive();
const number = z.number().positive();

const rotarySchema = z.looseObject({
  type: z.string().optional(),
  rope_type: z.string().optional(),
  rope_theta: number.optional(),
  factor: number.optional(),
  low_freq_factor: number.optional(),
  high_freq_factor: number.optional(),
  original_max_position_embeddings: count.optional(),
});

const publishedSchema = z.looseObject({
  architectures: z.array(z.string()).min(1),
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.string().default("silu"),
  rms_norm_eps: number.default(1e-6),
  rope_theta: number.default(10_000),
  rope_scaling: rotarySchema.nullish(),
  rope_parameters: rotarySchema.nullish(),
  max_position_embeddings: count.default(2048),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  quantization_config: z.unknown().optional(),
});

type Published = z.infer<typeof publishedSchema>;

/** Architectures that can be read, by the biases that their attention always has. */
const architectures: Readonly<Record<string, "never" | "asConfigured" | "queryKeyValue">> = {
  LlamaForCausalLM: "asConfigured",
  Qwen2ForCausalLM: "queryKeyValue",
};

/**
 * Reads a published `config.json`: LLaMA 2 and 3, SmolLM, SmolLM2 (`LlamaForCausalLM`), Qwen2 and 2.5
 * (`Qwen2ForCausalLM`).
 *
 * @param json   the parsed file
 * @param source what to call it in an error message
 * @throws ConfigError if it is of another architecture, incomplete, or asks for what the model does not do
 */
export function lmConfigFromPublished(json: unknown, source = "config.json"): LmConfig {
  const fail = (why: string): never => {
    throw new ConfigError(`[lm] ${source}: ${why}`);
  };
  const named = (json as { architectures?: unknown } | null)?.architectures;
  const [architecture = ""] = Array.isArray(named) ? (named as string[]) : [];
  const biases = architectures[architecture];
  if (!biases) {
    fail(
      `architectures must name ${Object.keys(architectures).join(" or ")}, got ${JSON.stringify(named) ?? "none"}: ` +
        "the weights are of another architecture",
    );
  }
  const parsed = publishedSchema.safeParse(json);
  if (!parsed.success) {
    return fail(
      parsed.error.issues
        .map(({ path, message }) => `${path.join(".") || "the file"}: ${message}`)
        .join("; "),
    );
  }
  const c = parsed.data;
  if (c.hidden_act !== "silu") fail(`hidden_act must be "silu", got "${c.hidden_act}"`);
  if (c.mlp_bias) fail("mlp_bias is true; biases in the MLP are not supported");
  if (c.use_sliding_window)
    fail("use_sliding_window is true; attention over a sliding window is not supported");
  if (c.quantization_config !== undefined) {
    fail("the weights are quantised (quantization_config); choose the release in F32, F16 or BF16");
  }
  const { ropeBase, ropeScaling } = rotaryOf(c, fail);
  const attentionBias = biases === "queryKeyValue" ? "queryKeyValue" : c.attention_bias ? "all" : "none";
  const config = lmConfigSchema.safeParse({
    vocabularySize: c.vocab_size,
    width: c.hidden_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads: c.num_key_value_heads ?? c.num_attention_heads,
    hidden: c.intermediate_size,
    ropeBase,
    tiedHead: c.tie_word_embeddings,
    ...(c.head_dim && c.head_dim * c.num_attention_heads !== c.hidden_size ? { headWidth: c.head_dim } : {}),
    ...(attentionBias === "none" ? {} : { attentionBias }),
    normEpsilon: c.rms_norm_eps,
    ...(ropeScaling ? { ropeScaling } : {}),
    maxPositions: c.max_position_embeddings,
  });
  if (config.success) return config.data;
  return fail(config.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

function rotaryOf(c: Published, fail: (why: string) => never): Pick<LmConfig, "ropeBase" | "ropeScaling"> {
  const name = c.rope_parameters ? "rope_parameters" : "rope_scaling";
  const given = c.rope_parameters ?? c.rope_scaling;
  const ropeBase = c.rope_parameters?.rope_theta ?? c.rope_theta;
  const kind = given?.rope_type ?? given?.type ?? "default";
  if (!given || kind === "default") return { ropeBase };
  const need = (
    key: "factor" | "low_freq_factor" | "high_freq_factor" | "original_max_position_embeddings",
  ) => given[key] ?? fail(`${name}.${key} is missing, which "${kind}" needs`);
  if (kind === "linear") return { ropeBase, ropeScaling: { kind, factor: need("factor") } };
  if (kind === "dynamic") {
    const originalLength = given.original_max_position_embeddings ?? c.max_position_embeddings;
    return { ropeBase, ropeScaling: { kind, factor: need("factor"), originalLength } };
  }
  if (kind === "llama3") {
    return {
      ropeBase,
      ropeScaling: {
        kind,
        factor: need("factor"),
        lowFrequencyFactor: need("low_freq_factor"),
        highFrequencyFactor: need("high_freq_factor"),
        originalLength: need("original_max_position_embeddings"),
      },
    };
  }
  return fail(`${name} is of type "${kind}"; default, linear, dynamic and llama3 are supported`);
}

/**
 * The `config.json` from which {@link lmConfigFromPublished} and Hugging Face's transformers make the same model.
 *
 * @throws ConfigError if no published architecture has the model's biases
 */
export function publishedFromLmConfig(config: LmConfig): Record<string, unknown> {
  const { attentionBias = "none", headWidth, ropeScaling, maxPositions, normEpsilon = 1e-6 } = config;
  const qwen = attentionBias === "queryKeyValue";
  if (qwen && headWidth !== undefined) {
    throw new ConfigError(
      "[lm] Qwen2's config.json has no head_dim: a headWidth of its own cannot be published",
    );
  }
  return {
    architectures: [qwen ? "Qwen2ForCausalLM" : "LlamaForCausalLM"],
    model_type: qwen ? "qwen2" : "llama",
    vocab_size: config.vocabularySize,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    intermediate_size: config.hidden,
    hidden_act: "silu",
    rms_norm_eps: normEpsilon,
    rope_theta: config.ropeBase,
    rope_scaling: ropeScaling ? publishedScaling(ropeScaling) : null,
    ...(maxPositions === undefined ? {} : { max_position_embeddings: maxPositions }),
    ...(headWidth === undefined ? {} : { head_dim: headWidth }),
    ...(qwen ? {} : { attention_bias: attentionBias === "all" }),
    tie_word_embeddings: config.tiedHead,
  };
}

function publishedScaling(scaling: NonNullable<LmConfig["ropeScaling"]>): Record<string, unknown> {
  const { kind, factor } = scaling;
  if (kind === "linear") return { rope_type: kind, factor };
  const original = { original_max_position_embeddings: scaling.originalLength };
  if (kind === "dynamic") return { rope_type: kind, factor, ...original };
  const { lowFrequencyFactor, highFrequencyFactor } = scaling;
  return {
    rope_type: kind,
    factor,
    low_freq_factor: lowFrequencyFactor,
    high_freq_factor: highFrequencyFactor,
    ...original,
  };
}

/**
 * How Hugging Face's LLaMA and Qwen2 checkpoints name the parameters of an {@link Lm}.
 *
 * @param config tells whether there is a head
 * @param prefix of the names of the parameters, where the model is a part of another, such as `lm.`
 */
export function lmLayout(config: Pick<LmConfig, "tiedHead">): WeightLayout {
  return renamedLayout(
    [
      [/^tokens\./, "model.embed_tokens."],
      [/^head\./, "lm_head."],
      [/^finalNorm\./, "model.norm."],
      [/^layers\.(\d+)\.attention\.query\./, "model.layers.$1.self_attn.q_proj."],
      [/^layers\.(\d+)\.attention\.key\./, "model.layers.$1.self_attn.k_proj."],
      [/^layers\.(\d+)\.attention\.value\./, "model.layers.$1.self_attn.v_proj."],
      [/^layers\.(\d+)\.attention\.output\./, "model.layers.$1.self_attn.o_proj."],
      [/^layers\.(\d+)\.mlp\.(gate|up|down)\./, "model.layers.$1.mlp.$2_proj."],
      [/^layers\.(\d+)\.attentionNorm\./, "model.layers.$1.input_layernorm."],
      [/^layers\.(\d+)\.mlpNorm\./, "model.layers.$1.post_attention_layernorm."],
    ],
    // Older files hold the angles, and some the head that is the embedding.
    [/rotary_emb\.inv_freq$/, ...(config.tiedHead ? [/^lm_head\.weight$/] : [])],
  );
}
