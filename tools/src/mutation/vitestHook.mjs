/** @file A module hook: `vitest` means collectTests.ts. */

const standIn = new URL("./collectTests.ts", import.meta.url).href;

/** @type {import("node:module").ResolveHook} */
export function resolve(specifier, context, next) {
  return specifier === "vitest" ? { url: standIn, shortCircuit: true } : next(specifier, context);
}
