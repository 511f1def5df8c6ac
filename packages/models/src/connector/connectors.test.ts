/** @file GAC against its equations in f64, with its gradients, and the connectors of the ablations. */

import { mul, Random, sum, type Tensor, tensor, valueAndGrad } from "@candor/tensor-core";
import { assertClose, largest, random64, testDevice, tolerance } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import * as reference from "../testing/reference64.ts";
import { type ConnectorConfig, connectorConfigSchema, connectorParameterCount } from "./connectorConfig.ts";
import { createConnector } from "./createConnector.ts";
import { Gac } from "./gac.ts";

const sides = { visionWidth: 6, visionLayers: 3, patches: 5, lmWidth: 10 };
const gac = { kind: "gac", width: 8, queries: 2, depth: 2, heads: 2, mlpRatio: 2 } as const;
const batch = 2;

/** antispoofing.md 1.4, for one sample: G_V [L][D] and X_V [N][D] to [P + L][W], and the last block's attention [N]. */
function gac64(
  parameters: reference.Parameters64,
  classTokens: reference.Rows,
  patches: reference.Rows,
): { tokens: number[][]; attention: number[] } {
  const learned = reference.samples(
    reference.valuesOf(parameters, "queries"),
    gac.queries,
    gac.width,
  )[0] as number[][];
  let q = [...learned, ...reference.linear(parameters, "classProjection", classTokens)];
  let attention: number[] = [];
  for (let i = 0; i < gac.depth; i++) {
    const name = (part: string) => `blocks.${i}.${part}`;
    const self = reference.layerNorm(parameters, name("selfNorm"), q);
    const mixed = reference.addRows(
      q,
      reference.multiHeadAttention(parameters, name("selfAttention"), self, self, gac.heads),
    );
    const crossed = [
      parameters,
      name("crossAttention"),
      reference.layerNorm(parameters, name("crossNorm"), mixed),
      reference.layerNorm(parameters, name("patchNorm"), patches),
      gac.heads,
    ] as const;
    const cross = reference.multiHeadAttention(...crossed);
    const weights = reference.attentionWeights(...crossed);
    attention = patches.map((_, n) =>
      weights.reduce((total, row) => total + (row[n] as number) / weights.length, 0),
    );
    const seen = reference.addRows(mixed, cross);
    const last = reference.mlp(
      parameters,
      name("mlp"),
      reference.layerNorm(parameters, name("mlpNorm"), seen),
    );
    q = reference.addRows(seen, last);
  }
  return { tokens: reference.linear(parameters, "output", q), attention };
}

async function gacCase() {
  const device = await testDevice();
  const scope = device.scope();
  const random = new Random(3);
  const connector = new Gac(device, gac, sides, random);
  const tokens = Array.from({ length: sides.visionLayers }, () =>
    random64([batch, sides.visionWidth], random),
  );
  const patches = random64([batch, sides.patches, sides.visionWidth], random);
  const features = {
    classTokens: tokens.map(({ data, shape }) => tensor(device, data, shape)),
    patchTokens: tensor(device, patches.data, patches.shape),
    pooled: tensor(device, [0]),
  };
  const parameters = await reference.parameters64(connector);
  const rows = reference.samples(patches.data, sides.patches, sides.visionWidth);
  const samples64 = (p: reference.Parameters64) =>
    rows.map((sample, b) => {
      const own = tokens.map(({ data }) =>
        Array.from(data.subarray(b * sides.visionWidth, (b + 1) * sides.visionWidth)),
      );
      return gac64(p, own, sample);
    });
  const wanted = (p: reference.Parameters64) => samples64(p).flatMap(({ tokens: out }) => out.flat());
  return { device, scope, connector, features, parameters, wanted, samples64, patches, rows };
}

test("GAC computes its equations", async () => {
  const { scope, connector, features, parameters, wanted } = await gacCase();
  using _scope = scope;
  const y = connector.forward(features);
  expect(y.shape).toEqual([batch, gac.queries + sides.visionLayers, sides.lmWidth]);
  expect(connector.tokenCount).toBe(gac.queries + sides.visionLayers);
  const want = wanted(parameters);
  assertClose("GAC", await y.read(), want, tolerance("composite", 16, largest(want)));
});

test("GAC tells where its queries look among the patches", async () => {
  const { scope, connector, features, parameters, samples64 } = await gacCase();
  using _scope = scope;
  const looks = connector.patchAttention(features);
  expect(looks.shape).toEqual([batch, sides.patches]);
  const got = await looks.read();
  const want = samples64(parameters).flatMap(({ attention }) => attention);
  assertClose("patch attention", got, want, tolerance("composite", 16, largest(want)));
  for (let b = 0; b < batch; b++) {
    const row = Array.from(got).slice(b * sides.patches, (b + 1) * sides.patches);
    expect(row.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 6);
  }
  // Not the even share everywhere: the comparison would say nothing then.
  expect(largest(want)).toBeGreaterThan(1.02 / sides.patches);
});

