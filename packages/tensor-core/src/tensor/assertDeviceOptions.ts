/** @file The numbers that a device is opened with. */

import type { DeviceOptions } from "./device.ts";

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
