/** @file The whole configuration of a model, as JSON holds it. */

import { z } from "zod";
import { promptConfigSchema } from "./antispoof/promptConfig.ts";
import { connectorConfigSchema } from "./connector/connectorConfig.ts";
import { ConfigError } from "./configError.ts";
import { flipItConfigSchema, flipMclConfigSchema, flipVConfigSchema } from "./flip/flipConfig.ts";
import { lmConfigSchema } from "./lm/lmConfig.ts";
import { vitConfigSchema } from "./vit/vitConfig.ts";

/** Schema of {@link IfasConfig}. */
export const ifasConfigSchema = z
  .strictObject({
    method: z.literal("ifas"),
    vit: vitConfigSchema,
    connector: connectorConfigSchema,
    lm: lmConfigSchema,
    prompt: promptConfigSchema,
  })
  .superRefine(({ lm, prompt }, context) => {
    const { question, yesId, noId, eosId } = prompt;
    for (const [name, ids] of Object.entries({ question, yesId: [yesId], noId: [noId], eosId: [eosId] })) {
      if (ids.some((id) => id >= lm.vocabularySize)) {
        const message = `must be below lm.vocabularySize, which is ${lm.vocabularySize}`;
        context.addIssue({ code: "custom", path: ["prompt", name], message });
      }
    }
  });

/** Everything that an {@link Ifas} is built from. */
export type IfasConfig = z.infer<typeof ifasConfigSchema>;

/** Schema of {@link VitBinaryConfig}. */
export const vitBinaryConfigSchema = z.strictObject({ method: z.literal("vitBinary"), vit: vitConfigSchema });

/** Everything that a {@link VitBinary} is built from. */
export type VitBinaryConfig = z.infer<typeof vitBinaryConfigSchema>;

/** Schema of {@link ModelConfig}. */
export const modelConfigSchema = z.discriminatedUnion("method", [
  ifasConfigSchema,
  vitBinaryConfigSchema,
  flipVConfigSchema,
  flipItConfigSchema,
  flipMclConfigSchema,
]);

/** The configuration of any model of this package. */
export type ModelConfig = z.infer<typeof modelConfigSchema>;

/**
 * Checks a configuration, such as a run's JSON holds.
 *
 * @throws ConfigError that names every wrong field, its value and what it must be
 */
export function parseModelConfig(value: unknown): ModelConfig {
  const result = modelConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.map(({ path, message }) => {
    const found = path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    );
    return `${path.join(".") || "the configuration"}: ${message}, got ${JSON.stringify(found)}`;
  });
  throw new ConfigError(`[config] ${lines.join("; ")}`);
}
