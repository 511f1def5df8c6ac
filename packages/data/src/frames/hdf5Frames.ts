/** @file Frames of HDF5 recordings (3DMAD, WMCA) by h5wasm, the HDF5 library compiled to WebAssembly. */
import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { File } from "h5wasm/node";
import sharp from "sharp";
import type { Hdf5Layout } from "../loaders/datasetLoader.ts";

/** The library takes 600 MB of memory when it is loaded, so it is loaded only where there is an HDF5 file. */
type Hdf5 = typeof import("h5wasm/node");

/** One frame's pixels. */
interface Planes {
  /** [3, H, W] */
  data: Uint8Array;
  height: number;
  width: number;
}

/**
 * Opens an HDF5 recording.
 * @param path the file
 * @param layout where its frames lie
 * @throws Error if it is no HDF5 file or lacks the frames
 */
export async function openHdf5(
  path: string,
  layout: Hdf5Layout | undefined,
): Promise<{
  count(): Promise<number>;
  extract(frames: readonly number[], target: (frame: number) => string): Promise<number[]>;
  close(): void;
}> {
  if (!layout) throw new Error("the loader does not say how frames lie in HDF5 files");
  const hdf5 = await import("h5wasm/node");
  // Errors come as exceptions, and the library does not print its stack of calls.
  (await hdf5.ready).activate_throwing_error_handler();
  const file = openFile(hdf5, path);
  try {
    const frames =
      "groups" in layout ? groupFrames(hdf5, file, layout) : arrayFrames(hdf5, file, layout.array);
    return {
      count: () => Promise.resolve(frames.count),
      extract: async (wanted, target) => {
        for (const frame of wanted) await writePng(frames.read(frame), target(frame));
        return [...wanted];
      },
      close: () => void file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function openFile(hdf5: Hdf5, path: string): File {
  try {
    const file = new hdf5.File(path, "r");
    file.keys();
    return file;
  } catch (error) {
    throw new Error("it is no HDF5 file, or cut off", { cause: error });
  }
}

/** Groups `Frame_0` .. `Frame_N` in the order of their numbers, each with an array [3, H, W]. */
function groupFrames(hdf5: Hdf5, file: File, layout: { groups: string; array: string }): FrameReader {
  const names = file
    .keys()
    .filter((key) => key.startsWith(layout.groups) && /\d+$/.test(key))
    .toSorted((a, b) => Number(/\d+$/.exec(a)?.[0]) - Number(/\d+$/.exec(b)?.[0]));
  if (names.length === 0)
    throw new Error(`it has no groups ${layout.groups}*; it has ${file.keys().join(", ") || "nothing"}`);
  return {
    count: names.length,
    read: (frame) => {
      const group = file.get(names[frame] as string);
      const array = group instanceof hdf5.Group ? group.get(layout.array) : null;
      if (!(array instanceof hdf5.Dataset)) throw new Error(`${names[frame]} has no array "${layout.array}"`);
      const [channels, height, width] = array.shape ?? [];
      return planes(array.value, channels, height, width, names[frame] as string);
    },
  };
}

/** One array [N, 3, H, W]; a frame is read by itself, as a recording does not fit in memory comfortably. */
function arrayFrames(hdf5: Hdf5, file: File, name: string): FrameReader {
  const array = file.get(name);
  if (!(array instanceof hdf5.Dataset))
    throw new Error(`it has no array "${name}"; it has ${file.keys().join(", ") || "nothing"}`);
  const [count = 0, channels, height, width] = array.shape ?? [];
  return {
    count,
    read: (frame) => planes(array.slice([[frame, frame + 1]]), channels, height, width, `${name}[${frame}]`),
  };
}

interface FrameReader {
  count: number;
  read: (frame: number) => Planes;
}

function planes(data: unknown, channels = 0, height = 0, width = 0, where: string): Planes {
  if (!(data instanceof Uint8Array) || channels !== 3 || data.length !== 3 * height * width) {
    throw new Error(`${where} must be uint8 [3, height, width], got [${channels}, ${height}, ${width}]`);
  }
  return { data, height, width };
}

async function writePng({ data, height, width }: Planes, file: string): Promise<void> {
  const size = height * width;
  const pixels = new Uint8Array(3 * size); // [H, W, 3]
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < 3; channel++)
      pixels[3 * i + channel] = data[channel * size + i] as number;
  }
  await mkdir(dirname(file), { recursive: true });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(`${file}.tmp`);
  await rename(`${file}.tmp`, file);
}
