/** @file Renders the starter data: the plan of the demo. */

import { planStarter, type StarterCounts } from "./planStarter.ts";
import { renderHash, renderPlan, type RenderOptions, type RenderResult } from "./renderPlan.ts";

/** What to render, and where. */
export interface StarterOptions extends Omit<RenderOptions, "plan"> {
  readonly counts: StarterCounts;
}

/** Where the data lie and whether they were there before. */
export type StarterResult = RenderResult;

/** Short hash of everything that the starter's pixels depend on, the adapter apart. */
export function starterHash(seed: number, counts: StarterCounts): string {
  return renderHash(seed, counts);
}

/**
 * Renders the starter data, see `renderPlan`.
 *
 * @throws Error if a count does not fit whole subjects, or the folder cannot be written
 */
export async function renderStarter(options: StarterOptions): Promise<StarterResult> {
  return renderPlan({ ...options, plan: planStarter(options.seed, options.counts) });
}
