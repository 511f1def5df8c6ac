/** @file Every recipe by name; a new one adds a line. */

import { starter } from "./starter.ts";

export const recipes = { starter } as const;
