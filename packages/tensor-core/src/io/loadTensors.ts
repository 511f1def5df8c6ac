/** @file Tensors from files to the device, piece by piece. */

import type { Device } from "../tensor/device.ts";
import { asWords, type DType } from "../tensor/dtype.ts";
import { toFloat16 } from "../tensor/float16.ts";
import { sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { fromBfloat16, fromFloat16 } from "./halfFloat.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import type { SafetensorsDType } from "./safetensorsHeader.ts";
import type { StoredEntry, Weights } from "./weights.ts";

export interface StreamOptions {
  /** Most bytes of a file that are in the host's memory at once, about; default 16 MiB. */
  readonly chunkBytes?: number;
}

export interface LoadOptions extends StreamOptions {
  /** Tensors to load; all by default. */
  readonly select?: (name: string) => boolean;
  /** What F16 and BF16 become; default f32. BF16 beyond the range of f16 becomes infinite. */
  readonly halves?: "f16" | "f32";
}

/**
 * Loads tensors to the device; they belong to the current scope.
 *
 * @returns tensors by name: F32 as f32, I32 as i32, U32 as u32, F16 and BF16 as `halves` says
 * @throws SafetensorsError if a selected tensor has another dtype, or its file is cut off
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
  const tensors = new Map<string, Tensor>();
  for (const [i, entry] of chosen.entries()) {
    const t = Tensor.allocate(device, entry.shape, dtypes[i] as DType, `[loadTensors] ${entry.name}`);
    tensors.set(entry.name, t);
    await copyEntry(entry, t, stream);
  }
  return tensors;
}

/**
 * Overwrites tensors in place, in their own dtypes: f32 and f16 take F32, F16 and BF16.
 *
 * @param parameters tensors by name
 * @param options    rename: the file's name of a parameter; default its own
 * @throws SafetensorsError if a tensor is missing or of another shape or dtype; nothing is written then
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
        `[loadInto] ${name} must be ${showShape(parameter.shape)}, got ${showShape(entry.shape)}`,
      );
    }
    const dtype = dtypeOf(entry, parameter.dtype === "f16" ? "f16" : "f32");
    if (dtype !== parameter.dtype && !(dtype === "f32" && parameter.dtype === "f16")) {
      throw new SafetensorsError(`[loadInto] ${name} is ${parameter.dtype}, the file has ${entry.dtype}`);
    }
    return [entry, parameter] as const;
  });
  for (const [entry, parameter] of pairs) await copyEntry(entry, parameter, stream);
}

function dtypeOf({ name, dtype, source }: StoredEntry, halves: "f16" | "f32"): DType {
  if (dtype === "F32") return "f32";
  if (dtype === "F16" || dtype === "BF16") return halves;
  if (dtype === "I32") return "i32";
  if (dtype === "U32") return "u32";
  throw new SafetensorsError(
    `${source.name}: ${name}: dtype ${dtype} is not supported; leave the tensor out with select, or convert the file`,
  );
}

/** Reads, converts and writes one piece after the other, and waits until the device has taken it. */
async function copyEntry(entry: StoredEntry, t: Tensor, options: StreamOptions): Promise<void> {
  const { chunkBytes = 16 * 2 ** 20 } = options;
  const { device } = t;
  const width = entry.dtype === "F16" || entry.dtype === "BF16" ? 2 : 4;
  // Whole words of f16, whatever the file has.
  const step = Math.max(2, Math.floor(chunkBytes / width / 2) * 2);
  device.assertNotRecording("loadTensors");
  const { binding } = t;
  const bytesOut = t.dtype === "f16" ? 2 : 4;
  for (let at = 0; at < t.size; at += step) {
    const end = Math.min(t.size, at + step);
    const bytes = await entry.source.read(entry.start + at * width, entry.start + end * width);
    if (bytes.length !== (end - at) * width) {
      throw new SafetensorsError(`${entry.source.name}: ${entry.name} is cut off`);
    }
    const offset = (binding.offset ?? 0) + at * bytesOut;
    device.upload({ ...binding, offset }, convert(bytes, entry.dtype, t.dtype));
    // The queue keeps a copy of what it was given until it is done.
    await device.gpu.queue.onSubmittedWorkDone();
  }
  device.throwIfFailed();
}

/** The bytes of elements as words of a tensor of the dtype, the last filled up with zero. */
function convert(bytes: Uint8Array, from: SafetensorsDType, to: DType): Uint32Array | Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (from !== "F16" && from !== "BF16") {
    const words = new Uint32Array(aligned.buffer, aligned.byteOffset, bytes.length / 4);
    if (to !== "f16") return words;
    return asWords(toFloat16(new Float32Array(words.buffer, words.byteOffset, words.length)));
  }
  if (from === "F16" && to === "f16") {
    return asWords(new Uint16Array(aligned.buffer, aligned.byteOffset, bytes.length / 2));
  }
  const halves = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const wide = (from === "F16" ? fromFloat16 : fromBfloat16)(halves, bytes.length / 2);
  return to === "f16" ? asWords(toFloat16(wide)) : wide;
}
