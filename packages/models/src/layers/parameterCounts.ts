/** @file Numbers of parameters of the shared layers, by formula. */

/** Weights and biases of an affine map. */
export const linearCount = (inputs: number, outputs: number, bias = true): number =>
  inputs * outputs + (bias ? outputs : 0);

/** Scale and shift of a layer norm. */
export const layerNormCount = (width: number): number => 2 * width;

/** Query, key, value and output of multi-head attention. */
export const attentionCount = (width: number, contextWidth = width): number =>
  2 * linearCount(width, width) + 2 * linearCount(contextWidth, width);

/** Both maps of a two-layer perceptron. */
export const mlpCount = (inputs: number, hidden: number, outputs: number): number =>
  linearCount(inputs, hidden) + linearCount(hidden, outputs);
