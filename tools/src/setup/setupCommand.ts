/** @file `npm run setup`: finds or provides a WebGPU adapter. */

import { parseArgs } from "node:util";
import { runCommand } from "../process/runCommand.ts";
import { setUp } from "./setUp.ts";

const help = `npm run setup -- [--adapter=system|lavapipe|swiftshader] [--force]

Finds a WebGPU adapter, or provides one, and writes the choice to .candor/adapter.json:
  system       a Vulkan, Metal or D3D12 driver of this machine
  lavapipe     Mesa's driver for the CPU; installed through apt where this user may install packages
  swiftshader  Google's driver for the CPU, out of an npm package; needs no rights
Without --adapter (or CANDOR_ADAPTER) they are tried in this order. An earlier choice that still opens is kept,
unless --force is given.`;

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      adapter: { type: "string" },
      force: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) console.log(help);
  else await setUp(values.adapter, values.force);
  return 0;
});
