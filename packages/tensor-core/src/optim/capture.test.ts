/** @file A captured training step: the same bits as one that is not, from the same buffers each time. */

import { describe, expect, it } from "vitest";
import { checkpoint, valueAndGrad } from "../autograd/tape.ts";
import { Linear } from "../nn/linear.ts";
import { add, mul, sub } from "../ops/elementwise/binary.ts";
import { gelu, scale, square } from "../ops/elementwise/unary.ts";
import { dropout } from "../ops/random/random.ts";
import { mean, sum } from "../ops/reduce/sum.ts";
import { capture } from "../tensor/capture.ts";
import { full, ones, tensor, zeros } from "../tensor/create.ts";
import { Device } from "../tensor/device.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { StepInput } from "../tensor/stepInput.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { testDevice } from "../testing/testDevice.ts";
import { AdamW } from "./adamW.ts";
import { warmupCosine } from "./schedule.ts";
import { sgdStep } from "./sgd.ts";

const input = (shape: readonly number[], seed: number): StepInput => {
  const random = new Random(seed);
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)) };
};

/** A small model under AdamW, with a schedule, a constant and a batch as input. */
function training(device: Device) {
  const random = new Random(1);
  const layers = [new Linear(device, 6, 32, random), new Linear(device, 32, 3, random)] as const;
  const params = new Map<string, Tensor>();
  for (const [i, layer] of layers.entries()) {
    for (const [name, parameter] of layer.namedParameters(`${i}.`)) params.set(name, parameter);
  }
  const optimizer = new AdamW(params, { learningRate: 0.01, maxGradNorm: 0.5 });
  const schedule = warmupCosine({ peak: 0.05, warmupSteps: 3, totalSteps: 8 });
  const step = ({ x, y }: Readonly<Record<"x" | "y", Tensor>>) => {
    const shift = tensor(device, [0.5, -0.5, 0.25]);
    const { value, grads } = valueAndGrad(() => {
      const out = add(layers[1].forward(gelu(layers[0].forward(x))), shift);
      return mean(square(sub(out, y)));
    }, params);
    optimizer.step(grads, schedule);
    return { loss: value, norm: optimizer.lastGradNorm };
  };
  const dispose = () => {
    optimizer.dispose();
    for (const layer of layers) layer.dispose();
  };
  return { params, optimizer, step, dispose };
}

const droppedPart = (t: Tensor, random: Random) => checkpoint((u) => dropout(u, 0.5, random), square(t));

/** Drops out in a checkpoint within a checkpoint. */
const droppingStep = (random: Random) => (inputs: Readonly<Record<"x", Tensor>>) => {
  const { value, grads } = valueAndGrad(
    () => sum(checkpoint((t) => droppedPart(t, random), inputs.x)),
    new Map([["x", inputs.x]]),
  );
  return { value, gradient: grads.get("x") as Tensor };
};

const chain = ({ x }: Readonly<Record<"x", Tensor>>) => {
  let y = x;
  for (let i = 0; i < 20; i++) y = scale(y, 1.5);
  return { y };
};

const branch = ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: add(square(x), gelu(x)) });

const batches = [5, 5, 2, 5, 2, 5, 2, 5].map((size, i) => ({
  x: input([size, 6], 10 + i),
  y: input([size, 3], 30 + i),
}));

async function eagerly(device: Device) {
  const { params, step, dispose } = training(device);
  const figures: number[] = [];
  for (const { x, y } of batches) {
    using _scope = device.scope();
    const { loss, norm } = step({ x: tensor(device, x.data, x.shape), y: tensor(device, y.data, y.shape) });
    figures.push(await loss.item(), await norm.item());
  }
  const values: Float32Array[] = [];
  for (const parameter of params.values()) values.push((await parameter.read()) as Float32Array);
  dispose();
  return { figures, values };
}

