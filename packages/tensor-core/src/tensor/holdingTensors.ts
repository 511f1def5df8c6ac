/** @file Tensors for work that awaits: a scope must not be open meanwhile, as others may open and end theirs. */

import type { Device } from "./device.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Makes tensors in no scope, awaits what uses them, and frees them.
 *
 * @param make what else it makes is freed at once
 */
export async function holdingTensors<T extends Readonly<Record<string, Tensor>>, R>(
  device: Device,
  make: () => T,
  use: (tensors: T) => Promise<R>,
): Promise<R> {
  const made = device.unscoped(() => {
    using scope = device.scope();
    const tensors = make();
    for (const tensor of Object.values(tensors)) scope.keep(tensor);
    return tensors;
  });
  try {
    return await use(made);
  } finally {
    for (const tensor of Object.values(made)) tensor.dispose();
  }
}
