/** @file The tape, through ops: values used twice, not at all, or without a record. */

import { describe, expect, it } from "vitest";
import { defineOp, run } from "../autograd/defineOp.ts";
import { checkpoint, freeAfter, noGrad, valueAndGrad } from "../autograd/tape.ts";
import { read, wgsl, write, type KernelSpec } from "../kernel/kernelSpec.ts";
import { capture } from "../tensor/capture.ts";
import { ones, tensor, zeros } from "../tensor/create.ts";
import { Random } from "../tensor/random.ts";
import { ShapeError } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { add, mul } from "./elementwise/binary.ts";
import { scale, square } from "./elementwise/unary.ts";
import { cast } from "./layout/cast.ts";
import { concat } from "./layout/concat.ts";
import { reshape } from "./layout/reshape.ts";
import { layerNorm } from "./normalize/layerNorm.ts";
import { rmsNorm } from "./normalize/rmsNorm.ts";
import { sum } from "./reduce/sum.ts";

const failLater = async () => {
  await Promise.resolve();
  throw new Error("late");
};

const fiveTimes = {
  label: "test.fiveTimes",
  workgroup: 1,
  buffers: { a: read("vec4<f32>"), y: write("vec4<f32>") },
  uniforms: {},
  body: wgsl`
@compute @workgroup_size(WG)
fn main() { y[0] = 5.0 * a[0]; }`,
} as const satisfies KernelSpec;

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

  it("lets an op add to the gradient that its input has already, also where it takes one tensor twice", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3, -4]);
    /** y = 2 a + 3 b; adds to what is known of a. */
    const op = defineOp<{ a: Tensor; b: Tensor }, never, object, "a">({
      name: "test.accumulates",
      shape: ({ a }) => ({ y: { shape: a.shape, dtype: "f32" } }),
      forward: ({ a, y }) => run(fiveTimes, { a, y }, {}, 1),
      save: ["a"],
      accumulates: ["a"],
      gradient: (_saved, dy, _attributes, _needs, known) => {
        seen.push(known.a !== undefined, known.b !== undefined);
        return { a: known.a ? add(known.a, scale(dy, 2)) : scale(dy, 2), b: scale(dy, 3) };
      },
    });
    const seen: boolean[] = [];
    const { live } = device.stats;
    const { grads } = valueAndGrad(
      () => sum(add(op({ a: x, b: x }, {}), op({ a: reshape(x, [2]), b: square(x) }, {}))),
      new Map([["x", x]]),
    );
    // 2 + 3, and 2 + 3 * 2x
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(7 + 18, 7 - 24));
    // The second op ran first backward: nothing was known of x then.
    expect(seen).toEqual([false, false, true, false]);
    expect(device.stats.live).toBe(live + 6); // five values and the gradient: none of those on the way
  });

  it("gives norms what is known of their input, in bits as if added after", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const random = new Random(4);
    const draw = () =>
      tensor(
        device,
        Float32Array.from({ length: 35 }, () => random.normal()),
        [5, 7],
      );
    const [x, weight, bias] = [draw(), ones(device, [7]), zeros(device, [7])];
    for (const norm of [() => layerNorm(x, weight, bias), () => rmsNorm(x, weight)]) {
      const [a, b] = [draw(), draw()];
      const gradientOf = (loss: () => Tensor) =>
        valueAndGrad(loss, new Map([["x", x]])).grads.get("x") as Tensor;
      const together = gradientOf(() => add(sum(mul(norm(), a)), sum(mul(x, b))));
      const apart = add(
        gradientOf(() => sum(mul(x, b))),
        gradientOf(() => sum(mul(norm(), a))),
      );
      expect(await together.read()).toEqual(await apart.read());
    }
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

  it("gives the gradients of a value in f16, and 1 for the value itself", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const p = tensor(device, [1, 2]);
    const loss = () => square(sum(cast(p, "f16")));
    expect(
      await valueAndGrad(loss, new Map([["p", p]]))
        .grads.get("p")
        ?.read(),
    ).toEqual(Float32Array.of(6, 6));
    const half = tensor(device, [7], [], "f16");
    const seed = valueAndGrad(() => half, new Map([["half", half]])).grads.get("half");
    expect([seed?.dtype, await seed?.item()]).toEqual(["f16", 1]);
  });

  it("names a value of a dtype without gradients", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    expect(() => valueAndGrad(() => cast(x, "i32"), new Map([["x", x]]))).toThrow(
      new ShapeError(
        "[valueAndGrad] the value must be f32 or f16, got i32, which has no gradient: compute it from floats",
      ),
    );
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

  it("refuses to run inside itself, and goes on after", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const [w, w2] = [tensor(device, [2]), tensor(device, [3])];
    const inner = () => valueAndGrad(() => mul(w, w2), new Map([["w2", w2]])).value;
    const message =
      "[valueAndGrad] cannot run inside another valueAndGrad, which would get no gradient through it: " +
      "add the losses up in one call, or put it in noGrad(";
    for (const part of [inner, () => checkpoint(inner, w)]) {
      expect(() => valueAndGrad(() => mul(part(), w), new Map([["w", w]]))).toThrow(message);
    }
    const { grads } = valueAndGrad(() => mul(mul(w, w2), w), new Map([["w", w]]));
    expect(await grads.get("w")?.read()).toEqual(Float32Array.of(12));
  });

  it("gives constants to what is around it inside noGrad", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    const { value, grads } = valueAndGrad(
      () => {
        const inner = noGrad(() => valueAndGrad(() => square(x), new Map([["x", x]])));
        return add(mul(x, inner.grads.get("x")!), inner.value);
      },
      new Map([["x", x]]),
    );
    expect(await value.item()).toBe(3 * 6 + 9);
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

  it("names a function that is async or returns nothing", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    const wrong: [() => unknown, string][] = [
      [() => Promise.resolve(x), "[valueAndGrad] the function must not be async"],
      [() => undefined, "[valueAndGrad] the function must return a tensor, got undefined"],
    ];
    for (const [fn, message] of wrong) {
      expect(() => valueAndGrad(fn as () => Tensor, new Map([["x", x]]))).toThrow(message);
    }
  });

  it("refuses async functions, whose later errors do not end the process", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const x = tensor(device, [3]);
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const fn = failLater as () => never;
    const step = capture(device, fn);
    const counted = capture(device, ({ t }: Readonly<Record<"t", Tensor>>) => {
      device.eachStep(fn);
      return { y: square(t) };
    });
    const t = { shape: [1], data: Float32Array.of(1) };
    for (const [op, call] of [
      ["valueAndGrad", () => valueAndGrad(fn, new Map([["x", x]]))],
      ["noGrad", () => noGrad(fn)],
      ["checkpoint", () => checkpoint(fn, x)],
      ["checkpoint", () => valueAndGrad(() => checkpoint(fn, x), new Map([["x", x]]))],
      ["freeAfter", () => freeAfter(device, fn)],
      ["eachStep", () => device.eachStep(fn)],
      ["eachStep", () => counted.run({ t })],
      ["capture", () => step.run({})],
    ] as const) {
      expect(call, op).toThrow(
        new TypeError(
          `[${op}] the function must not be async: what it does after an await comes after the call`,
        ),
      );
    }
    await new Promise((resolve) => setTimeout(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    counted.dispose();
    const { grads } = valueAndGrad(() => scale(x, 2), new Map([["x", x]]));
    expect(await grads.get("x")?.read()).toEqual(Float32Array.of(2));
  });

  it("names a parameter that has no gradient", async () => {
    const { device, scope } = await setUp();
    using _scope = scope;
    const [x, ids] = [tensor(device, [3]), tensor(device, [1], [1], "i32")];
    const params = new Map<string, Tensor>([
      ["x", x],
      ["table.ids", ids],
    ]);
    expect(() => valueAndGrad(() => mul(x, cast(ids, "f32")), params)).toThrow(
      new ShapeError("[valueAndGrad] parameter table.ids is i32, which has no gradient: leave it out"),
    );
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
