/** @file The quantile at tabulated points. */

import { expect, test } from "vitest";
import { probit } from "./probit.ts";

test.each([
  [0.001, -3.090232306],
  [0.01, -2.326347874],
  [0.2, -0.841621234],
  [0.5, 0],
  [0.975, 1.959963985],
])("probit(%f) = %f", (share, expected) => {
  expect(probit(share)).toBeCloseTo(expected, 8);
});
