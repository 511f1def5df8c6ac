/** @file ONNX bytes against a model written out by hand. */

import { expect, it } from "vitest";
import { encodeOnnx } from "./onnxFile.ts";

it("encodes a node, its attributes, weights and shapes as onnx.proto3 has them", () => {
  const bytes = encodeOnnx({
    nodes: [
      { op: "Op", inputs: ["x"], outputs: ["y"], attributes: { n: 300, e: { float: 1 } }, domain: "d" },
    ],
    inputs: { x: [2] },
    outputs: { y: [] },
    weights: { w: { shape: [1], data: Float32Array.of(1) } },
  });
  const want = `
    08 09
    3a 5b
      0a 25  0a 01 78  12 01 79  22 02 4f70
             2a 09  0a 01 6e  18 ac02  a001 02
             2a 0b  0a 01 65  15 0000803f  a001 01
             3a 01 64
      12 05 6772617068
      2a 0d  08 01  10 01  42 01 77  4a 04 0000803f
      5a 0f  0a 01 78  12 0a  0a 08  08 01  12 04  0a 02  08 02
      62 0b  0a 01 79  12 06  0a 04  08 01  12 00
    42 02 10 14
    42 11  0a 0d 636f6d2e6d6963726f736f6674  10 01`.replaceAll(/\s/g, "");
  expect(Buffer.from(bytes).toString("hex")).toBe(want);
});

it("writes lists, indices, open dimensions and metadata", () => {
  const bytes = encodeOnnx({
    nodes: [{ op: "T", inputs: ["x", ""], outputs: ["y"], attributes: { perm: [1, 0] } }],
    inputs: { x: ["B", 2] },
    outputs: {},
    weights: { i: { shape: [], data: BigInt64Array.of(-1n) } },
    metadata: { k: "v" },
  });
  const want = `
    08 09
    3a 4a
      0a 1a  0a 01 78  0a 00  12 01 79  22 01 54
             2a 0d  0a 04 7065726d  40 01  40 00  a001 07
      12 05 6772617068
      2a 0f  10 07  42 01 69  4a 08 ffffffffffffffff
      5a 14  0a 01 78  12 0f  0a 0d  08 01  12 09  0a 03  12 01 42  0a 02  08 02
    42 02 10 14
    42 11  0a 0d 636f6d2e6d6963726f736f6674  10 01
    72 06  0a 01 6b  12 01 76`.replaceAll(/\s/g, "");
  expect(Buffer.from(bytes).toString("hex")).toBe(want);
});

it("says so when the weights do not fit into a file", () => {
  const data = { byteLength: 2 ** 31 } as Float32Array;
  expect(() =>
    encodeOnnx({ nodes: [], inputs: {}, outputs: {}, weights: { w: { shape: [1], data } } }),
  ).toThrow("2.0 GiB of weights do not fit into one ONNX file");
});
