/**
 * @file Runs a TypeScript program of this workspace from its source: for the one-word commands of nx targets.
 *
 * nx answers `nx run train:fit --help` by running the first word of the target's command with `--help`. A target whose
 * command is a file that calls this therefore shows the program's own help.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Runs the program with the arguments of this process and leaves with its status.
 *
 * @param {URL} program the TypeScript file
 */
export function runTypescript(program) {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const node = ["--conditions=@candor/source", "--import", loader, fileURLToPath(program)];
  const child = spawn(process.execPath, [...node, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to both; a scheduler signals this process alone, and the program must save its work.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(`candor: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
