/** @file What a model holds and what a step of it would take, known before anything is allocated. */

import {
  measureMemory,
  type Module,
  noGrad,
  type Tensor,
  trainableParameters,
  valueAndGrad,
  withoutMemory,
  zeros,
} from "@candor/tensor-core";
import type { PlanOptions } from "../weights/planWeights.ts";
import { applyGroups, type ParameterGroup } from "./parameterGroups.ts";

/** A part of a model. */
export interface ModelPart {
  /** The field of the model that holds it. */
  readonly name: string;
  readonly parameters: number;
  /** How many of them are not frozen. */
  readonly trainable: number;
}

/** Parameters of a model, by part and altogether. */
export interface ModelDescription extends ModelPart {
  readonly parts: readonly ModelPart[];
}

/** Counts the parameters of a model, which may be without memory. */
export function describeModel(model: Module): ModelDescription {
  const trained = trainableParameters(model);
  const parts = new Map<string, { parameters: number; trainable: number }>();
  const whole = { parameters: 0, trainable: 0 };
  for (const [name, { size }] of model.namedParameters()) {
    const part = name.split(".")[0] ?? name;
    const counts = parts.get(part) ?? { parameters: 0, trainable: 0 };
    for (const count of [counts, whole]) {
      count.parameters += size;
      if (trained.has(name)) count.trainable += size;
    }
    parts.set(part, counts);
  }
  return {
    name: model.constructor.name,
    ...whole,
    parts: [...parts].map(([name, counts]) => ({ name, ...counts })),
  };
}

/** Bytes on the device, with the padding of its memory. */
export interface MemoryEstimate {
  readonly parameterBytes: number;
  /** Of what is trained; 0 where nothing is. */
  readonly gradientBytes: number;
  /** The two moments of AdamW. */
  readonly optimizerBytes: number;
  /** What the step holds at its peak besides: activations that gradients need, and what is on its way. */
  readonly activationBytes: number;
  /** The peak, of all together. */
  readonly totalBytes: number;
}

/** What an estimate is about. */
export interface EstimatedStep<M extends Module> {
  /** Makes the model. */
  readonly build: () => M;
  /** Makes the inputs and goes through the step, to a scalar loss where it trains. */
  readonly step: (model: M) => Tensor;
  /** Gradients are taken and AdamW steps; false for inference. */
  readonly trains: boolean;
  /** What is frozen. */
  readonly groups?: readonly ParameterGroup[];
}

/**
 * Goes through a step without memory and says what it would take. Captured steps take about the same.
 *
 * @throws ConfigError as {@link applyGroups}
 */
export function estimateMemory<M extends Module>(
  estimated: EstimatedStep<M>,
): MemoryEstimate & ModelDescription {
  const { build, step, trains, groups = [] } = estimated;
  const model = withoutMemory(build);
  if (groups.length > 0) applyGroups(model, groups);
  const parameters = [...model.namedParameters().values()];
  const device = parameters[0]?.device;
  const { peakBytes: parameterBytes } = measureMemory(() => {
    for (const t of parameters) zeros(t.device, t.shape, t.dtype);
  });
  const { peakBytes } = measureMemory(() => {
    using _scope = device?.scope();
    if (trains) valueAndGrad(() => step(model), trainableParameters(model));
    else noGrad(() => step(model));
  });
  const trained = trains ? [...trainableParameters(model).values()] : [];
  const gradientBytes = trained.reduce((total, { size }) => total + 4 * size, 0);
  const optimizerBytes = trained.reduce((total, { size }) => total + 32 * Math.ceil(size / 4), 0);
  return {
    ...describeModel(model),
    parameterBytes,
    gradientBytes,
    optimizerBytes,
    activationBytes: Math.max(0, peakBytes - gradientBytes),
    totalBytes: parameterBytes + optimizerBytes + peakBytes,
  };
}

/** Makes the parameters of a model without memory what they are when it is loaded by these dtypes; returns it. */
export function parametersAs<M extends Module>(model: M, dtype: NonNullable<PlanOptions["dtype"]>): M {
  const parameters = [...model.namedParameters()];
  model.adopt(
    new Map(
      parameters.map(([name, { device, shape }]) => [
        name,
        withoutMemory(() => zeros(device, shape, dtype(name, shape))),
      ]),
    ),
  );
  return model;
}

const number = (n: number) => n.toLocaleString("en").padStart(15);

/** Counts and, where they are known, bytes, as lines of text. */
export function showModel(description: ModelDescription & Partial<MemoryEstimate>): string {
  const whole = { ...description, name: "altogether" };
  const width = Math.max(...[whole, ...description.parts].map(({ name }) => name.length));
  const lines = [...description.parts, whole].map(
    ({ name, parameters, trainable }) =>
      `${name.padEnd(width)} ${number(parameters)} parameters ${number(trainable)} trained`,
  );
  const bytes = [
    ["parameters", description.parameterBytes],
    ["gradients", description.gradientBytes],
    ["AdamW", description.optimizerBytes],
    ["activations", description.activationBytes],
    ["altogether", description.totalBytes],
  ].flatMap(([name, n]) => (typeof n === "number" ? [`${name} ${(n / 2 ** 20).toFixed(1)} MiB`] : []));
  return [...lines, ...(bytes.length > 0 ? [`memory: ${bytes.join(", ")}`] : [])].join("\n");
}
