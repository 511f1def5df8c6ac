/** @file Whether the libraries computed the same: outputs against ours, losses against the witness. */

import { referenceLosses } from "../tinyVitInputs.ts";
import type { PeerResults } from "./runPeers.ts";

/** How far a library is from what it is checked against. */
export interface Agreement {
  readonly label: string;
  readonly case: string;
  /** Largest difference: of outputs relative to our largest magnitude, of losses absolute. */
  readonly difference: number;
  readonly agrees: boolean;
}

const outputTolerance = 2e-4; // f32 with sums of up to 3072 terms in any order
const lossTolerance = 0.5e-4 + 1e-5; // four decimals

/** Compares all samples with ours, and all losses with the reference losses. */
export function checkAgreement(results: readonly PeerResults[]): Agreement[] {
  const ours = results.find(({ peer }) => peer === "candor");
  const found: Agreement[] = [];
  for (const { peer, label, cases } of results) {
    for (const [name, { sample, losses }] of Object.entries(cases)) {
      const want = ours?.cases[name]?.sample;
      if (sample && want && peer !== "candor") {
        const scale = Math.max(...want.map(Math.abs));
        const difference =
          Math.max(...want.map((value, i) => Math.abs(value - (sample[i] ?? Number.NaN)))) / scale;
        found.push({ label, case: name, difference, agrees: difference <= outputTolerance });
      }
      if (losses && losses.length > 0) {
        const pairs = referenceLosses.slice(0, losses.length);
        const difference = Math.max(...pairs.map((value, i) => Math.abs(value - (losses[i] ?? Number.NaN))));
        found.push({ label, case: name, difference, agrees: difference <= lossTolerance });
      }
    }
  }
  return found;
}
