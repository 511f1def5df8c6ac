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
  const { device, forward, forwardBackward, peakBytes } = await prepare(tokens, heads);
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
  const forwardMs = await time(forward);
  const forwardBackwardMs = await time(forwardBackward);
  const peak = peakBytes();
  device.gpu.destroy();
  const scoreBytes = 4 * heads * tokens * tokens;
  return { tokens, forwardMs, forwardBackwardMs, peakBytes: peak, scoreBytes };
}

/** `peakBytes` of one length alone, of a single run with one head. */
export async function measurePeak(tokens: number): Promise<number> {
  const { device, forwardBackward, peakBytes } = await prepare(tokens, 1);
  {
    using _scope = device.scope();
    forwardBackward();
    await device.synchronize();
  }
  const peak = peakBytes();
  device.gpu.destroy();
  return peak;
}

interface Prepared {
  readonly device: Device;
  readonly forward: () => void;
  readonly forwardBackward: () => void;
  /** Most bytes in use at once up to now, beyond q, k and v. */
  readonly peakBytes: () => number;
}

async function prepare(tokens: number, headCount: number): Promise<Prepared> {
  const device = await Device.open();
  const draw = lcg(1);
  const input = () => tensor(device, draw(tokens * headCount * width, 1), [1, tokens, headCount, width]);
  const [q, k, v] = [input(), input(), input()];
  const parameters = new Map(Object.entries({ q, k, v }));
  await device.synchronize();
  const resident = device.stats.usedBytes;
  return {
    device,
    forward: () => void attention(q, k, v),
    forwardBackward: () => void valueAndGrad(() => sum(attention(q, k, v)), parameters),
    peakBytes: () => device.stats.peakBytes - resident,
  };
}