test("GAC's gradients are the central differences of its equations, for every parameter and the patches", async () => {
  const { device, scope, connector, features, parameters, wanted, patches, rows } = await gacCase();
  using _scope = scope;
  const random = new Random(5);
  const weights = random64([batch, gac.queries + sides.visionLayers, sides.lmWidth], random);
  const w = tensor(device, weights.data, weights.shape);
  const inputs = new Map([...connector.namedParameters(), ["patchTokens", features.patchTokens]]);
  const { grads } = valueAndGrad(() => sum(mul(connector.forward(features), w)), inputs);
  expect([...grads.keys()].toSorted()).toEqual([...inputs.keys()].toSorted());
  const value = () => wanted(parameters).reduce((total, y, i) => total + y * (weights.data[i] as number), 0);
  const h = 1e-5;
  for (const [name, gradient] of grads) {
    const got = await gradient.read();
    const places = [0, 1, 2].map(() => Math.floor(random.uniform(0, got.length)));
    const want = places.map((i) => {
      const move = (step: number) => {
        if (name === "patchTokens") {
          const n = Math.floor(i / sides.visionWidth);
          const row = rows[Math.floor(n / sides.patches)]?.[n % sides.patches] as number[];
          row[i % sides.visionWidth] = (patches.data[i] as number) + step;
        } else {
          const data = reference.valuesOf(parameters, name);
          data[i] = (data[i] as number) + step;
        }
        return value();
      };
      if (name === "patchTokens") {
        const slope = (move(h) - move(-h)) / (2 * h);
        move(0);
        return slope;
      }
      const above = move(h);
      const below = move(-2 * h);
      move(h);
      return (above - below) / (2 * h);
    });
    const scale = Math.max(largest(got), 1);
    assertClose(
      name,
      places.map((i) => got[i] as number),
      want,
      tolerance("composite", 16, scale) + 1e-6 * scale,
    );
  }
});

const all: ConnectorConfig[] = [
  gac,
  { ...gac, kind: "learnedQuery", depth: 1 },
  { kind: "linear", hidden: 7 },
];

test("every connector has the tokens and the parameters that its formula says", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const features = {
    classTokens: [1, 2, 3].map((x) => tensor(device, Array<number>(batch * 6).fill(x), [batch, 6])),
    patchTokens: tensor(device, random64([batch, 5, 6], new Random(1)).data, [batch, 5, 6]),
    pooled: tensor(device, [0]),
  };
  const tokenCounts = all.map((config) => {
    const connector = createConnector(device, config, sides, new Random(2));
    expect(connector.parameterCount()).toBe(connectorParameterCount(config, sides));
    const y = connector.forward(features);
    expect(y.shape).toEqual([batch, connector.tokenCount, sides.lmWidth]);
    // The projector passes on every patch; there is nothing to choose.
    expect(connector.patchAttention?.(features).shape).toEqual(
      config.kind === "linear" ? undefined : [batch, sides.patches],
    );
    return connector.tokenCount;
  });
  expect(tokenCounts).toEqual([5, 2, 5]);
});

test("GAC takes the CLS tokens of the layers that it is told, and names one that is not there", async () => {
  const { device, scope, features } = await gacCase();
  using _scope = scope;
  const [first, , third] = features.classTokens as [Tensor, Tensor, Tensor];
  const some = new Gac(device, { ...gac, classLayers: [0, 2] }, sides, new Random(3));
  expect(some.tokenCount).toBe(gac.queries + 2);
  const all = new Gac(device, gac, { ...sides, visionLayers: 2 }, new Random(3));
  const given = { ...features, classTokens: [first, third] };
  expect([...(await some.forward(features).read())]).toEqual([...(await all.forward(given).read())]);
  expect([...(await some.forward(features).read())]).not.toEqual([
    ...(await all.forward({ ...features, classTokens: [first, first] }).read()),
  ]);
  const build = (classLayers: number[]) => () =>
    new Gac(device, { ...gac, classLayers }, sides, new Random(3));
  expect(build([0, 3])).toThrow("[Gac] classLayers must be below 3, the vision layers, got 3");
  const parse = (classLayers: number[]) => connectorConfigSchema.safeParse({ ...gac, classLayers }).success;
  expect([parse([0, 2]), parse([2, 0]), parse([1, 1]), parse([])]).toEqual([true, false, false, false]);
});

test("only GAC depends on the CLS tokens", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const patchTokens = tensor(device, random64([1, 5, 6], new Random(1)).data, [1, 5, 6]);
  const pooled = tensor(device, [0]);
  const classTokens = (x: number): Tensor[] =>
    [0, 1, 2].map((layer) => tensor(device, [x + layer, 1, 2, 3, 4, 5], [1, 6]));
  for (const config of all) {
    const connector = createConnector(device, config, sides, new Random(2));
    const read = (x: number) =>
      connector.forward({ classTokens: classTokens(x), patchTokens, pooled }).read();
    const same =
      (await read(0)).every((value, i, first) => value === first[i]) &&
      String(await read(0)) === String(await read(9));
    expect(same).toBe(config.kind !== "gac");
  }
});
