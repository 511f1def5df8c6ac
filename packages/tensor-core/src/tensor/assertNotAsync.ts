/** @file What must be over when it returns. */

/**
 * Gives back what a function returned.
 *
 * @throws TypeError if that is a promise: what the function does after an await would be done outside of the call
 */
export function assertNotAsync<T>(op: string, value: T): T {
  if (value instanceof Promise) {
    value.catch(() => undefined); // what it fails by does not end the process before this error is seen
    throw new TypeError(
      `[${op}] the function must not be async: what it does after an await comes after the call`,
    );
  }
  return value;
}
