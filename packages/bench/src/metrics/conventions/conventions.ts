/** @file Every published convention by name. */

import { celebaSpoof } from "./celebaSpoof.ts";
import type { Convention } from "./convention.ts";
import { flip } from "./flip.ts";
import { ssan } from "./ssan.ts";

/** Published conventions; Candor's own figures are those of `judgeSamples`. */
export const conventions: Readonly<Record<"flip" | "ssan" | "celeba-spoof", Convention>> = {
  flip,
  ssan,
  "celeba-spoof": celebaSpoof,
};
