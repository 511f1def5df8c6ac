/** @file Attention maps: their pixels, their scale, and a PNG that others can read. */

import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { attentionMap, attentionScale } from "./attentionMap.ts";

/** The pixels of an unfiltered PNG with one block of data. */
function pixelsOf(uri: string): { width: number; height: number; rows: number[][] } {
  const bytes = Buffer.from(uri.replace("data:image/png;base64,", ""), "base64");
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const at = bytes.indexOf("IDAT");
  const lines = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
  const length = width * 3 + 1;
  return {
    width,
    height,
    rows: Array.from({ length: height }, (_, y) => [...lines.subarray(y * length + 1, (y + 1) * length)]),
  };
}

test("a pixel a patch, row by row, from the darkest colour at none to the lightest at the most", () => {
  const { width, height, rows } = pixelsOf(attentionMap([0, 0.5, 0.125, 0.375], 2));
  expect([width, height]).toEqual([2, 2]);
  expect(rows[0]).toEqual([68, 1, 84, 253, 231, 37]);
  // An eighth is half the even share, a quarter of the most: the root of a quarter is the middle colour.
  expect(rows[1]!.slice(0, 3)).toEqual([33, 145, 140]);
});

test("the scale is that of the largest share, and wide enough that even attention looks even", () => {
  expect(attentionScale([[0.25, 0.25, 0.25, 0.25]])).toBe(2);
  expect(
    attentionScale([
      [0.25, 0.25, 0.25, 0.25],
      [1, 0, 0, 0],
    ]),
  ).toBe(4);
});
