/** @file The plan of a step's memory: nobody shares with a neighbour in time, and slots are few. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Lifetime, placeLifetimes } from "./placeLifetimes.ts";

const lifetime = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.nat(20), fc.nat(6), fc.boolean())
  .map(([size, first, length, stays]): Lifetime => ({
    bytes: size * 256,
    first,
    last: stays && length === 0 ? Number.POSITIVE_INFINITY : first + length,
  }));

describe("placeLifetimes", () => {
  it("never gives one slot to two tensors in use at once, nor to one that it cannot hold", () => {
    fc.assert(
      fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
        const { slots, slotOf } = placeLifetimes(lifetimes);
        lifetimes.forEach((a, i) => {
          expect(slots[slotOf[i]!]).toBeGreaterThanOrEqual(a.bytes);
          lifetimes.slice(0, i).forEach((b, j) => {
            if (slotOf[i] === slotOf[j]) expect(a.first > b.last || b.first > a.last).toBe(true);
          });
        });
      }),
      { seed: 20_26 },
    );
  });

  it("needs two slots for a chain, whatever its length", () => {
    const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 1024, first: i, last: i + 1 }));
    expect(placeLifetimes(chain).slots).toEqual([1024, 1024]);
  });

  it("takes the smallest slot that fits", () => {
    const { slotOf } = placeLifetimes([
      { bytes: 4096, first: 0, last: 0 },
      { bytes: 512, first: 0, last: 0 },
      { bytes: 256, first: 1, last: 1 },
    ]);
    expect(slotOf).toEqual([0, 1, 1]);
  });
});
