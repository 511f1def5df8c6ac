/** @file Tensors from files to the device, piece by piece. */

import type { Device } from "../tensor/device.ts";
import { asWords, type DType } from "../tensor/dtype.ts";
import { fromBfloat16, fromFloat16, toFloat16 } from "../tensor/float16.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import type { SafetensorsDType } from "./safetensorsHeader.ts";
import { showName, showValue } from "./showValue.ts";
import type { StoredEntry, Weights } from "./weights.ts";

export interface StreamOptions {
  /** Most bytes of a file that are in the host's memory at once, about; a number above 0, default 16 MiB. */
  readonly chunkBytes?: number;
}

export interface LoadOptions extends StreamOptions {
  /** Tensors to load; all by default. */
  readonly select?: (name: string) => boolean;
  /** What F16 and BF16 become; default f32. BF16 beyond the range of f16 becomes infinite. */
  readonly halves?: "f16" | "f32";
}

/**
 * Loads tensors to the device; they belong to the current scope, which must not end before they are loaded.
 *
 * @returns tensors by name: F32 as f32, I32 as i32, U32 as u32, F16 and BF16 as `halves` says
 * @throws SafetensorsError if a selected tensor has another dtype, or its file is cut off; no tensor is left then
 * @throws RangeError if `chunkBytes` is no number above 0
 * @throws Error if the scope ended meanwhile
 */
export async function loadTensors(
  device: Device,
  weights: Weights,
  options: LoadOptions = {},
): Promise<Map<string, Tensor>> {
  const { select = () => true, halves = "f32", ...stream } = options;
  const chosen = [...weights.entries.values()].filter(({ name }) => select(name));
  // All dtypes are checked before the first byte is read.
  const dtypes = chosen.map((entry) => dtypeOf(entry, halves));
  const pairs: (readonly [StoredEntry, Tensor])[] = [];
  try {
    for (const [i, entry] of chosen.entries()) {
      const what = `[loadTensors] ${showName(entry.name)}`;
      pairs.push([entry, Tensor.allocate(device, entry.shape, dtypes[i] as DType, what)]);
    }
    await copyEntries("loadTensors", device, pairs, stream);
  } catch (error) {
    for (const [, t] of pairs) t.dispose();
    throw error;
  }
  return new Map(pairs.map(([{ name }, t]) => [name, t]));
}

/**
 * Overwrites tensors in place, in their own dtypes: f32 and f16 take F32, F16 and BF16.
 *
 * @param parameters tensors by name
 * @param options    rename: the file's name of a parameter; default its own
 * @throws SafetensorsError if a tensor is missing or of another shape or dtype; nothing is written then
 * @throws RangeError if `chunkBytes` is no number above 0
 * @throws Error if a parameter is disposed of before its values are there
 */
export async function loadInto(
  parameters: ReadonlyMap<string, Tensor>,
  weights: Weights,
  options: StreamOptions & { readonly rename?: (name: string) => string } = {},
): Promise<void> {
  const { rename = (name) => name, ...stream } = options;
  const pairs = [...parameters].map(([name, parameter]) => {
    const entry = weights.entries.get(rename(name));
    if (!entry) throw new SafetensorsError(`[loadInto] the weights have no ${rename(name)} for ${name}`);
    if (!sameShape(entry.shape, parameter.shape)) {
      throw new SafetensorsError(
        `[loadInto] ${name} must be ${showShape(parameter.shape)}, got ${showValue(entry.shape)}`,
      );
    }
    const dtype = dtypeOf(entry, parameter.dtype === "f16" ? "f16" : "f32");
    if (dtype !== parameter.dtype && !(dtype === "f32" && parameter.dtype === "f16")) {
      throw new SafetensorsError(`[loadInto] ${name} is ${parameter.dtype}, the file has ${entry.dtype}`);
    }
    return [entry, parameter] as const;
  });
  const device = pairs[0]?.[1].device;
  if (device) await copyEntries("loadInto", device, pairs, stream);
}

function dtypeOf({ name, dtype, source }: StoredEntry, halves: "f16" | "f32"): DType {
  if (dtype === "F32") return "f32";
  if (dtype === "F16" || dtype === "BF16") return halves;
  if (dtype === "I32") return "i32";
  if (dtype === "U32") return "u32";
  throw new SafetensorsError(
    `${source.name}: ${showName(name)}: dtype ${dtype} is not supported; leave the tensor out with select, or convert the file`,
  );
}

/** Reads, converts and writes one piece after the other, and waits for the device after every so many bytes. */
async function copyEntries(
  op: string,
  device: Device,
  pairs: readonly (readonly [StoredEntry, Tensor])[],
  { chunkBytes = 16 * 2 ** 20 }: StreamOptions,
): Promise<void> {
  if (!(chunkBytes > 0)) {
    throw new RangeError(`[${op}] chunkBytes must be a number > 0, got ${chunkBytes}`);
  }
  device.assertNotRecording(op);
  const convert = converter();
  // Read into the same memory each time: the first touch of a page costs more than reading it.
  let room = new Uint8Array(0);
  let queued = 0;
  for (const [entry, t] of pairs) {
    const { dtype, size } = t;
    const width = entry.dtype === "F16" || entry.dtype === "BF16" ? 2 : 4;
    const bytesOut = dtype === "f16" ? 2 : 4;
    // Whole words of f16, whatever the file has.
    const step = Math.max(2, Math.floor(chunkBytes / width / 2) * 2);
    for (let at = 0; at < size; at += step) {
      const end = Math.min(size, at + step);
      if (room.length < (end - at) * width) room = new Uint8Array((end - at) * width);
      const bytes = await entry.source.read(entry.start + at * width, entry.start + end * width, room);
      if (bytes.length !== (end - at) * width) {
        throw new SafetensorsError(`${entry.source.name}: ${showName(entry.name)} is cut off`);
      }
      const words = convert(bytes, entry.dtype, dtype);
      // While a piece was read, the tensor may have been freed and its memory given to another.
      t.assertLive(op);
      const { binding } = t;
      device.upload({ ...binding, offset: (binding.offset ?? 0) + at * bytesOut }, words);
      queued += words.byteLength;
      // The queue keeps a copy of what it was given until it is done.
      if (queued >= chunkBytes) {
        await device.synchronize();
        queued = 0;
      }
    }
  }
  await device.synchronize();
}

/** Makes words of a tensor of a dtype, the last filled up with zero, of the bytes of elements; they hold until the next call. */
function converter(): (bytes: Uint8Array, from: SafetensorsDType, to: DType) => Uint32Array | Float32Array {
  // Fresh memory for each piece would cost more than widening does.
  let wide = new Float32Array(0);
  return (bytes, from, to) => {
    const { buffer, byteOffset, length } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    if (from !== "F16" && from !== "BF16") {
      return to === "f16"
        ? asWords(toFloat16(new Float32Array(buffer, byteOffset, length / 4)))
        : new Uint32Array(buffer, byteOffset, length / 4);
    }
    const halves = new Uint16Array(buffer, byteOffset, length / 2);
    if (from === "F16" && to === "f16") return asWords(halves);
    if (wide.length < halves.length) wide = new Float32Array(halves.length);
    const values = wide.subarray(0, halves.length);
    (from === "F16" ? fromFloat16 : fromBfloat16)(halves, values);
    return to === "f16" ? asWords(toFloat16(values)) : values;
  };
}
