/** @file The activations of perceptrons. */

import { gelu, geluErf, relu, scale, silu, type Tensor } from "@candor/tensor-core";
import { z } from "zod";

/**
 * Schema of {@link MlpActivation}: `gelu` is GELU's tanh form, `geluErf` its exact form, as PyTorch's default, and
 * `quickGelu` x · sigmoid(1.702 x), as OpenAI trained CLIP. Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2.
 */
export const mlpActivationSchema = z.enum(["gelu", "geluErf", "quickGelu", "relu"]);

/** An activation between the two maps of a perceptron. */
export type MlpActivation = z.infer<typeof mlpActivationSchema>;

const quickGeluSlope = 1.702;

/** x · sigmoid(1.702 x). */
export const quickGelu = (x: Tensor): Tensor => scale(silu(scale(x, quickGeluSlope)), 1 / quickGeluSlope);

/** Applies an activation. */
export const activate: Record<MlpActivation, (x: Tensor) => Tensor> = { gelu, geluErf, quickGelu, relu };
