/** @file safetensors against files put together byte by byte from the format's description. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFloat16 } from "../tensor/float16.ts";
import { encodeSafetensors, floatTensors, parseSafetensors } from "./safetensors.ts";
import { SafetensorsError } from "./safetensorsError.ts";

/** 8 bytes of length, little-endian; the header's text; the data. */
function file(header: string, data: readonly number[] = [], claimed?: bigint): Uint8Array {
  const text = Buffer.from(header, "utf8");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  return new Uint8Array(Buffer.concat([length, text, Buffer.from(data)]));
}

const entry = (dtype: string, shape: readonly number[], start: number, end: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [start, end] });

const fields = (dtype: string, shape: string, offsets: string) =>
  `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;

/** True if a file is valid; anything but the format's own error fails the test. */
const parse = (bytes: Uint8Array) => {
  try {
    parseSafetensors(bytes);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    return false;
  }
};

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

describe("parseSafetensors", () => {
  it("reads each supported dtype at any alignment", () => {
    const header =
      `{"__metadata__":{"format":"pt"},"half":${entry("F16", [5], 1, 11)},"b":${entry("U8", [1], 0, 1)},` +
      `"brain":${entry("BF16", [1, 2], 11, 15)},"f":${entry("F32", [], 15, 19)},"i":${entry("I32", [1], 19, 23)},` +
      `"u":${entry("U32", [1], 23, 27)},"none":${entry("F32", [0, 3], 27, 27)}}   `;
    const bytes = file(header, [
      9, // b
      ...hex("003c 00c0 0100 007c 007e"), // 1, -2, 2^-24, infinity, NaN
      ...hex("803f 49c0"), // 1, -3.140625
      ...hex("00002041"), // 10
      ...hex("feffffff"), // -2
      ...hex("feffffff"), // 2^32 - 2
    ]);
    const { tensors, metadata } = parseSafetensors(bytes, { select: (name) => name !== "b" });
    expect(metadata).toEqual({ format: "pt" });
    expect(tensors.get("half")?.data).toEqual(Float32Array.of(1, -2, 2 ** -24, Infinity, NaN));
    expect(tensors.get("brain")).toEqual({
      dtype: "BF16",
      shape: [1, 2],
      data: Float32Array.of(1, -3.140625),
    });
    expect(tensors.get("f")).toEqual({ dtype: "F32", shape: [], data: Float32Array.of(10) });
    expect(tensors.get("i")?.data).toEqual(Int32Array.of(-2));
    expect(tensors.get("u")?.data).toEqual(Uint32Array.of(2 ** 32 - 2));
    expect(tensors.get("none")).toEqual({ dtype: "F32", shape: [0, 3], data: new Float32Array(0) });
    expect(tensors.has("b")).toBe(false);
    expect(() => parseSafetensors(bytes)).toThrow("b: dtype U8 is not supported");
    expect(() => floatTensors(tensors)).toThrow("i: must hold floats, got I32");
  });

  it.each([
    ["F4", 4],
    ["F6_E2M3", 6],
    ["F6_E3M2", 6],
    ["F8_E5M2", 8],
    ["F8_E4M3", 8],
    ["F8_E8M0", 8],
    ["F8_E4M3FNUZ", 8],
    ["F8_E5M2FNUZ", 8],
    ["C64", 64],
  ])("opens a file with %s, of %i bits, and reads the others", (dtype, bits) => {
    const half = entry(dtype, [2, 4], 0, bits);
    const bytes = file(`{"a":${half},"b":${entry("F32", [1], bits, bits + 4)}}`, [
      ...new Uint8Array(bits),
      ...hex("00002041"), // 10
    ]);
    const { tensors } = parseSafetensors(bytes, { select: (name) => name === "b" });
    expect([...tensors]).toEqual([["b", { dtype: "F32", shape: [1], data: Float32Array.of(10) }]]);
    expect(() => parseSafetensors(bytes)).toThrow(`a: dtype ${dtype} is not supported`);
    const one = file(`{"a":${entry(dtype, [2, 4], 0, bits + 1)}}`, [...new Uint8Array(bits + 1)]);
    expect(() => parseSafetensors(one)).toThrow(
      `a: [2, 4] ${dtype} takes ${bits} bytes, data_offsets span ${bits + 1}`,
    );
  });

  const four = [0, 0, 0, 0];
  it.each<[string, Uint8Array, string]>([
    ["no length", new Uint8Array(7), "the file has 7 bytes"],
    [
      "a header past the end",
      file("{}", [], 3n),
      "the header claims 3 bytes; the file has 2 after the length",
    ],
    ["an enormous header", file("{}", [], 2n ** 63n), "the header claims"],
    ["no JSON", file("{"), "the header is no JSON"],
    ["broken UTF-8", file("{}", [], 2n).fill(0xff, 8), "the header is no JSON"],
    ["no object", file("[]"), "must be a JSON object"],
    ["leading space", file(" {}"), "starts with {"],
    ["an entry that is no object", file('{"a":1}'), "a: must be an object"],
    ["an unknown dtype", file(`{"a":${entry("F31", [1], 0, 4)}}`, four), "a: dtype must be one of BOOL"],
    ["an inherited dtype", file(`{"a":${entry("toString", [1], 0, 4)}}`, four), "a: dtype must be one of"],
    [
      "an unknown field",
      file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"z":1}}', four),
      "field z",
    ],
    [
      "a missing shape",
      file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', four),
      "a: shape must be whole numbers",
    ],
    ["a negative size", file(`{"a":${entry("F32", [-1], 0, 4)}}`, four), "a: shape must be whole numbers"],
    [
      "a negative offset",
      file(`{"a":${entry("F32", [1], -4, 0)}}`, four),
      "a: data_offsets must be two whole",
    ],
    [
      "three offsets",
      file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,8]}}', four),
      "data_offsets must be two",
    ],
    ["reversed offsets", file(`{"a":${entry("F32", [1], 4, 0)}}`, four), "a: data_offsets end at 0, before"],
    [
      "a shape of other size",
      file(`{"a":${entry("F32", [2], 0, 4)}}`, four),
      "a: [2] F32 takes 8 bytes, data_offsets span 4",
    ],
    ["a huge shape", file(`{"a":${entry("F32", [2 ** 40, 2 ** 40], 0, 4)}}`, four), "a: [1099511627776"],
    ["a tensor past the end", file(`{"a":${entry("F32", [2], 0, 8)}}`, four), "a ends at byte"],
    [
      "an overlap",
      file(`{"a":${entry("U8", [3], 0, 3)},"b":${entry("U8", [2], 2, 4)}}`, four),
      "b overlaps the tensor before it by 1",
    ],
    [
      "a hole",
      file(`{"a":${entry("U8", [1], 0, 1)},"b":${entry("U8", [2], 2, 4)}}`, four),
      "1 bytes before b belong to no tensor",
    ],
    ["bytes at the end", file(`{"a":${entry("U8", [2], 0, 2)}}`, four), "2 bytes at the end"],
    [
      "a name twice",
      file(`{"a":${entry("U8", [4], 0, 4)},"\\u0061":${entry("U8", [4], 0, 4)}}`, four),
      "the header has a twice",
    ],
    [
      "a field twice",
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}', four),
      "has dtype twice",
    ],
    ["a part of a byte", file(`{"a":${entry("F6_E2M3", [5], 0, 4)}}`, four), "F6_E2M3 takes 3.75 bytes"],
    ["metadata of numbers", file('{"__metadata__":{"step":1}}'), "__metadata__.step must be a string"],
    ["metadata of no object", file('{"__metadata__":[]}'), "__metadata__ must be an object"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => parseSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => parseSafetensors(bytes)).toThrow(message);
  });

  it("looks for names given twice past strings as long as a header may be, and past what they escape", () => {
    const header = (length: number, more = "") =>
      file(`{"__metadata__":{"long":"${"x".repeat(length)}","a\\\\": "\\"a\\":{","a":"\\\\"${more}} }`);
    const { metadata } = parseSafetensors(header(20_000_000));
    expect(Object.keys(metadata)).toEqual(["long", "a\\", "a"]);
    expect(metadata["long"]?.length).toBe(20_000_000);
    expect(metadata["a\\"]).toBe('"a":{');
    expect(() => parseSafetensors(header(9, ',"\\u0061" :""'))).toThrow("the header has a twice");
  });

  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const many = JSON.stringify(Array.from({ length: 100_000 }, () => 1));
  const long = "x".repeat(1_000_000);
  it.each([
    ["a deep shape", fields('"F32"', deep, "[0,4]"), "a: shape must be whole numbers >= 0, got [[…]]"],
    [
      "deep offsets",
      fields('"F32"', "[]", deep),
      "a: data_offsets must be two whole numbers >= 0, got [[…]]",
    ],
    ["a deep dtype", fields(deep, "[]", "[0,4]"), "U64, got [[…]]"],
    ["an object for a shape", fields('"F32"', '{"a":1}', "[0,4]"), ">= 0, got {…}"],
    ["a long shape", fields('"F32"', many, "[0,8]"), "1, … (100000 items)] F32 takes 4 bytes"],
    ["a long dtype", fields(`"${long}"`, "[]", "[0,4]"), 'xxx… (1000000 characters)"'],
    ["a long name", `{"${long}":${deep}}`, "xxx… (1000000 characters): must be an object"],
    ["a long name twice", `{"${long}":1,"${long}":1}`, "xxx… (1000000 characters) twice"],
    ["a long field", `{"a":{"${long}":1}}`, "field xxx"],
    [
      "a long name past the end",
      `{"${long}":${entry("U8", [5], 0, 5)}}`,
      "xxx… (1000000 characters) ends at",
    ],
    ["a long key", `{"__metadata__":{"${long}":${deep}}}`, "characters) must be a string, got [[…]]"],
  ])("shows the beginning of %s", (_, header, message) => {
    const bytes = file(header, four);
    expect(() => parseSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => parseSafetensors(bytes)).toThrow(message);
    expect(() => parseSafetensors(bytes)).toThrow(/^.{1,400}$/);
  });

  it("takes damaged files for damaged, never for anything else", () => {
    const whole = encodeSafetensors(
      new Map([
        ["layers.0.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ["layers.0.ids", { shape: [2], data: Int32Array.of(-1, 7) }],
      ]),
      { step: "12" },
    );
    for (let length = 0; length < whole.length; length++)
      expect(parse(whole.subarray(0, length))).toBe(false);
    const flips = fc.array(fc.nat(whole.length * 8 - 1), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (bits) => {
        const bytes = whole.slice();
        for (const bit of bits) bytes[bit >> 3]! ^= 1 << (bit & 7);
        parse(bytes);
      }),
      { numRuns: 2000, seed: 7 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parse(bytes);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

const encoding = (shape: readonly number[], count: number) => () =>
  encodeSafetensors(new Map([["a", { shape, data: new Float32Array(count) }]]));
const size = (of: readonly number[]) => of.reduce((product, n) => product * n, 1);

describe("encodeSafetensors", () => {
  it("writes the bytes that the format describes", () => {
    const bytes = encodeSafetensors(new Map([["w", { shape: [1], data: Float32Array.of(10) }]]), { a: "b" });
    const header = '{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    expect(bytes).toEqual(file(header.padEnd(Math.ceil(header.length / 8) * 8), [0x00, 0x00, 0x20, 0x41]));
  });

  it("gives back any tensors under any names", () => {
    const shape = fc.array(fc.nat(3), { maxLength: 3 });
    const tensors = fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((name) => name !== "__metadata__"),
      shape.chain((s) =>
        fc
          .oneof(
            fc.float32Array({ minLength: size(s), maxLength: size(s) }),
            fc.int32Array({ minLength: size(s), maxLength: size(s) }),
            fc.uint32Array({ minLength: size(s), maxLength: size(s) }),
          )
          .map((data) => ({ shape: s, data })),
      ),
    );
    fc.assert(
      fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (input, metadata) => {
        const back = parseSafetensors(encodeSafetensors(new Map(Object.entries(input)), metadata));
        expect(back.metadata).toEqual({ ...metadata });
        expect(back.tensors.size).toBe(Object.keys(input).length);
        for (const [name, { shape: wanted, data }] of Object.entries(input)) {
          const got = back.tensors.get(name);
          expect(got?.shape).toEqual(wanted);
          expect(new Uint8Array(got!.data.buffer)).toEqual(
            new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice(),
          );
          expect(got!.data.constructor).toBe(data.constructor);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it("stores numbers as halves where it is told to", () => {
    const data = Float32Array.of(1, -2.5, 2 ** -24, 1e6, 1 + 2 ** -11);
    const bytes = encodeSafetensors(
      new Map([
        ["half", { shape: [5], data, dtype: "F16" }],
        ["full", { shape: [5], data }],
        ["bits", { shape: [2], data: toFloat16([1, -2.5]) }],
      ]),
    );
    const { tensors } = parseSafetensors(bytes);
    const half = Float32Array.of(1, -2.5, 2 ** -24, Infinity, 1);
    expect(tensors.get("half")).toEqual({ dtype: "F16", shape: [5], data: half });
    expect(tensors.get("full")).toEqual({ dtype: "F32", shape: [5], data });
    expect(tensors.get("bits")).toEqual({ dtype: "F16", shape: [2], data: Float32Array.of(1, -2.5) });
  });

  it("takes no values of other types, but numbers for halves", () => {
    for (const values of [Float64Array.of(1, 2), Uint8Array.of(1, 2), Int16Array.of(1, 2), [1, 2]]) {
      const data = values as unknown as Float32Array;
      expect(() => encodeSafetensors(new Map([["a", { shape: [2], data }]]))).toThrow(
        "a: values must be in a Float32Array, Int32Array, Uint32Array or Uint16Array (halves), got " +
          values.constructor.name,
      );
      const bytes = encodeSafetensors(new Map([["a", { shape: [2], data, dtype: "F16" }]]));
      expect(parseSafetensors(bytes).tensors.get("a")?.data).toEqual(Float32Array.of(1, 2));
    }
  });

  it("names what cannot be stored", () => {
    const data = new Float32Array(2);
    expect(() => encodeSafetensors(new Map([["a", { shape: [3], data }]]))).toThrow(
      "a: [3] holds 3 values, got 2",
    );
    expect(() => encodeSafetensors(new Map([["__metadata__", { shape: [2], data }]]))).toThrow(
      "no name for a tensor",
    );
    expect(encoding([-2, -3], 6)).toThrow("a: shape must be whole numbers >= 0, got [-2, -3]");
    expect(encoding([1.5, 2], 3)).toThrow("a: shape must be whole numbers >= 0, got [1.5, 2]");
    expect(encoding([Number.NaN], 0)).toThrow(SafetensorsError);
    expect(() => encodeSafetensors(new Map(), { a: 3 as unknown as string })).toThrow(
      "__metadata__.a must be a string, got 3",
    );
    const broken = "b\ud800";
    expect(() => encodeSafetensors(new Map([[broken, { shape: [2], data }]]))).toThrow(
      `${broken}: half of a surrogate pair is no Unicode text`,
    );
    for (const metadata of [{ [broken]: "" }, { a: broken }]) {
      expect(() => encodeSafetensors(new Map(), metadata)).toThrow("half of a surrogate pair");
    }
  });
});
