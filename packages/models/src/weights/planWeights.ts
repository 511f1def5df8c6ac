/** @file Checks published weights against a model before anything is allocated or read. */

import { type Module, showShape, sizeOf, type StoredEntry, type Weights } from "@candor/tensor-core";
import type { WeightLayout, WeightSource } from "./weightLayout.ts";
import { WeightsError } from "./weightsError.ts";

/** The dtypes that parameters have on the device. */
export type ParameterDType = "f32" | "f16";

export interface PlanOptions {
  /** The dtype of a parameter on the device; default f32 for all. */
  readonly dtype?: (name: string, shape: readonly number[]) => ParameterDType;
  /** Most bytes that the parameters may take; default what is left of the device's budget. */
  readonly budgetBytes?: number;
}

/** A parameter, and the part of a file that holds its values. */
export interface PlannedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ParameterDType;
  /** What is read: the parameter's rows alone, unless all are converted. */
  readonly entry: StoredEntry;
  readonly convert: WeightSource["convert"];
}

/** Every parameter of a model, and the bytes that they take on the device. */
export interface WeightPlan {
  readonly tensors: readonly PlannedTensor[];
  readonly bytes: number;
}

/**
 * Checks that files hold exactly what a model needs.
 *
 * @param module best made by `withoutMemory`
 * @throws WeightsError if a tensor is missing, surplus, of another shape or of a dtype that cannot be read, or the
 * parameters take more than the budget; nothing is allocated or read
 */
export function planWeights(
  module: Module,
  layout: WeightLayout,
  weights: Weights,
  options: PlanOptions = {},
): WeightPlan {
  const { dtype = () => "f32" } = options;
  const parameters = module.namedParameters();
  const from = [...weights.entries.values()][0]?.source.name ?? "the weights";
  const wanted = [...parameters].map(([name, { shape }]) => ({
    name,
    shape,
    source: layout.source(name, shape),
  }));
  const missing = wanted.filter(({ source }) => !weights.entries.has(source.published));
  if (missing.length > 0) {
    const names = listed([...new Set(missing.map(({ source }) => source.published))]);
    throw new WeightsError(
      `[weights] ${from} lacks ${names}: the model's configuration asks for more than the files hold, ` +
        "or they are of another architecture",
    );
  }
  const used = new Set(wanted.map(({ source }) => source.published));
  const surplus = [...weights.entries.keys()].filter(
    (name) => !used.has(name) && !layout.ignored?.some((pattern) => pattern.test(name)),
  );
  if (surplus.length > 0) {
    throw new WeightsError(
      `[weights] ${from} holds ${listed(surplus)}, which the model does not have: its configuration is smaller ` +
        "than the files, or they are of another architecture",
    );
  }
  const tensors = wanted.map(({ name, shape, source }) => {
    const entry = weights.entries.get(source.published) as StoredEntry;
    return {
      name,
      shape,
      dtype: dtype(name, shape),
      entry: partOf(entry, shape, source),
      convert: source.convert,
    };
  });
  const bytes = tensors.reduce(
    (total, { shape, dtype: type }) => total + sizeOf(shape) * (type === "f16" ? 2 : 4),
    0,
  );
  assertWithin(module, bytes, options.budgetBytes);
  return { tensors, bytes };
}

/** The bytes of an entry that are the parameter's, as an entry of its own. */
function partOf(entry: StoredEntry, shape: readonly number[], source: WeightSource): StoredEntry {
  const { published, shape: whole = shape, row = 0, convert } = source;
  const where = `${entry.source.name}: ${published}`;
  if (showShape(entry.shape) !== showShape(whole)) {
    throw new WeightsError(
      `[weights] ${where} must be ${showShape(whole)}, got ${showShape(entry.shape)}: the model's configuration ` +
        "has another size than the files",
    );
  }
  if (entry.dtype !== "F32" && entry.dtype !== "F16" && entry.dtype !== "BF16") {
    throw new WeightsError(
      `[weights] ${where} is ${entry.dtype}; F32, F16 and BF16 can be loaded: convert the file`,
    );
  }
  if (convert) return entry;
  const width = entry.dtype === "F32" ? 4 : 2;
  const rowSize = sizeOf(whole.slice(1));
  const start = entry.start + row * rowSize * width;
  return { ...entry, name: published, shape, start, end: start + sizeOf(shape) * width };
}

function assertWithin(module: Module, bytes: number, budgetBytes: number | undefined): void {
  const [first] = module.namedParameters().values();
  if (!first) return;
  const report = first.device.memoryReport();
  const budget = budgetBytes ?? report.budgetBytes - report.usedBytes;
  if (bytes <= budget) return;
  throw new WeightsError(
    `[weights] the parameters take ${bytes} bytes, the budget leaves ${budget}: load them as f16, ` +
      "choose a smaller model, or raise the budget",
  );
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, 4).join(", ")}${names.length > 4 ? ` and ${names.length - 4} more` : ""}`;
