/** @file Every recipe by name; a new one adds a line. */

import { clipB16SmolLm135M, clipL14Qwen25Of1500M, flipPublished } from "./pretrained.ts";
import { starter } from "./starter.ts";

export const recipes = {
  starter,
  "clip-b16-smollm-135m": clipB16SmolLm135M,
  "clip-l14-qwen2.5-1.5b": clipL14Qwen25Of1500M,
  "flip-published": flipPublished,
} as const;
