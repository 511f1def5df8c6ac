/** @file `nx run tools:layers`: fails if an import points upward. */

import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { checkLayers } from "./checkLayers.ts";

await runCommand(async () => {
  const violations = checkLayers(workspaceRoot);
  for (const { place, specifier, rule } of violations) {
    console.error(`${place}: imports "${specifier}", but ${rule}`);
  }
  console.log(
    violations.length === 0 ? "layers: no import points upward" : `layers: ${violations.length} forbidden`,
  );
  return violations.length === 0 ? 0 : 1;
});
