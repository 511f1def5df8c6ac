/** @file `nx run tools:wgsl`: compiles every WGSL snapshot of the packages. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../process/runCommand.ts";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { listSourceFiles } from "./sourceFiles.ts";
import { validateWgsl } from "./validateWgsl.ts";

await runCommand(async () => {
  const files = listSourceFiles(workspaceRoot).filter((file) => /\/__wgsl__\/[^/]+\.wgsl$/.test(file));
  if (files.length === 0) {
    throw new Error(
      "no WGSL snapshot is found under packages/*/src/**/__wgsl__; run the tests of tensor-core first",
    );
  }
  let errors = 0;
  for (const file of files) {
    for (const { type, line, column, text } of await validateWgsl(
      readFileSync(join(workspaceRoot, file), "utf8"),
    )) {
      if (type === "error") errors += 1;
      console.error(`${file}:${line}:${column}: ${type}: ${text}`);
    }
  }
  console.log(`wgsl: ${files.length} shaders compiled, ${errors} errors`);
  return errors === 0 ? 0 : 1;
});
