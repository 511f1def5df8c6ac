/** @file What a device is opened with. */

import type { OpenDeviceOptions } from "../device/openDevice.ts";

export interface DeviceOptions extends OpenDeviceOptions {
  /** Most bytes that tensors may take on the device; no limit by default. */
  readonly memoryBudgetBytes?: number;
  /** Most bytes of one binding; default what the adapter offers. For tests of what is split beyond it. */
  readonly maxBindingBytes?: number;
  /** Use what `nx run bench:tune` found fastest on the adapter; default true, without effect in a browser. */
  readonly tuned?: boolean;
}

/**
 * @param mostBindingBytes what the adapter binds at once
 * @throws RangeError if a number of bytes is none that a device can keep to
 */
export function assertDeviceOptions(
  { memoryBudgetBytes, maxBindingBytes }: DeviceOptions,
  mostBindingBytes: number,
): void {
  if (memoryBudgetBytes !== undefined && !(memoryBudgetBytes > 0)) {
    throw new RangeError(
      `[Device.open] memoryBudgetBytes must be a number of bytes above 0, got ${memoryBudgetBytes}: leave it out for no limit`,
    );
  }
  if (maxBindingBytes === undefined) return;
  if (Number.isInteger(maxBindingBytes) && maxBindingBytes > 0 && maxBindingBytes <= mostBindingBytes) return;
  throw new RangeError(
    `[Device.open] maxBindingBytes must be a whole number from 1 to ${mostBindingBytes}, which the adapter binds at ` +
      `once, got ${maxBindingBytes}: leave it out for that`,
  );
}
