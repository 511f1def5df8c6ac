/** @file Tests the pieces of the head extraction that need no package. */

import { describe, expect, it } from "vitest";

import { ambientOcclusion } from "./ambientOcclusion.ts";
import { openPacker } from "./packHead.ts";
import { packTargets } from "./packTargets.ts";

describe("openPacker", () => {
  it("starts every array at a multiple of four bytes and keeps its values", () => {
    const packer = openPacker();
    packer.add("a", Uint8Array.of(1, 2, 3));
    packer.add("b", Int16Array.of(-5, 6, 7));
    const { bytes, arrays } = packer.finish();
    expect(arrays["b"]).toEqual({ type: "i16", offset: 4, length: 3 });
    expect([...new Int16Array(bytes.buffer, 4, 3)]).toEqual([-5, 6, 7]);
    expect(() => packer.add("a", Uint8Array.of(1))).toThrow("packed twice");
  });
});

describe("ambientOcclusion", () => {
  const roof = { positions: [-2, 1, -2, 2, 1, -2, 2, 1, 2, -2, 1, 2], triangles: [0, 1, 2, 0, 2, 3] };

  it("leaves an open vertex bright and darkens one under a roof", () => {
    expect(ambientOcclusion([0, 0, 0], [0, 1, 0], [], 0.01)[0]).toBe(1);
    const under = ambientOcclusion([0, 0, 0], [0, 1, 0], [roof], 0.01)[0]!;
    expect(under).toBeLessThan(0.35);
    const facingDown = ambientOcclusion([0, 0, 0], [0, -1, 0], [roof], 0.01)[0]!;
    expect(facingDown).toBe(1);
  });
});

describe("packTargets", () => {
  it("finds a row by the sorted order of names and keeps only what moves", () => {
    const binary = Buffer.alloc(2 * 19158 * 6);
    binary.writeInt16LE(250, (19158 + 9) * 6 + 2); // second row, vertex 9, y
    const packer = openPacker();
    const ranges = packTargets({
      binary,
      listing: JSON.stringify({
        targets: { "data/targets/nose/b.target": {}, "data/targets/chin/a.target": {} },
      }),
      wanted: ["nose/b"],
      kept: [4, 9],
      packer,
    });
    expect(ranges).toEqual({ "nose/b": [0, 1] });
    const { bytes, arrays } = packer.finish();
    expect(new Uint16Array(bytes.buffer, arrays["targetVertex"]!.offset, 1)[0]).toBe(1);
    expect([...new Int16Array(bytes.buffer, arrays["targetDelta"]!.offset, 3)]).toEqual([0, 250, 0]);
  });
});
