/** @file One device per process for tests, with or without subgroups. */

import { Device } from "../tensor/device.ts";

const devices = new Map<string, Promise<Device>>();

/**
 * The device of this process; a missing adapter fails the test.
 *
 * @param without features to leave unused
 */
export function testDevice(without: readonly string[] = []): Promise<Device> {
  const key = without.join();
  let device = devices.get(key);
  if (!device) devices.set(key, (device = Device.open({ without, tuned: false })));
  return device;
}

const narrow = new Map<number, Promise<Device>>();

/** A device that binds few bytes at once, one of this process for each limit. */
export function narrowDevice(maxBindingBytes: number): Promise<Device> {
  let device = narrow.get(maxBindingBytes);
  if (!device) narrow.set(maxBindingBytes, (device = Device.open({ maxBindingBytes, tuned: false })));
  return device;
}
