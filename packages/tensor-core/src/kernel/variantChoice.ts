/** @file What families of tuned kernels share: classes of sizes, revisions of their WGSL, and variants that tests impose. */

import type { DeviceInfo } from "../device/openDevice.ts";
import { shortHash } from "./tuning.ts";

/** The next power of two: sizes up to it share a choice. */
export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

const revisions = new WeakMap<DeviceInfo, Map<string, string>>();

/**
 * A word that changes with the WGSL of any variant of a family, which voids what was measured before.
 *
 * @param texts of all variants that run on the device; made once for each device and family
 */
export function revisionOf(info: DeviceInfo, family: string, texts: () => readonly string[]): string {
  let known = revisions.get(info);
  if (!known) revisions.set(info, (known = new Map()));
  let revision = known.get(family);
  if (revision === undefined) known.set(family, (revision = shortHash(texts().join())));
  return revision;
}

/** What tests and tuning impose on a device for the time of a call. */
export class Imposed<T extends object> {
  readonly #values = new WeakMap<object, Partial<T>>();

  /** What is imposed now. */
  on(device: object): Partial<T> {
    return this.#values.get(device) ?? {};
  }

  /** Runs `fn` with some values, beside those of calls around it. */
  during<R>(device: object, values: Partial<T>, fn: () => R): R {
    const outer = this.on(device);
    this.#values.set(device, { ...outer, ...values });
    try {
      return fn();
    } finally {
      this.#values.set(device, outer);
    }
  }
}
