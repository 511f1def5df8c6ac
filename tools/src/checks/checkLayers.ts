/** @file Checks that no import points upward, between packages and between the folders of tensor-core. */

import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { layerArrows, opFamilyArrows, packageArrows } from "./layerRules.ts";
import { readImports } from "./readImports.ts";
import { listSourceFiles } from "./sourceFiles.ts";

/** An import that the rules forbid. */
export interface LayerViolation {
  /** `file:line`, relative to the root. */
  readonly place: string;
  readonly specifier: string;
  readonly rule: string;
}

/**
 * Reads every TypeScript source of a checkout and returns the imports that break a rule.
 *
 * @param root root of the checkout
 */
export function checkLayers(root: string): LayerViolation[] {
  return listSourceFiles(root)
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      readImports(readFileSync(join(root, file), "utf8")).flatMap(({ specifier, line }) => {
        const rule = brokenRule(root, file, specifier);
        return rule ? [{ place: `${file}:${line}`, specifier, rule }] : [];
      }),
    );
}

function brokenRule(root: string, file: string, specifier: string): string | undefined {
  if (specifier.startsWith("@candor/")) return brokenPackageRule(root, file, specifier);
  if (!specifier.startsWith(".")) return undefined;
  const target = posix.join(posix.dirname(file), specifier);
  const owner = packageOf(file);
  if (packageOf(target) !== owner || !target.startsWith(`${folderOf(owner)}/src/`)) {
    return `a file of ${owner} reaches other packages by their name, not by a path`;
  }
  return owner === "tensor-core" ? brokenLayerRule(file, target) : undefined;
}

function brokenPackageRule(root: string, file: string, specifier: string): string | undefined {
  const from = packageOf(file);
  const [, to = "", ...entry] = specifier.split("/");
  if (to === from) return `${from} imports itself by a path, not by its own name`;
  const allowed = packageArrows[from] ?? [];
  const wanted = [to, ...entry].join("/");
  const fits = allowed.some((arrow) => arrow === wanted || arrow === to);
  // Test code is no part of what a package ships, so it may use the reference tools as well.
  const tests = wanted === "tensor-core/testing" && allowed.some((arrow) => arrow.startsWith("tensor-core"));
  const program = wanted === "tensor-core/testing" ? tests && isTest(file) : fits;
  if (!program) {
    const list = allowed.length > 0 ? allowed.join(", ") : "no other package";
    return wanted === "tensor-core/testing"
      ? `tensor-core/testing is for test files`
      : `${from} may import ${list}`;
  }
  const dependencies = readDependencies(root, folderOf(from));
  return dependencies.includes(`@candor/${to}`)
    ? undefined
    : `@candor/${to} is no dependency in ${folderOf(from)}/package.json`;
}

function brokenLayerRule(file: string, target: string): string | undefined {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === "index.ts") return undefined; // the package's entry point shows every layer
  if (to === "index.ts") return "a layer imports files of the layers below it, not the package's entry point";
  if (from !== to) {
    const allowed = layerArrows[from];
    if (!allowed) return `${from} is no layer of tensor-core; add it to tools/src/checks/layerRules.ts`;
    if (allowed.includes(to) || (to === "testing" && isTest(file))) return undefined;
    return `layer ${from} may import ${allowed.join(", ") || "no other layer"}`;
  }
  return from === "ops" ? brokenFamilyRule(file, target) : undefined;
}

function brokenFamilyRule(file: string, target: string): string | undefined {
  const [from, to] = [familyOf(file), familyOf(target)];
  // Files directly under ops serve all families; a test may check an op against any other.
  if (!from || !to || from === to || isTest(file)) return undefined;
  const allowed = opFamilyArrows[from];
  if (!allowed) return `${from} is no family of ops; add it to tools/src/checks/layerRules.ts`;
  return allowed.includes(to)
    ? undefined
    : `ops/${from} may import ${allowed.join(", ") || "no other family"}`;
}

// Test files, and what several of them share.
const isTest = (file: string): boolean => /\.(test|bench)\.ts$|\/src\/testing\//.test(file);
const packageOf = (path: string): string => path.split("/")[path.startsWith("packages/") ? 1 : 0] ?? "";
const folderOf = (name: string): string => (name === "tools" ? "tools" : `packages/${name}`);
const layerOf = (path: string): string => path.split("/")[3] ?? "";

function familyOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length > 5 ? parts[4] : undefined;
}

function readDependencies(root: string, folder: string): string[] {
  const file = join(root, folder, "package.json");
  if (!existsSync(file)) return [];
  const { dependencies, devDependencies } = JSON.parse(readFileSync(file, "utf8")) as Record<string, object>;
  return Object.keys({ ...dependencies, ...devDependencies });
}
