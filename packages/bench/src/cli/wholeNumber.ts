/** @file Checks a flag that must be a whole number. */

/**
 * Returns the value if it is whole and at least `least`.
 *
 * @throws Error that names the flag and the value
 */
export function wholeNumber(flag: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Error(`--${flag} must be a whole number of at least ${least}, got ${value}`);
  }
  return value;
}
