/** @file Axes: counted from either end, and what is said of those that do not exist. */

import { describe, expect, it } from "vitest";
import { normalizeAxis, ShapeError } from "./shape.ts";

describe("normalizeAxis", () => {
  it("counts from the front, or from the end", () => {
    expect([0, 2, -1, -3].map((axis) => normalizeAxis("sum", axis, 3))).toEqual([0, 2, 2, 0]);
  });

  it.each([3, -4, 0.5, Number.NaN])("names axis %s of rank 3", (axis) => {
    expect(() => normalizeAxis("sum", axis, 3)).toThrow(
      new ShapeError(`[sum] axis ${axis} is out of range for rank 3: use -3 to 2`),
    );
  });

  it.each([0, -1])("says for axis %s that a scalar has none", (axis) => {
    expect(() => normalizeAxis("sum", axis, 0)).toThrow(
      new ShapeError(
        `[sum] a scalar has no axes, got axis ${axis}: leave the axis out, or reshape the tensor to [1]`,
      ),
    );
  });
});
