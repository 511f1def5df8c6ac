/** @file The error of safetensors files. */

/** A safetensors file that breaks the format; the message names the tensor and the cause. */
export class SafetensorsError extends Error {
  override name = "SafetensorsError";
}
