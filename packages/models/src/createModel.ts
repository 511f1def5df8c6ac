/** @file From a configuration to a model, and the number of its parameters. */

import type { Device, Random } from "@candor/tensor-core";
import { connectorSides, Ifas } from "./antispoof/ifas.ts";
import { VitBinary } from "./antispoof/vitBinary.ts";
import type { IfasConfig, ModelConfig, VitBinaryConfig } from "./config.ts";
import { connectorParameterCount } from "./connector/connectorConfig.ts";
import { linearCount } from "./layers/parameterCounts.ts";
import { lmParameterCount } from "./lm/lmConfig.ts";
import { vitParameterCount } from "./vit/vitConfig.ts";

/**
 * Builds the model that a configuration names, with seeded initial values.
 *
 * Call it with no scope open, or keep the parameters: they belong to the scope in which they are made.
 */
export function createModel(device: Device, config: IfasConfig, random: Random): Ifas;
export function createModel(device: Device, config: VitBinaryConfig, random: Random): VitBinary;
export function createModel(device: Device, config: ModelConfig, random: Random): Ifas | VitBinary;
export function createModel(device: Device, config: ModelConfig, random: Random): Ifas | VitBinary {
  return config.method === "ifas" ? new Ifas(device, config, random) : new VitBinary(device, config, random);
}

/** Number of parameters of a model, by formula, without building it. */
export function modelParameterCount(config: ModelConfig): number {
  const vision = vitParameterCount(config.vit);
  if (config.method === "vitBinary") return vision + linearCount(config.vit.width, 2);
  const connector = connectorParameterCount(config.connector, connectorSides(config));
  return vision + connector + lmParameterCount(config.lm);
}
