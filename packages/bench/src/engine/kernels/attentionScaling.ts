/** @file Attention's time and memory as the number of tokens grows. */

import { attention, Device, sum, tensor, valueAndGrad } from "@candor/tensor-core";
import { lcg } from "../lcg.ts";
import { spread } from "../peers/measure.ts";

/** Attention over so many tokens: one sample, twelve heads of width 64. */
export interface AttentionPoint {
  readonly tokens: number;
  readonly forwardMs: number;
  readonly forwardBackwardMs: number;
  /** Most bytes in use at once, forward and backward, beyond q, k and v. */
  readonly peakBytes: number;
  /** What one T x T matrix of scores for all heads would take. */
  readonly scoreBytes: number;
}

const heads = 12;
const width = 64;
const repeats = 3;

/** Measures one length on a device of its own, whose peak is its own. */
export async function measureAttention(tokens: number): Promise<AttentionPoint> {
  const device = await Device.open();
  const draw = lcg(1);
  const input = () => tensor(device, draw(tokens * heads * width, 1), [1, tokens, heads, width]);
  const [q, k, v] = [input(), input(), input()];
  const parameters = new Map(Object.entries({ q, k, v }));
  await device.synchronize();
  const resident = device.stats.usedBytes;
  const time = async (body: () => void): Promise<number> => {
    const times: number[] = [];
    for (let index = 0; index <= repeats; index++) {
      using _scope = device.scope();
      const started = performance.now();
      body();
      await device.synchronize();
      if (index > 0) times.push(performance.now() - started);
    }
    return spread(times).medianMs;
  };
  const forwardMs = await time(() => void attention(q, k, v));
  const forwardBackwardMs = await time(() => void valueAndGrad(() => sum(attention(q, k, v)), parameters));
  const peakBytes = device.stats.peakBytes - resident;
  device.gpu.destroy();
  return { tokens, forwardMs, forwardBackwardMs, peakBytes, scoreBytes: 4 * heads * tokens * tokens };
}
