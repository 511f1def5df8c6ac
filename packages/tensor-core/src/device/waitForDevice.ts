/** @file Waits for a device without taking a core from one that runs on the same cores. */

import { inNode } from "./inNode.ts";
import type { DeviceInfo } from "./openDevice.ts";

// Dawn in Node asks for finished work in every turn of the event loop, and so keeps a core busy as long as anything is
// awaited. A software device computes on that core: each turn sleeps a little instead, longer the longer it has waited.
const longestSleepMs = 0.5;
const shareOfWait = 1 / 16;

let waits = 0;
let sleeping = false;

/**
 * Awaits work of a device. On a software device in Node, turns of the event loop last up to half a millisecond longer
 * meanwhile.
 *
 * @param info of the device that does the work
 * @param work such as `queue.onSubmittedWorkDone()`
 */
export async function waitForDevice<T>({ software }: DeviceInfo, work: Promise<T>): Promise<T> {
  if (!software || !inNode()) return work;
  waits++;
  if (!sleeping) {
    sleeping = true;
    const began = performance.now();
    const never = new Int32Array(new SharedArrayBuffer(4));
    const sleep = () => {
      sleeping = waits > 0;
      if (!sleeping) return;
      Atomics.wait(never, 0, 0, Math.min(longestSleepMs, (performance.now() - began) * shareOfWait));
      setImmediate(sleep);
    };
    setImmediate(sleep);
  }
  try {
    return await work;
  } finally {
    waits--;
  }
}
