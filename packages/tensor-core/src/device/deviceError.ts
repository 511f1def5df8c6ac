/** @file Errors of the device layer. */

/** No adapter, a refused limit, a lost device, or a GPU validation error. The message says the way out. */
export class DeviceError extends Error {
  override name = "DeviceError";
}
