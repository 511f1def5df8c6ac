/** @file From a configuration to a model, and the number of its parameters. */

import type { Device, Random } from "@candor/tensor-core";
import { connectorSides, Ifas, type PretrainedParts } from "./antispoof/ifas.ts";
import { VitBinary } from "./antispoof/vitBinary.ts";
import type { ModelConfig } from "./config.ts";
import { connectorParameterCount } from "./connector/connectorConfig.ts";
import { flipParameterCount } from "./flip/flipConfig.ts";
import { FlipIt } from "./flip/flipIt.ts";
import { FlipMcl } from "./flip/flipMcl.ts";
import { FlipV } from "./flip/flipV.ts";
import { linearCount } from "./layers/parameterCounts.ts";
import { lmParameterCount } from "./lm/lmConfig.ts";
import { vitParameterCount } from "./vit/vitConfig.ts";

/**
 * Builds the model that a configuration names, of the parts that are given, the others with seeded initial values.
 *
 * Call it with no scope open, or keep the parameters: they belong to the scope in which they are made.
 */
export function createModel<C extends ModelConfig>(
  device: Device,
  config: C,
  random: Random,
  parts?: PretrainedParts,
): ModelOf<C>;
export function createModel(
  device: Device,
  config: ModelConfig,
  random: Random,
  parts: PretrainedParts = {},
): AnyModel {
  switch (config.method) {
    case "ifas":
      return new Ifas(device, config, random, parts);
    case "vitBinary":
      return new VitBinary(device, config, random, parts);
    case "flipV":
      return new FlipV(device, config, random, parts);
    case "flipIt":
      return new FlipIt(device, config, random, parts);
    case "flipMcl":
      return new FlipMcl(device, config, random, parts);
  }
}

/** The models by the `method` of their configurations. */
interface Models {
  readonly ifas: Ifas;
  readonly vitBinary: VitBinary;
  readonly flipV: FlipV;
  readonly flipIt: FlipIt;
  readonly flipMcl: FlipMcl;
}

/** Any model that judges images. */
export type AnyModel = Models[keyof Models];

/** The model that a configuration makes. */
export type ModelOf<C extends ModelConfig> = Models[C["method"]];

/** Number of parameters of a model, by formula, without building it. */
export function modelParameterCount(config: ModelConfig): number {
  if (config.method !== "ifas" && config.method !== "vitBinary") return flipParameterCount(config);
  const vision = vitParameterCount(config.vit);
  if (config.method === "vitBinary") return vision + linearCount(config.vit.width, 2);
  const connector = connectorParameterCount(config.connector, connectorSides(config));
  return vision + connector + lmParameterCount(config.lm);
}
