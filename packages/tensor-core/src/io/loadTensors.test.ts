/** @file Weights from one file or shards to the device: values, memory, and what is refused. */

import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { toFloat16 } from "../tensor/float16.ts";
import { testDevice } from "../testing/testDevice.ts";
import { type ByteSource, bytesSource, fileSource } from "./byteSource.ts";
import { loadInto, loadTensors } from "./loadTensors.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { SafetensorsError } from "./safetensorsError.ts";
import { openSafetensors, openShards, openWeights } from "./weights.ts";

/** 8 bytes of length, little-endian; the header's text; the data. */
function file(header: string, data: Uint8Array = new Uint8Array(0), claimed?: bigint): Uint8Array {
  const text = Buffer.from(header, "utf8");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, data]));
}

const entry = (dtype: string, shape: readonly number[], start: number, end: number) =>
  `{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":[${start},${end}]}`;

const bytesOf = (array: Uint16Array | Float32Array) => new Uint8Array(array.buffer);
const values = Float32Array.from({ length: 7 }, (_, i) => (i - 3) * 0.5);
const brain = Uint16Array.from(new Uint32Array(values.buffer), (word) => word >>> 16);

/** seven F16, seven BF16, seven F32 at odd places, and one dtype that no tensor has. */
const mixed = file(
  `{"half":${entry("F16", [7], 1, 15)},"brain":${entry("BF16", [7], 15, 29)},` +
    `"full":${entry("F32", [7], 29, 57)},"odd":${entry("U8", [1], 0, 1)}}`,
  Buffer.concat([Buffer.of(9), bytesOf(toFloat16(values)), bytesOf(brain), bytesOf(values)]),
);
/** IEEE 754-2019, section 3.4, binary16. */
function binary16(pattern: number): number {
  const [sign, exponent, fraction] = [pattern >> 15, (pattern >> 10) & 31, (pattern & 1023) / 1024];
  const magnitude = exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
  const special = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return (sign ? -1 : 1) * (exponent === 31 ? special : magnitude);
}
const rename = (name: string) => name.replace("model.", "");
const known = (name: string) => name !== "odd";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weights-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("loadTensors", () => {
  it.each([1, 8, 12, 2 ** 20])(
    "brings each dtype to the device in pieces of %i bytes",
    async (chunkBytes) => {
      const device = await testDevice();
      using _scope = device.scope();
      for (const halves of ["f32", "f16"] as const) {
        const weights = await openSafetensors(bytesSource(mixed));
        const tensors = await loadTensors(device, weights, { select: known, halves, chunkBytes });
        expect([...tensors].map(([name, t]) => [name, t.dtype])).toEqual([
          ["half", halves],
          ["brain", halves],
          ["full", "f32"],
        ]);
        for (const t of tensors.values()) expect(await t.read()).toEqual(values);
      }
      const weights = await openSafetensors(bytesSource(mixed, "mixed"));
      await expect(loadTensors(device, weights)).rejects.toThrow("mixed: odd: dtype U8 is not supported");
    },
  );

  it("widens every sixteen-bit pattern exactly, piece after piece", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const patterns = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const header = `{"half":${entry("F16", [65_536], 0, 131_072)},"brain":${entry("BF16", [65_536], 131_072, 262_144)}}`;
    const both = file(header, Buffer.concat([bytesOf(patterns), bytesOf(patterns)]));
    const weights = await openSafetensors(bytesSource(both));
    const tensors = await loadTensors(device, weights, { chunkBytes: 5000 });
    expect(await tensors.get("half")?.read()).toEqual(Float32Array.from(patterns, binary16));
    const words = Uint32Array.from(patterns, (pattern) => pattern * 65_536);
    const brain = (await tensors.get("brain")?.read()) as Float32Array;
    expect(new Uint32Array(brain.buffer, brain.byteOffset, brain.length)).toEqual(words);
  });

  it("writes into parameters, and nothing where one does not fit", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const weights = await openSafetensors(bytesSource(mixed));
    const [a, b] = [zeros(device, [7]), zeros(device, [7], "f16")];
    const parameters = new Map<string, Tensor>([
      ["model.full", a],
      ["model.half", b],
    ]);
    await expect(
      loadInto(new Map([...parameters, ["model.full", zeros(device, [6])]]), weights, { rename }),
    ).rejects.toThrow("[loadInto] model.full must be [6], got [7]");
    await expect(loadInto(parameters, weights)).rejects.toThrow("[loadInto] the weights have no model.full");
    await expect(loadInto(new Map([["full", zeros(device, [7], "i32")]]), weights)).rejects.toThrow(
      "[loadInto] full is i32, the file has F32",
    );
    expect(await a.read()).toEqual(new Float32Array(7));
    await loadInto(parameters, weights, { rename });
    expect(await a.read()).toEqual(values);
    expect(await b.read()).toEqual(values);
    await loadInto(new Map([["full", b]]), weights);
    expect(await b.read()).toEqual(values);
  });

  it("reads a file larger than the memory that it may take", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const path = join(folder, "sparse.safetensors");
    const bytes = 40 * 2 ** 20;
    const header = `{"a":${entry("F16", [bytes / 2], 0, bytes)},"b":${entry("F32", [bytes / 4], bytes, 2 * bytes)}}`;
    const handle = await open(path, "w");
    const start = file(header);
    await handle.write(start);
    await handle.write(bytesOf(Float32Array.of(7)), 0, 4, start.length + 2 * bytes - 4);
    await handle.close();
    const disk = await fileSource(path);
    let [largest, total, peak] = [0, 0, 0];
    const before = process.memoryUsage().arrayBuffers;
    const counted: ByteSource = {
      ...disk,
      read: (from, to) => {
        largest = Math.max(largest, to - from);
        total += to - from;
        peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        return disk.read(from, to);
      },
    };
    const chunkBytes = 2 ** 20;
    const weights = await openSafetensors(counted);
    const tensors = await loadTensors(device, weights, { halves: "f16", chunkBytes });
    await weights.close();
    expect(total).toBeGreaterThan(2 * bytes);
    expect(largest).toBe(chunkBytes);
    // What was read and not yet collected; a copy of the file would be five times as much.
    expect(peak).toBeLessThan(bytes);
    const last = await tensors.get("b")?.read();
    expect([last?.at(-2), last?.at(-1)]).toEqual([0, 7]);
  });

  it("says what is wrong with the size of pieces", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const weights = await openSafetensors(bytesSource(mixed));
    for (const chunkBytes of [Number.NaN, 0, -1]) {
      const loading = loadTensors(device, weights, { select: known, chunkBytes });
      await expect(loading).rejects.toThrow(
        `[loadTensors] chunkBytes must be a number > 0, got ${chunkBytes}`,
      );
    }
    const chunkBytes = Number.POSITIVE_INFINITY;
    const tensors = await loadTensors(device, weights, { select: known, chunkBytes });
    expect(await tensors.get("full")?.read()).toEqual(values);
  });

  it("says so where a file ends early", async () => {
    const device = await testDevice();
    const whole = bytesSource(mixed, "short");
    const cut: ByteSource = {
      ...whole,
      read: async (from, to) => mixed.subarray(from, Math.min(to, mixed.length - 2)),
    };
    const weights = await openSafetensors(cut);
    const { live } = device.stats;
    // Not within a scope, which would free what is left.
    const loading = loadTensors(device, weights, { select: known });
    await expect(loading).rejects.toThrow("short: full is cut off");
    expect(device.stats.live).toBe(live);
  });

  it("writes to no tensor that was freed meanwhile, nor to what has its memory now", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const names = ["a", "b", "c"];
    const sevens = { shape: [1000], data: new Float32Array(1000).fill(7) };
    const stored = bytesSource(encodeSafetensors(new Map(names.map((name) => [name, sevens]))));
    const weights = await openSafetensors(stored);
    const zerosOf = () => names.map(() => zeros(device, [1000]));
    const whileLoading = async (loading: Promise<unknown>) => {
      // Watched from the first, as it fails while the zeros are read.
      const failed = expect(loading).rejects.toThrow("a tensor of [1000] was used after its scope ended");
      const later = zerosOf();
      await failed;
      for (const t of later) expect(await t.read()).toEqual(new Float32Array(1000));
    };
    const into = (parameters: readonly Tensor[]) =>
      loadInto(new Map(parameters.map((t, i) => [names[i] as string, t])), weights, { chunkBytes: 4000 });
    const start = (load: () => Promise<unknown>) => {
      using _inner = device.scope();
      return load();
    };
    await whileLoading(start(() => loadTensors(device, weights, { chunkBytes: 4000 })));
    await whileLoading(start(() => into(zerosOf())));
  });
});

