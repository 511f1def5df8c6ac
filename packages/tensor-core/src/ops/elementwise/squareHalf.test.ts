/** @file The square of halves, and its slope, over more than one quad and more than one workgroup. */

import { describeOp } from "../../testing/describeOp.ts";
import { square } from "./unary.ts";

describeOp<readonly number[]>("square of f16", {
  cases: [[3, 7], [4, 8], [300]],
  shapes: (shape) => ({ x: shape }),
  op: ({ x }) => square(x!),
  reference: ({ x }) => ({ shape: x!.shape, data: x!.data.map((value) => value * value) }),
  opClass: "arithmetic",
  dtype: "f16",
});
