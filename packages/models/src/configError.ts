/** @file Errors of model configurations. */

/** A configuration that no model can be built from. The message names the field, its value and what it must be. */
export class ConfigError extends Error {
  override name = "ConfigError";
}
