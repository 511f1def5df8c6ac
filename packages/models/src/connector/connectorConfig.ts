/** @file The kinds and sizes of connectors. */

import { z } from "zod";
import { ConfigError } from "../configError.ts";
import { headsMessage, splitsIntoHeads } from "../layers/headWidth.ts";
import { linearCount, mlpCount } from "../layers/parameterCounts.ts";
import type { ConnectorSides } from "./connector.ts";
import { queryBlockParameterCount } from "./queryBlock.ts";

const size = z.int().positive();

const queryFields = {
  /** C, the width of the queries. */
  width: size,
  /** |Q_P|, the number of learned queries. */
  queries: size,
  /** Number of blocks. */
  depth: size,
  /** Splits the width into heads of a width that is a multiple of 4. */
  heads: size,
  /** Hidden units of the MLP, as a multiple of C. */
  mlpRatio: z.number().positive(),
};

/** Schema of {@link ConnectorConfig}. */
export const connectorConfigSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("gac"),
      ...queryFields,
      /** The vision layers, from 0 in rising order, whose CLS tokens are the queries Q_V; default all, as in the paper. */
      classLayers: z
        .array(z.int().nonnegative())
        .min(1)
        .refine((layers) => layers.every((layer, i) => i === 0 || layer > (layers[i - 1] as number)), {
          error: "must rise",
        })
        .optional(),
    }),
    z.strictObject({ kind: z.literal("learnedQuery"), ...queryFields }),
    z.strictObject({ kind: z.literal("linear"), /** Units between the two maps. */ hidden: size }),
  ])
  .refine((c) => c.kind === "linear" || splitsIntoHeads(c.width, c.heads), {
    path: ["heads"],
    error: headsMessage,
  })
  .refine((c) => c.kind === "linear" || Number.isInteger(c.width * c.mlpRatio), {
    path: ["mlpRatio"],
    error: "times width must be a whole number",
  });

/** Which connector, and its size. */
export type ConnectorConfig = z.infer<typeof connectorConfigSchema>;

/** The size of the globally aware connector. */
export type GacConfig = Extract<ConnectorConfig, { kind: "gac" }>;

/** The size of a connector with queries. */
export type QueryConnectorConfig = Extract<ConnectorConfig, { kind: "gac" | "learnedQuery" }>;

/** The size of the projector. */
export type LinearConnectorConfig = Extract<ConnectorConfig, { kind: "linear" }>;

/**
 * Of something that each vision layer has, what GAC takes.
 *
 * @throws ConfigError if there is no such layer
 */
export function ofClassLayers<T>({ classLayers }: Pick<GacConfig, "classLayers">, layers: readonly T[]): T[] {
  return (classLayers ?? layers.map((_, i) => i)).map((layer) => {
    const found = layers[layer];
    if (found === undefined)
      throw new ConfigError(
        `[Gac] classLayers must be below ${layers.length}, the vision layers, got ${layer}`,
      );
    return found;
  });
}

/** Number of parameters of a connector, by formula. */
export function connectorParameterCount(config: ConnectorConfig, sides: ConnectorSides): number {
  const { visionWidth, lmWidth } = sides;
  if (config.kind === "linear") return mlpCount(visionWidth, config.hidden, lmWidth);
  const { width, queries, depth } = config;
  const classPath = config.kind === "gac" ? linearCount(visionWidth, width) : 0;
  const blocks = depth * queryBlockParameterCount(config, visionWidth);
  return queries * width + classPath + blocks + linearCount(width, lmWidth);
}
