/** @file What Hugging Face's configurations call the activations. */

import { ConfigError } from "../configError.ts";
import type { MlpActivation } from "./activation.ts";

const activations: Readonly<Record<string, MlpActivation>> = {
  quick_gelu: "quickGelu",
  gelu: "geluErf",
  gelu_new: "gelu",
  gelu_pytorch_tanh: "gelu",
  relu: "relu",
};

/**
 * The activation that `hidden_act` names.
 *
 * @param source what an error message begins with
 * @throws ConfigError if there is no such activation here
 */
export function activationOf(name: string, source: string): MlpActivation {
  const found = activations[name];
  if (found) return found;
  throw new ConfigError(
    `${source}: hidden_act must be one of ${Object.keys(activations).join(", ")}, got ${JSON.stringify(name)}`,
  );
}

/** The `hidden_act` of an activation. */
export function publishedActivation(activation: MlpActivation = "gelu"): string {
  return Object.entries(activations).find(([, ours]) => ours === activation)?.[0] ?? activation;
}
