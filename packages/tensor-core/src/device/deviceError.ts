/** @file Errors of the device layer. */

/** No adapter, a refused limit, a lost device, or a GPU validation error. The message says the way out. */
export class DeviceError extends Error {
  override name = "DeviceError";
}

/**
 * The device is gone: the driver was reset, the adapter unplugged, or the device destroyed. Its tensors cannot be read
 * any more. Open another device, make the model again on it and load the last checkpoint.
 */
export class DeviceLostError extends DeviceError {
  override name = "DeviceLostError";
}