describe("capture", () => {
  it("gives the bits of the step itself, for two shapes and a schedule, and makes nothing once it is warm", async () => {
    const device = await testDevice();
    const want = await eagerly(device);
    const { live } = device.stats;
    const { params, optimizer, step, dispose } = training(device);
    const captured = capture(device, step);
    const figures: number[] = [];
    let warm = device.stats;
    for (const [i, batch] of batches.entries()) {
      const { loss, norm } = captured.run(batch);
      figures.push(await loss.item());
      if (i === 4) warm = device.stats;
      if (i < 5) figures.push(await norm.item());
      else figures.push(want.figures[2 * i + 1] as number); // read only the loss: one submit a step
    }
    expect(figures).toEqual(want.figures);
    expect(optimizer.stepCount).toBe(batches.length);
    expect(captured.plans).toBe(2);
    for (const [i, parameter] of [...params.values()].entries()) {
      expect(await parameter.read()).toEqual(want.values[i]);
    }
    const { created, bindGroups, pipelines, submits } = device.stats;
    // One submit more for the norm after the fifth step, one for each parameter that was read, one a step.
    expect({ created, bindGroups, pipelines, submits }).toEqual({
      created: warm.created,
      bindGroups: warm.bindGroups,
      pipelines: warm.pipelines,
      submits: warm.submits + 1 + 3 + 4,
    });
    captured.dispose();
    dispose();
    expect(device.stats.live).toBe(live);
  });

  it("runs what was prepared as if it had not been", async () => {
    const device = await Device.open();
    const want = await eagerly(await testDevice());
    const { step, dispose } = training(device);
    const captured = capture(device, step);
    const [first, , third] = batches as [(typeof batches)[0], unknown, (typeof batches)[0]];
    const preparing = captured.prepare(first);
    expect(() => captured.run(first)).toThrow("[capture] await prepare() before");
    await preparing;
    await captured.prepare(first); // is there already
    const { pipelines, submits } = device.stats;
    const figures: number[] = [];
    for (const batch of batches.slice(0, 2)) figures.push(await captured.run(batch).loss.item());
    expect(figures).toEqual([want.figures[0], want.figures[2]]);
    expect(device.stats).toMatchObject({ pipelines, submits: submits + 2 });
    await expect(
      captured.prepare({ ...third, y: { shape: [4], data: new Float32Array(4) } }),
    ).rejects.toThrow("do not broadcast");
    captured.dispose();
    dispose();
  });

  it("drops out anew in each run, the same where a part is recomputed", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const x = { shape: [256], data: new Float32Array(256).fill(1) };
    const random = new Random(5);
    const eager = droppingStep(new Random(5));
    using captured = capture(device, droppingStep(random));
    const seen = new Set<string>();
    for (let run = 0; run < 4; run++) {
      const want = eager({ x: tensor(device, x.data) });
      const { value, gradient } = captured.run({ x });
      const total = await value.item();
      const dx = (await gradient.read()) as Float32Array;
      expect(total).toBe(await want.value.item());
      expect(dx).toEqual(await want.gradient.read());
      expect(dx.reduce((all, d) => all + d / 2, 0)).toBe(total); // what was dropped has no gradient
      seen.add(dx.join());
    }
    expect(seen.size).toBe(4);
  });

  it("shares memory among tensors that are not in use at once", async () => {
    const device = await testDevice();
    const { usedBytes } = device.stats;
    using captured = capture(device, chain, { fuse: false });
    const x = input([64, 64], 1);
    for (let run = 0; run < 3; run++) {
      const { y } = captured.run({ x });
      expect((await y.read())[7]).toBeCloseTo((x.data[7] as number) * 1.5 ** 20, 1);
    }
    expect(device.stats.usedBytes - usedBytes).toBe(3 * 64 * 64 * 4); // the input and two in turn
    const inputs = "x [64, 64] f32;";
    expect(captured.report()).toEqual([{ inputs, recorded: 20, dispatches: 20, bytes: 2 * 64 * 64 * 4 }]);
  });

  it("holds the memory that it uses, whoever else lets go of it", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const weight = tensor(device, [2, 3]);
    const captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const y = mul(x, weight);
      weight.dispose();
      const term = tensor(device, [10, 20]); // must not take the memory of weight
      return { y: add(y, term) };
    });
    const { y } = captured.run({ x: { shape: [2], data: Float32Array.of(1, 1) } });
    expect(await y.read()).toEqual(Float32Array.of(12, 23));
    const other = tensor(device, [7, 7]);
    expect(() => captured.run({ x: { shape: [2], data: Float32Array.of(1, 1) } })).toThrow("used after");
    other.dispose();
    captured.dispose();
    expect(device.stats.live).toBe(live);
  });

  it("holds it also while kernels compile", async () => {
    const device = await Device.open();
    const weight = full(device, [512], 3);
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: mul(x, weight) }));
    const x = { shape: [512], data: new Float32Array(512).fill(1) };
    const prepared = captured.prepare({ x });
    weight.dispose();
    const during = full(device, [512], 5);
    await prepared;
    const after = full(device, [512], 7);
    expect((await captured.run({ x }).y.read()).every((value) => value === 3)).toBe(true);
    expect([(await during.read())[0], (await after.read())[0]]).toEqual([5, 7]);
    const { live } = device.stats;
    captured.dispose();
    expect(device.stats.live).toBe(live - 3); // the weight, the input, the result
  });

  it("keeps what a step makes outside of its scope, once it is freed too", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    let cache: Tensor | undefined;
    let table: Tensor | undefined;
    const captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      table ??= device.unscoped(() => tensor(device, [5, 6]));
      cache ??= device.unscoped(() => full(device, [2], 3));
      return { y: mul(add(x, table), cache) };
    });
    const x = { shape: [2], data: Float32Array.of(1, 1) };
    const { y } = captured.run({ x });
    expect(await y.read()).toEqual(Float32Array.of(18, 21));
    captured.dispose();
    expect(await table?.read()).toEqual(Float32Array.of(5, 6));
    expect(await cache?.read()).toEqual(Float32Array.of(3, 3));
    table?.dispose();
    cache?.dispose();
    expect(device.stats.live).toBe(live);
  });

  it("keeps at most eight plans, and frees the one used longest ago", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => ({ y: sum(x) }));
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 1, 9, 1, 2]) {
      const { y } = captured.run({ x: { shape: [n], data: new Float32Array(n).fill(1) } });
      expect(await y.item()).toBe(n);
    }
    expect(captured.plans).toBe(8);
    captured.dispose();
    expect(device.stats.live).toBe(live);
  });

  describe("names what a replay would get wrong", () => {
    const x = { shape: [2], data: Float32Array.of(1, 2) };
    const twice = async (fn: (x: Tensor, run: number) => Tensor) => {
      const device = await testDevice();
      let run = 0;
      using captured = capture(device, (inputs: Readonly<Record<"x", Tensor>>) => ({
        y: fn(inputs.x, run++),
      }));
      captured.run({ x });
      captured.run({ x });
    };

    it("a number that changes", async () => {
      await expect(twice((t, run) => scale(t, run))).rejects.toThrow(
        "[capture] s of scale.forward was 0 in the first run and 1 in the second: give a function",
      );
    });

    it("a learning rate that changes", async () => {
      const device = await testDevice();
      const w = ones(device, [2]);
      const optimizer = new AdamW(new Map([["w", w]]), { learningRate: 1, weightDecay: 0 });
      const stepWith = (t: Tensor, rate: number) => {
        const { value, grads } = valueAndGrad(() => sum(mul(t, w)), new Map([["w", w]]));
        optimizer.step(grads, rate);
        return value;
      };
      await expect(twice((t, run) => stepWith(t, 1 / (1 + run)))).rejects.toThrow(
        "[capture] learningRate of AdamW was 1 in the first run and 0.5 in the second",
      );
      optimizer.dispose();
      w.dispose();
    });

    it("host values that change", async () => {
      await expect(twice((t, run) => add(t, tensor(t.device, [run, 1])))).rejects.toThrow(
        "[capture] a tensor of [2] f32 (tensor), which add.forward has as b, was made from other host values in the second run",
      );
    });

    it("another tensor, another kernel, and one more", async () => {
      const device = await testDevice();
      const weights = [ones(device, [2]), zeros(device, [2])] as const;
      await expect(twice((t, run) => add(t, weights[run as 0 | 1]))).rejects.toThrow(
        "which add.forward has as b, was another one in the second run: pass it as an input",
      );
      await expect(twice((t, run) => (run === 0 ? gelu(t) : square(t)))).rejects.toThrow(
        "[capture] dispatch 0 was gelu.forward over 1 x 1 x 1 workgroups in the first run and square.forward over",
      );
      await expect(twice((t, run) => (run === 0 ? square(t) : square(square(t))))).rejects.toThrow(
        "[capture] the second run went on with square.forward where the first ended",
      );
      for (const weight of weights) weight.dispose();
    });
  });

  it("refuses what cannot be replayed, and leaves nothing behind", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    const x = { shape: [2], data: Float32Array.of(1, 2) };
    const known = ones(device, [2]);
    const refused: [(t: Tensor) => unknown, string][] = [
      [
        (t) => void known.write([t.size, 1]),
        "[write] a captured step cannot overwrite a tensor with host values",
      ],
      [(t) => zeros(device, [2]).write([t.size, 1]), "[write] a captured step cannot overwrite"],
      [
        (t) => new AdamW(new Map([["t", t]]), { learningRate: 1 }),
        "[AdamW] is not possible while a step is captured",
      ],
      [() => capture(device, () => ({})).run({}), "[capture] is not possible while a step is captured"],
      [() => Promise.resolve(), "[capture] the function must not be async"],
    ];
    for (const [fn, message] of refused) {
      using captured = capture(device, ({ x: t }: Readonly<Record<"x", Tensor>>) => {
        const extra = tensor(device, [1, 2]);
        const result = fn(add(t, extra));
        return (result instanceof Promise ? result : {}) as Record<string, Tensor>;
      });
      expect(() => captured.run({ x })).toThrow(message);
    }
    let reading: Promise<unknown> | undefined;
    {
      using captured = capture(device, ({ x: t }: Readonly<Record<"x", Tensor>>) => {
        reading = square(t).read();
        reading.catch(() => {});
        return {};
      });
      captured.run({ x });
    }
    await expect(reading).rejects.toThrow("[read] is not possible while a step is captured");
    known.dispose();
    expect(device.stats.live).toBe(live);
    using scope = device.scope();
    expect(await scope.keep(square(ones(device, [1]))).item()).toBe(1); // and goes on as before
  });

  it("names inputs that do not fit their shapes, and goes on with others", async () => {
    const device = await testDevice();
    const { live } = device.stats;
    using captured = capture(device, chain);
    const bad = { shape: [2], data: Float32Array.of(1) };
    expect(() => captured.run({ x: bad })).toThrow("[tensor] [2] needs 2 values, got 1");
    expect(() => captured.run({ x: { shape: [-1], data: new Float32Array(0) } })).toThrow(
      "whole number >= 0",
    );
    expect(device.stats.live).toBe(live);
    const good = { shape: [2], data: Float32Array.of(1, 0) };
    captured.run({ x: good });
    expect(() => captured.run({ x: bad })).toThrow("[write] [2] holds 2 values, got 1");
    expect((await captured.run({ x: good }).y.read())[1]).toBe(0);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([0, 1]);
    expect((await captured.run({ x: { shape: [2], data: shared } }).y.read())[0]).toBe(0);
  });

  it("says so where the step does not fit the budget, and frees what it had taken", async () => {
    const device = await Device.open({ memoryBudgetBytes: 20_000 });
    using captured = capture(device, branch, { fuse: false });
    expect(() => captured.run({ x: input([40, 40], 1) })).toThrow("of the budget of 20000 are in use");
    expect(device.stats.usedBytes).toBe(0);
    const { y } = captured.run({ x: input([4, 4], 1) });
    expect((await y.read()).length).toBe(16);
  });

  it("takes sgd with a rate by step", async () => {
    const device = await testDevice();
    const w = ones(device, [1]);
    const params = new Map([["w", w]]);
    let step = 0;
    using captured = capture(device, ({ x }: Readonly<Record<"x", Tensor>>) => {
      const { value, grads } = valueAndGrad(() => sum(mul(w, x)), params);
      device.eachStep(() => void step++);
      sgdStep(params, grads, () => step);
      return { value };
    });
    for (let i = 0; i < 4; i++) captured.run({ x: { shape: [1], data: Float32Array.of(0.25) } });
    expect(await w.item()).toBe(1 - 0.25 * (1 + 2 + 3 + 4));
    w.dispose();
  });
});
