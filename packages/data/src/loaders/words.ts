/** @file Looking values of a data set's code up, and failing loudly where the code is unknown. */

/**
 * The entry of a table.
 * @param table a data set's codes
 * @param key the code that a path or list gave
 * @throws Error that names the code: a pattern let through what its table does not know
 */
export function entry<T>(table: Readonly<Record<string, T>>, key: string | undefined): T {
  const found = key === undefined ? undefined : table[key];
  if (found === undefined) {
    throw new Error(`[loaders] no entry for "${key}"; known are ${Object.keys(table).join(", ")}`);
  }
  return found;
}

/** A named part of a path that the pattern makes sure of. */
export function part(parts: Readonly<Record<string, string>>, name: string): string {
  const found = parts[name];
  if (found === undefined) throw new Error(`[loaders] the pattern has no part "${name}"`);
  return found;
}
