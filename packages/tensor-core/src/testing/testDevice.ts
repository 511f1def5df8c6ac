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
