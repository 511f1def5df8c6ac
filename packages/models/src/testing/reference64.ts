/** @file The layers of the models in f64, one sample at a time, written from their equations: what tests compare with. */

import type { Module } from "@candor/tensor-core";

/** Rows of one sample, [T][D]. */
export type Rows = readonly (readonly number[])[];

/** Parameters by name. */
export type Parameters64 = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float64Array }
>;

/** Reads a module's parameters as f64. */
export async function parameters64(module: Module): Promise<Parameters64> {
  const state = await module.stateDict();
  return new Map(
    [...state].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]),
  );
}

/** Cuts [B, T, D] values into samples of rows. */
export function samples(values: ArrayLike<number>, length: number, width: number): number[][][] {
  const rows = Array.from({ length: values.length / width }, (_, t) =>
    Array.from({ length: width }, (__, d) => values[t * width + d] as number),
  );
  return Array.from({ length: rows.length / length }, (_, b) => rows.slice(b * length, (b + 1) * length));
}

/** The parameter of this name. */
export function valuesOf(parameters: Parameters64, name: string): Float64Array {
  const found = parameters.get(name);
  if (!found) throw new Error(`no parameter ${name} among ${[...parameters.keys()].join(", ")}`);
  return found.data;
}

export const addRows = (a: Rows, b: Rows): number[][] =>
  a.map((row, t) => row.map((value, d) => value + (b[t]?.[d] as number)));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>, bOffset = 0): number => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[bOffset + i] as number);
  return total;
};

/** y = W x + b, the bias where there is one. */
export function linear(parameters: Parameters64, name: string, x: Rows): number[][] {
  const weight = valuesOf(parameters, `${name}.weight`);
  const bias = parameters.get(`${name}.bias`)?.data;
  return x.map((row) =>
    Array.from(
      { length: weight.length / row.length },
      (_, o) => dot(row, weight, o * row.length) + (bias?.[o] ?? 0),
    ),
  );
}

export function layerNorm(parameters: Parameters64, name: string, x: Rows): number[][] {
  const [weight, bias] = [valuesOf(parameters, `${name}.weight`), valuesOf(parameters, `${name}.bias`)];
  return x.map((row) => {
    const mean = row.reduce((total, v) => total + v, 0) / row.length;
    const variance = row.reduce((total, v) => total + (v - mean) ** 2, 0) / row.length;
    return row.map(
      (v, d) => ((v - mean) / Math.sqrt(variance + 1e-5)) * (weight[d] as number) + (bias[d] as number),
    );
  });
}

export function rmsNorm(parameters: Parameters64, name: string, x: Rows): number[][] {
  const weight = valuesOf(parameters, `${name}.weight`);
  return x.map((row) => {
    const square = dot(row, row) / row.length;
    return row.map((v, d) => (v / Math.sqrt(square + 1e-6)) * (weight[d] as number));
  });
}

/** Attention of `heads` query heads over `kvHeads` heads of keys and values, where `sees(t, s)` allows it. */
export function attend(
  q: Rows,
  k: Rows,
  v: Rows,
  heads: number,
  kvHeads = heads,
  sees: (t: number, s: number) => boolean = () => true,
): number[][] {
  const size = (q[0]?.length ?? 0) / heads;
  const cut = (row: readonly number[], head: number) => row.slice(head * size, (head + 1) * size);
  return q.map((queryRow, t) =>
    Array.from({ length: heads }, (__, head) => {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const query = cut(queryRow, head);
      const powers = k.map((row, s) =>
        sees(t, s) ? Math.exp(dot(query, cut(row, kvHead)) / Math.sqrt(size)) : 0,
      );
      const total = powers.reduce((sum, p) => sum + p, 0);
      return Array.from({ length: size }, (_, d) =>
        powers.reduce((sum, p, s) => sum + (p / total) * (v[s]?.[kvHead * size + d] as number), 0),
      );
    }).flat(),
  );
}

/** softmax(q kᵀ / sqrt(D / H)), the mean over the heads: a row a query, which sums to 1. */
export function attentionWeights(
  parameters: Parameters64,
  name: string,
  x: Rows,
  context: Rows,
  heads: number,
): number[][] {
  const [q, k] = [linear(parameters, `${name}.query`, x), linear(parameters, `${name}.key`, context)];
  const size = (q[0]?.length ?? 0) / heads;
  return q.map((query) => {
    const total = context.map(() => 0);
    for (let head = 0; head < heads; head++) {
      const cut = (row: readonly number[]) => row.slice(head * size, (head + 1) * size);
      const powers = k.map((key) => Math.exp(dot(cut(query), cut(key)) / Math.sqrt(size)));
      const sum = powers.reduce((a, b) => a + b, 0);
      powers.forEach((power, s) => (total[s] = (total[s] as number) + power / sum / heads));
    }
    return total;
  });
}

export function multiHeadAttention(
  parameters: Parameters64,
  name: string,
  x: Rows,
  context: Rows,
  heads: number,
): number[][] {
  const [q, k, v] = [
    linear(parameters, `${name}.query`, x),
    linear(parameters, `${name}.key`, context),
    linear(parameters, `${name}.value`, context),
  ];
  return linear(parameters, `${name}.output`, attend(q, k, v, heads));
}

export const gelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export function mlp(parameters: Parameters64, name: string, x: Rows): number[][] {
  const hidden = linear(parameters, `${name}.input`, x).map((row) => row.map(gelu));
  return linear(parameters, `${name}.output`, hidden);
}

/** Rotary positions, the pairs (i, i + E/2) of each head turned by t · base^(-2i/E). */
export function rotary(x: Rows, heads: number, base: number): number[][] {
  return x.map((row, t) => {
    const size = row.length / heads;
    return row.map((value, d) => {
      const within = d % size;
      const i = within % (size / 2);
      const angle = t * base ** ((-2 * i) / size);
      const first = within < size / 2;
      const partner = row[first ? d + size / 2 : d - size / 2] as number;
      return value * Math.cos(angle) + (first ? -partner : partner) * Math.sin(angle);
    });
  });
}
