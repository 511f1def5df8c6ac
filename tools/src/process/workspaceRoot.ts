/** @file Where the checkout lies. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the folder that holds the root package.json. */
export const workspaceRoot: string = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
