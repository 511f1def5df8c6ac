/** @file The examples run, learn, and are what the README shows. */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const example = join(root, "examples", "trainCharacters.ts");

it("the README shows the example as it is", () => {
  const [file = "", ...lines] = readFileSync(example, "utf8").split("\n");
  expect(file).toContain("@file");
  expect(readFileSync(join(root, "README.md"), "utf8")).toContain(lines.join("\n").trim());
});

it("the example learns its text", async () => {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const options = ["--conditions=@candor/source", "--import", loader, example];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: root });
  const losses = [...stdout.matchAll(/step \d+: loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(4);
  expect(losses[0]).toBeGreaterThan(4);
  expect(losses[3]).toBeLessThan(2.1);
});
