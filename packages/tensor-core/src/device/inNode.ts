/** @file Whether this host is Node: pages may have polyfills of what else tells it. */

/** True in Node, false in a browser. */
export function inNode(): boolean {
  return typeof process !== "undefined" && Boolean(process.versions?.node);
}
