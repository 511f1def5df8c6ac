/**
 * @file Starts a command of `tools` in a fresh clone: installs what the lockfile names if it is not there, then runs
 * the TypeScript part. Plain JavaScript without dependencies, because nothing is installed when it starts.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const commands = {
  setup: "tools/src/setup/setupCommand.ts",
  test: "tools/src/test/testCommand.ts",
  demo: "tools/src/demo/demoCommand.ts",
};

/**
 * Says why the dependencies must be installed, by comparing the lockfile with npm's own record of what it installed.
 *
 * @param {string} folder root of the checkout
 * @returns {string | undefined} the reason; undefined if all is installed as locked
 */
export function reasonToInstall(folder) {
  const record = join(folder, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return "node_modules is missing or incomplete";
  const wanted = packagesOf(join(folder, "package-lock.json"));
  const installed = packagesOf(record);
  for (const [path, entry] of Object.entries(wanted)) {
    // Optional packages are those of other platforms as well.
    if (!path.startsWith("node_modules/") || entry.optional) continue;
    const found = installed[path];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (!found) return `${name} is locked but not installed`;
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${name} is installed as ${found.version}, locked as ${entry.version}`;
    }
  }
  return undefined;
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

async function main([command, ...rest]) {
  const entry = Object.hasOwn(commands, command ?? "") ? commands[command] : undefined;
  if (!entry) {
    throw new Error(`unknown command "${command ?? ""}"; use one of ${Object.keys(commands).join(", ")}`);
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node ${process.versions.node} is too old; install Node 20.19 or later`);
  }
  const reason = reasonToInstall(root);
  if (reason) {
    const started = Date.now();
    console.log(`install: ${reason}; running npm ci`);
    const npm = process.env.npm_execpath;
    const options = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    const code = npm?.endsWith(".js")
      ? await run(process.execPath, [npm, ...options])
      : await run(process.platform === "win32" ? "npm.cmd" : "npm", options, process.platform === "win32");
    if (code !== 0) {
      throw new Error(`npm ci ended with status ${code}; see its message above, mend it and run this again`);
    }
    console.log(`install: done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  }
  const loader = pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
  const node = ["--conditions=@candor/source", "--import", loader];
  return run(process.execPath, [...node, join(root, entry), ...rest]);
}

function run(file, args, shell = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, stdio: "inherit", shell });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  // The child gets Ctrl-C from the terminal too and ends by itself; this process must live to report its status.
  process.on("SIGINT", () => {});
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error) => {
      console.error(`candor: ${error.message}`);
      process.exit(1);
    },
  );
}
