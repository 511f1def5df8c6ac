/** @file What errors show of a file's names and values, which may be of any length and depth. */

const mostCharacters = 80;
const mostItems = 8;

/** A name, or its beginning. */
export function showName(name: string): string {
  return name.length <= mostCharacters
    ? name
    : `${name.slice(0, mostCharacters)}… (${name.length} characters)`;
}

/** A value of a JSON text on one line; what its items hold is not shown. */
export function showValue(value: unknown): string {
  if (!Array.isArray(value)) return showItem(value);
  const items = value.slice(0, mostItems).map(showItem);
  if (value.length > mostItems) items.push(`… (${value.length} items)`);
  return `[${items.join(", ")}]`;
}

function showItem(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(showName(value));
  if (Array.isArray(value)) return "[…]";
  return typeof value === "object" && value !== null ? "{…}" : String(value);
}
