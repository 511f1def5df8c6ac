/** @file Figures as they are kept. */

/** Rounds every number in a value to six digits: more are noise. Undefined fields are dropped. */
export function rounded<T>(value: T): T {
  const text = JSON.stringify(value, (_, item: unknown) =>
    typeof item === "number" ? Number(item.toPrecision(6)) : item,
  );
  return JSON.parse(text) as T;
}