describe("openSafetensors", () => {
  it("closes what it refuses", async () => {
    const closed: string[] = [];
    const watched = (source: ByteSource): ByteSource => ({
      ...source,
      close: async () => {
        closed.push(source.name);
        throw new Error("not closed either");
      },
    });
    const broken = (name: string) => watched(bytesSource(file("{"), name));
    await expect(openSafetensors(broken("alone"))).rejects.toThrow("alone: the header is no JSON");
    const index = indexOf({ a: "shard" });
    const opened = openShards(bytesSource(new TextEncoder().encode(index)), async (name) => broken(name));
    await expect(opened).rejects.toThrow("shard: the header is no JSON");
    expect(closed).toEqual(["alone", "shard"]);
  });

  it("refuses an enormous header before it reads one", async () => {
    const path = join(folder, "header.safetensors");
    const handle = await open(path, "w");
    await handle.write(file("{}", undefined, 2n ** 31n));
    await handle.truncate(3 * 2 ** 30);
    await handle.close();
    const source = await fileSource(path);
    const before = process.memoryUsage().arrayBuffers;
    await expect(openSafetensors(source)).rejects.toThrow("the header claims 2147483648 bytes");
    await source.close();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  it("takes offsets that cover the file, and no others", async () => {
    const offset = fc.oneof(
      fc.integer({ min: -4, max: 20 }),
      fc.constantFrom(-1, 0.5, 2 ** 31, 2 ** 53, 1e300, Number.MAX_SAFE_INTEGER),
    );
    const parts = fc.array(fc.tuple(offset, offset), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(20), async (bounds, size) => {
        const header = bounds.map(([start, end], i) => `"t${i}":${entry("U8", [end - start], start, end)}`);
        const sorted = bounds.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
        const covers = sorted.every(
          ([start, end], i) => start === (sorted[i - 1]?.[1] ?? 0) && end >= start && Number.isInteger(end),
        );
        const valid = covers && sorted.at(-1)![1] === size;
        const opened = openSafetensors(bytesSource(file(`{${header.join(",")}}`, new Uint8Array(size))));
        if (valid) expect((await opened).entries.size).toBe(bounds.length);
        else await expect(opened).rejects.toBeInstanceOf(SafetensorsError);
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});

const scalar = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
const indexOf = (map: unknown) => JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });

async function writeShards(name: string, map: unknown): Promise<string> {
  const at = join(folder, name);
  await mkdir(at);
  await writeFile(
    join(at, "one.safetensors"),
    encodeSafetensors(
      new Map([
        ["a", scalar(1)],
        ["extra", scalar(9)],
      ]),
    ),
  );
  await writeFile(join(at, "two.safetensors"), encodeSafetensors(new Map([["b", scalar(2)]])));
  await writeFile(join(at, "model.safetensors.index.json"), typeof map === "string" ? map : indexOf(map));
  return at;
}

describe("shards", () => {
  it("are one set of weights", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const at = await writeShards("good", { b: "two.safetensors", a: "one.safetensors" });
    const weights = await openWeights(at);
    const tensors = await loadTensors(device, weights);
    await weights.close();
    expect([...tensors.keys()].toSorted()).toEqual(["a", "b"]);
    expect(await tensors.get("b")?.read()).toEqual(Float32Array.of(2));
    const single = await openWeights(join(at, "one.safetensors"));
    expect([...single.entries.keys()]).toEqual(["a", "extra"]);
    await single.close();
  });

  it.each<[string, unknown, string]>([
    ["missing", { a: "two.safetensors" }, "places a in two.safetensors, which does not hold it"],
    ["absent", { a: "three.safetensors" }, "three.safetensors: ENOENT"],
    ["outside", { a: "../good/one.safetensors" }, "must name a file beside the index"],
    ["hidden", { a: ".." }, "must name a file beside the index"],
    ["number", { a: 1 }, "weight_map.a must name a file beside the index, got 1"],
    ["list", ["a"], "the index must have weight_map"],
    ["text", "{", "the index is no JSON"],
    ["null", "null", "the index must have weight_map"],
    [
      "repeated",
      '{"weight_map":{"a":"one.safetensors","\\u0061":"two.safetensors"}}',
      "the index has a twice",
    ],
    [
      "deep",
      `{"weight_map":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`,
      "beside the index, got [[…]]",
    ],
    ["long", { ["x".repeat(1000)]: "two.safetensors" }, "places xxx"],
    ["endless", { a: "x".repeat(1_000_000) }, "weight_map.a must name a file beside the index"],
  ])("are refused where the index is wrong: %s", async (name, map, message) => {
    const at = await writeShards(name, map);
    const opened = openWeights(at);
    await expect(opened).rejects.toThrow(SafetensorsError);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(/^.{1,400}$/);
  });

  it("are known in a moment where there are many tensors", { timeout: 20_000 }, async () => {
    const names = Array.from({ length: 60_000 }, (_, i) => [`layers.${i}.weight`, "one.safetensors"]);
    const index = bytesSource(new TextEncoder().encode(indexOf(Object.fromEntries(names))));
    const asked: string[] = [];
    const open = async (name: string) => {
      asked.push(name);
      return bytesSource(file("{}"));
    };
    await expect(openShards(index, open)).rejects.toThrow("places layers.0.weight in one.safetensors");
    expect(asked).toEqual(["one.safetensors"]);
  });

  it("are found by folder, or not", async () => {
    const at = join(folder, "empty");
    await mkdir(at);
    await expect(openWeights(at)).rejects.toThrow(
      "has neither model.safetensors nor model.safetensors.index.json",
    );
    await expect(openWeights(join(at, "none"))).rejects.toThrow("none: ENOENT");
    const huge: ByteSource = {
      name: "huge",
      size: 2 ** 40,
      read: async () => new Uint8Array(0),
      close: async () => {},
    };
    await expect(openShards(huge, fileSource)).rejects.toThrow(
      "huge: an index of 1099511627776 bytes is none",
    );
  });
});
