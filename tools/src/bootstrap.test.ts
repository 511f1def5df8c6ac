/** @file Tests of the script that starts a command before anything is installed. */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runProcess } from "./process/runProcess.ts";
import { workspaceRoot } from "./process/workspaceRoot.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "candor-bootstrap-"));
  mkdirSync(join(root, "tools"));
  cpSync(join(workspaceRoot, "tools/bootstrap.mjs"), join(root, "tools/bootstrap.mjs"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Entry {
  version: string;
  integrity: string;
  optional?: boolean;
}

function writeLock(file: string, packages: Record<string, Entry | object>): void {
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, file), JSON.stringify({ packages }));
}

async function reason(): Promise<string | undefined> {
  const module = (await import(join(root, "tools/bootstrap.mjs"))) as {
    reasonToInstall(folder: string): string | undefined;
  };
  return module.reasonToInstall(root);
}

const locked = { version: "1.2.0", integrity: "sha512-a" };

it("installs where nothing is installed", async () => {
  expect(await reason()).toBe("node_modules is missing or incomplete");
});

it("installs nothing where all is as locked, whatever the time stamps say", async () => {
  writeLock("node_modules/.package-lock.json", { "node_modules/a": locked });
  writeLock("package-lock.json", {
    "": { name: "root" },
    "packages/x": { version: "0.1.0" },
    "node_modules/a": locked,
    "node_modules/a-win32": { ...locked, optional: true },
  });
  expect(await reason()).toBeUndefined();
});

it("installs where a package is missing, or is of another version", async () => {
  writeLock("node_modules/.package-lock.json", { "node_modules/a": locked });
  writeLock("package-lock.json", { "node_modules/a": locked, "node_modules/@s/b": locked });
  expect(await reason()).toBe("@s/b is locked but not installed");
  writeLock("package-lock.json", { "node_modules/a": { ...locked, version: "1.3.0" } });
  expect(await reason()).toBe("a is installed as 1.2.0, locked as 1.3.0");
});

it("ends with one message and status 1 on an unknown command", async () => {
  const result = await runProcess(process.execPath, [join(root, "tools/bootstrap.mjs"), "dmeo"]);
  expect(result).toMatchObject({
    code: 1,
    stdout: "",
    stderr: 'candor: unknown command "dmeo"; use one of setup, test, demo\n',
  });
});

it("ends with one message and status 1 where npm ci fails", async () => {
  // No package.json, so npm ci has nothing to install from.
  const env = { ...process.env, npm_execpath: undefined, npm_config_cache: join(root, "cache") };
  const result = await runProcess(process.execPath, [join(root, "tools/bootstrap.mjs"), "setup"], {
    cwd: root,
    env,
  });
  expect(result.code).toBe(1);
  expect(result.stdout).toContain("install: node_modules is missing or incomplete; running npm ci");
  expect(result.stderr).toMatch(/candor: npm ci ended with status \d+; see its message above/);
});
