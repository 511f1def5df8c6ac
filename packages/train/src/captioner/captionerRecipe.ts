/** @file The captioner of data:caption where no other recipe is named: the starter, with eyes for rendered frames as they are. */

import { starter } from "../recipes/starter.ts";
import type { RunConfig } from "../recipes/runConfig.ts";

const imageSize = 128;

/**
 * The starter on images of 128 pixels, the size in which frames are rendered, in as many patches: at 64 pixels the dots of
 * a print and the grid of a screen are blurred. Our choice, like all of the starter's numbers.
 */
export function captionerRecipe(method: RunConfig["method"], manifest: string): RunConfig {
  const base = starter(method, manifest);
  return {
    ...base,
    recipe: "captioner",
    imageSize,
    vit: { ...base.vit, imageSize, patchSize: 16 },
    steps: 300,
  };
}
