/** @file Published weights into a model: checked as a whole, then streamed. */

import {
  loadInto,
  type Module,
  type StoredEntry,
  type Tensor,
  type Weights,
  zeros,
} from "@candor/tensor-core";
import { type PlanOptions, type PlannedTensor, planWeights, type WeightPlan } from "./planWeights.ts";
import type { WeightLayout } from "./weightLayout.ts";

export interface LoadWeightsOptions extends PlanOptions {
  /** Most bytes of a file that are in the host's memory at once, about; default 16 MiB. */
  readonly chunkBytes?: number;
}

/**
 * Gives a model the values of published files. New tensors replace its parameters and belong to the open scope; freeze
 * parameters and make optimisers afterwards.
 *
 *     const vit = withoutMemory(() => new Vit(device, config, random));
 *     await loadWeights(vit, layout, await openWeights(folder));
 *
 * @param module best made by `withoutMemory`, so that it takes memory once; a part of a larger model is fine
 * @returns what was loaded
 * @throws WeightsError as {@link planWeights} does, before anything is allocated
 * @throws SafetensorsError if a file is cut off
 */
export async function loadWeights(
  module: Module,
  layout: WeightLayout,
  weights: Weights,
  options: LoadWeightsOptions = {},
): Promise<WeightPlan> {
  const plan = planWeights(module, layout, weights, options);
  const [first] = module.namedParameters().values();
  if (!first) return plan;
  const { device } = first;
  const made = new Map<string, Tensor>();
  for (const { name, shape, dtype } of plan.tensors) made.set(name, zeros(device, shape, dtype));
  try {
    const streamed = plan.tensors.filter(({ convert }) => !convert);
    await loadInto(
      new Map(streamed.map(({ name }) => [name, made.get(name) as Tensor])),
      asWeights(streamed),
      options.chunkBytes === undefined ? {} : { chunkBytes: options.chunkBytes },
    );
    for (const planned of plan.tensors) if (planned.convert) await loadConverted(planned, made);
  } catch (error) {
    for (const t of made.values()) t.dispose();
    throw error;
  }
  module.adopt(made);
  return plan;
}

/** The planned parts, by the names of the parameters. */
function asWeights(tensors: readonly PlannedTensor[]): Weights {
  const entries = new Map<string, StoredEntry>(tensors.map(({ name, entry }) => [name, entry]));
  return { entries, metadata: {}, close: async () => {} };
}

async function loadConverted(planned: PlannedTensor, made: ReadonlyMap<string, Tensor>): Promise<void> {
  const { name, entry, convert } = planned;
  const parameter = made.get(name) as Tensor;
  const whole = zeros(parameter.device, entry.shape);
  try {
    await loadInto(new Map([[name, whole]]), asWeights([planned]));
    const values = (await whole.read()) as Float32Array;
    parameter.write(convert ? convert(values) : values);
  } finally {
    whole.dispose();
  }
}
