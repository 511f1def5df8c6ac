/** @file Which tests use which kernels: found by running each test file once without faults, and kept by its sources. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readImports } from "../checks/readImports.ts";
import type { MutationHost } from "./mutationHost.ts";
import type { Plan } from "./mutationMessages.ts";
import { digestOf } from "./mutationReport.ts";

/** Of what a kept plan holds. */
const planFormat = "2";

/** Where plans and results are kept, and what they are about. */
export interface MutationFolders {
  readonly source: string;
  readonly kept: string;
}

/**
 * The plan of some test files: each is run where it or anything that it imports has changed.
 *
 * @param named pattern of the names of the tests
 */
export async function providePlan(
  host: MutationHost,
  files: readonly string[],
  named: string,
  { source, kept }: MutationFolders,
): Promise<Plan> {
  const plans: Plan[] = [];
  for (const file of files) {
    const digest = digestOf([planFormat, named, ...closureOf(join(source, file)).values()]);
    const keptAt = join(kept, "plans", `${file.replaceAll(/[/\\]/g, ".")}.json`);
    const earlier = existsSync(keptAt)
      ? (JSON.parse(readFileSync(keptAt, "utf8")) as { digest: string; plan: Plan })
      : undefined;
    // A test that failed without a fault may have been the machine's: it is tried again.
    if (earlier?.digest === digest && earlier.plan.failing.length === 0) {
      plans.push(earlier.plan);
      continue;
    }
    console.log(`mutate: running ${file} without faults`);
    const plan = await host.plan(file, named);
    mkdirSync(dirname(keptAt), { recursive: true });
    writeFileSync(keptAt, JSON.stringify({ digest, plan }));
    plans.push(plan);
  }
  return joinPlans(plans);
}

/** Plans of several files as one. */
export function joinPlans(plans: readonly Plan[]): Plan {
  const kernels = new Map<string, Set<string>>();
  for (const [label, texts] of plans.flatMap((plan) => Object.entries(plan.kernels))) {
    kernels.set(label, new Set([...(kernels.get(label) ?? []), ...texts]));
  }
  return {
    tests: plans.flatMap(({ tests }) => tests),
    kernels: Object.fromEntries([...kernels].map(([label, texts]) => [label, [...texts].toSorted()])),
    failing: plans.flatMap(({ failing }) => failing),
  };
}

/** The texts of a source file and of all that it imports by relative paths, by path. */
export function closureOf(file: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(file) || !existsSync(file)) return found;
  const text = readFileSync(file, "utf8");
  found.set(file, text);
  for (const { specifier } of readImports(text)) {
    if (specifier.startsWith(".")) closureOf(resolve(dirname(file), specifier), found);
  }
  return found;
}
