/** @file Bundles tensor-core for browsers as a user of the package would. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { workspaceRoot } from "../process/workspaceRoot.ts";

/** A bundle of the package's main entry, all of it, minified. */
export interface Bundle {
  readonly code: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Files beside the first: none, since nothing but the engine belongs in a browser. */
  readonly otherFiles: readonly string[];
  /** Modules of Node, and packages, that the code still imports. */
  readonly imports: readonly string[];
}

/** Builds the bundle in memory. */
export async function bundleTensorCore(): Promise<Bundle> {
  const built = (await build({
    root: join(workspaceRoot, "packages", "tensor-core"),
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@candor/source", "browser", "module", "import", "default"] },
    build: {
      // Not vite's library mode, which leaves white space in.
      rolldownOptions: {
        input: "src/index.ts",
        preserveEntrySignatures: "strict",
        output: { codeSplitting: false },
      },
      modulePreload: false,
      write: false,
      target: "es2022",
    },
  })) as Rolldown.RolldownOutput | Rolldown.RolldownOutput[];
  const output = [built].flat().flatMap((part) => part.output);
  const chunks = output.filter((item) => item.type === "chunk");
  const main = chunks.find((chunk) => chunk.isEntry);
  if (!main) throw new Error("vite built no entry chunk");
  return {
    code: main.code,
    bytes: Buffer.byteLength(main.code),
    gzipBytes: gzipSync(main.code, { level: 9 }).length,
    otherFiles: output.filter((item) => item !== main).map((item) => item.fileName),
    imports: chunks
      .flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
      .filter((name) => name !== main.fileName),
  };
}
