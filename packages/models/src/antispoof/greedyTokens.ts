/** @file Greedy decoding of a batch behind a prefix that is computed once. */

import { type Device, type Tensor, tensor } from "@candor/tensor-core";

export interface GreedyOptions {
  readonly device: Device;
  /** The input tokens that each row begins with, the same number in all: the first, and answers that are given. */
  readonly start: readonly (readonly number[])[];
  readonly eosId: number;
  readonly maxTokens: number;
  /** What stands before all inputs; called once. */
  prefix(): Tensor;
  /** Logits [B, V] of the token after the inputs [B, T] i32. */
  nextLogits(prefix: Tensor, inputs: Tensor): Tensor;
}

/**
 * Takes the most probable token at each step until every row has ended.
 *
 * @returns ids per row behind the first input token, without the end token
 */
export async function greedyTokens(options: GreedyOptions): Promise<number[][]> {
  const { device, start, eosId, maxTokens } = options;
  const rows = start.map((ids) => [...ids]);
  const given = rows[0]?.length ?? 1;
  const ended = start.map(() => false);
  const prefix = alone(device, () => options.prefix());
  try {
    for (let length = given; length <= maxTokens && ended.includes(false); length++) {
      const logits = alone(device, () => {
        const inputs = tensor(device, rows.flat(), [rows.length, length], "i32");
        return options.nextLogits(prefix, inputs);
      });
      const values = await logits.read();
      logits.dispose();
      const width = values.length / rows.length;
      rows.forEach((row, b) => {
        const next = indexOfLargest(values.subarray(b * width, (b + 1) * width));
        row.push(next);
        ended[b] ||= next === eosId;
      });
    }
  } finally {
    prefix.dispose();
  }
  return rows.map(([, ...answer]) => {
    const end = answer.indexOf(eosId);
    return end < 0 ? answer : answer.slice(0, end);
  });
}

/** Frees all but the result at once: no scope may stay open while a value is awaited. */
function alone(device: Device, compute: () => Tensor): Tensor {
  using scope = device.scope();
  return scope.keep(compute());
}

function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if ((values[i] as number) > (values[best] as number)) best = i;
  }
  return best;
}
