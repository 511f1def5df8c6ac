/** @file The tape, through ops: values used twice, not at all, or without a record. */

import { describe, expect, it } from "vitest";
import { noGrad, valueAndGrad } from "../autograd/tape.ts";
import { tensor, zeros } from "../tensor/create.ts";
import { ShapeError } from "../tensor/shape.ts";
import { testDevice } from "../testing/testDevice.ts";
import { add, mul } from "./elementwise/binary.ts";
import { scale, square } from "./elementwise/unary.ts";
import { concat } from "./layout/concat.ts";
import { reshape } from "./layout/reshape.ts";
import { sum } from "./reduce/sum.ts";

async function setUp() {
  const device = await testDevice();
  return { device, scope: device.scope() };
}

describe("valueAndGrad", () => {
  it("adds up the gradients of a value that is used more than once", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [1, -2, 3, 4, 5]);
    // y = x² + x·x² + x  and  dy/dx = 2x + 3x² + 1
    const { value, grads } = valueAndGrad(
      () => {
        const squared = square(x);
        return sum(add(add(squared, mul(x, squared)), x));
      },
      new Map([["x", x]]),
    );
    expect(await value.item()).toBe(55 + 1 - 8 + 27 + 64 + 125 + 11);
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(6, 9, 34, 57, 86));
  });

  it("adds up where one op takes a tensor twice, also through a view", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3, 4]);
    const { grads } = valueAndGrad(
      () => add(sum(mul(x, x)), sum(concat([x, reshape(reshape(x, [2, 1]), [2])], 0))),
      new Map([["x", x]]),
    );
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(8, 10));
  });

  it("has no entry for a parameter that the value does not use", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const params = new Map([
      ["used", tensor(device, [2])],
      ["idle", tensor(device, [2])],
      ["unread", tensor(device, [2])],
    ]);
    const { grads } = valueAndGrad(() => {
      square(params.get("unread")!);
      return square(params.get("used")!);
    }, params);
    expect([...grads.keys()]).toEqual(["used"]);
    expect(await grads.get("used")?.read()).toEqual(Float32Array.of(4));
  });

  it("gives 1 for the value itself", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [7], []);
    const { grads } = valueAndGrad(() => x, new Map([["x", x]]));
    expect(await grads.get("x")?.item()).toBe(1);
  });

  it("records nothing inside noGrad, and again after it, also where it throws", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    const { grads } = valueAndGrad(
      () => {
        const constant = noGrad(() => square(x));
        expect(() =>
          noGrad(() => {
            throw new Error("inside");
          }),
        ).toThrow("inside");
        return mul(x, constant);
      },
      new Map([["x", x]]),
    );
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(9));
  });

  it("keeps the tape of an inner call apart", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    const { grads } = valueAndGrad(
      () => {
        const inner = valueAndGrad(() => square(x), new Map([["x", x]]));
        return mul(x, inner.grads.get("x")!);
      },
      new Map([["x", x]]),
    );
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(6));
  });

  it("is off again after a function that throws", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    expect(() =>
      valueAndGrad(
        () => {
          throw new Error("in the loss");
        },
        new Map([["x", x]]),
      ),
    ).toThrow("in the loss");
    const { grads } = valueAndGrad(() => scale(x, 2), new Map([["x", x]]));
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(2));
  });

  it("names a value that is no scalar", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = zeros(device, [2, 3]);
    expect(() => valueAndGrad(() => square(x), new Map([["x", x]]))).toThrow(ShapeError);
    expect(() => valueAndGrad(() => square(x), new Map([["x", x]]))).toThrow(
      "[valueAndGrad] the value must be a scalar, got [2, 3]: sum or average it",
    );
  });
});
