/** @file Saving models as they are published; Node only. */

import { type Module, sizeOf, type Tensor, type TensorToStore, writeSafetensors } from "@candor/tensor-core";
import type { WeightLayout } from "./weightLayout.ts";
import { WeightsError } from "./weightsError.ts";

export interface SaveModelOptions {
  /** Most bytes of a file before the next begins; default 1 GiB. As much is in the host's memory at once. */
  readonly maxShardBytes?: number;
  /** What is written instead of the parameters' own values, such as random ones for a model without memory. */
  readonly valuesOf?: (name: string, shape: readonly number[]) => TensorToStore;
}

/**
 * Saves a model as it is published: `config.json`, and `model.safetensors` or shards with their index.
 *
 * @param config what `config.json` says
 * @param layout names and places of the parameters; one that converts values cannot be saved
 * @throws WeightsError if the layout converts, or leaves rows of a tensor without a parameter; nothing is written then
 */
export async function saveModel(
  folder: string,
  module: Module,
  layout: WeightLayout,
  config: Readonly<Record<string, unknown>>,
  options: SaveModelOptions = {},
): Promise<void> {
  const { mkdir, rm, writeFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const { maxShardBytes = 2 ** 30, valuesOf } = options;
  const shards = shardsOf(publishedTensors(module, layout), maxShardBytes);
  await mkdir(folder, { recursive: true });
  const fileOf = (i: number) =>
    shards.length === 1
      ? "model.safetensors"
      : `model-${fiveDigits(i + 1)}-of-${fiveDigits(shards.length)}.safetensors`;
  let bytes = 0;
  for (const [i, shard] of shards.entries()) {
    const tensors = new Map<string, TensorToStore>();
    for (const published of shard) {
      const stored = valuesOf?.(published.name, published.shape) ?? (await gather(published));
      tensors.set(published.name, stored);
      const isHalf = stored.dtype === "F16" || stored.data instanceof Uint16Array;
      bytes += stored.data.length * (isHalf ? 2 : 4);
    }
    // Without it, transformers refuses the file.
    await writeSafetensors(join(folder, fileOf(i)), tensors, { format: "pt" });
  }
  const indexFile = join(folder, "model.safetensors.index.json");
  if (shards.length === 1) await rm(indexFile, { force: true });
  else {
    const names = shards.flatMap((shard, i) => shard.map(({ name }) => [name, fileOf(i)] as const));
    const index = { metadata: { total_size: bytes }, weight_map: Object.fromEntries(names) };
    await writeFile(indexFile, `${JSON.stringify(index, null, 2)}\n`);
    await rm(join(folder, "model.safetensors"), { force: true });
  }
  await writeFile(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

const fiveDigits = (n: number) => String(n).padStart(5, "0");

/** A tensor of the files, and the parameters that make it up, in the order of their rows. */
interface PublishedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly parts: readonly Tensor[];
}

function publishedTensors(module: Module, layout: WeightLayout): PublishedTensor[] {
  const found = new Map<string, { shape: readonly number[]; parts: { row: number; parameter: Tensor }[] }>();
  for (const [name, parameter] of module.namedParameters()) {
    const { published, shape = parameter.shape, row = 0, convert } = layout.source(name, parameter.shape);
    if (convert) {
      throw new WeightsError(
        `[weights] ${name} was converted from ${published}: save it by the layout of the model's own configuration`,
      );
    }
    const tensor = found.get(published) ?? { shape, parts: [] };
    tensor.parts.push({ row, parameter });
    found.set(published, tensor);
  }
  return [...found].map(([name, { shape, parts }]) => {
    const ordered = parts.toSorted((a, b) => a.row - b.row).map(({ parameter }) => parameter);
    const size = ordered.reduce((total, parameter) => total + parameter.size, 0);
    if (size !== sizeOf(shape)) {
      throw new WeightsError(
        `[weights] ${name} [${shape.join(", ")}] has ${sizeOf(shape)} elements, its parameters ${size}`,
      );
    }
    const bytes = size * (ordered.every(({ dtype }) => dtype === "f16") ? 2 : 4);
    return { name, shape, bytes, parts: ordered };
  });
}

function shardsOf(tensors: readonly PublishedTensor[], maxBytes: number): PublishedTensor[][] {
  const shards: PublishedTensor[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    if (bytes > 0 && bytes + tensor.bytes > maxBytes) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)?.push(tensor);
    bytes += tensor.bytes;
  }
  return shards;
}

async function gather({ shape, parts }: PublishedTensor): Promise<TensorToStore> {
  const data = new Float32Array(sizeOf(shape));
  let at = 0;
  for (const part of parts) {
    data.set((await part.read()) as Float32Array, at);
    at += part.size;
  }
  const half = parts.every(({ dtype }) => dtype === "f16");
  return half ? { shape, data, dtype: "F16" } : { shape, data };
}
