/** @file The adapter on which faults are examined. */

import { workspaceRoot } from "../process/workspaceRoot.ts";
import { readAdapterFile } from "../setup/adapterFile.ts";
import { driverOf, type SoftwareAdapter } from "../setup/driverOf.ts";
import { type DriverEnv, probe } from "../setup/probe.ts";

/** What adapters differ in where a kernel is at fault. */
export type AdapterKind = SoftwareAdapter | "hardware";

/** An adapter with the way in which it compiles. */
export interface MutationAdapter {
  readonly kind: AdapterKind;
  /** Driver name and version as the adapter words it, and what it compiles with. */
  readonly name: string;
  /** Variables of the process that runs tests. */
  readonly env: DriverEnv;
}

/** Nearly all time goes into compiling each faulty kernel once: lavapipe need neither optimise nor keep it. */
const compileQuickly = { GALLIVM_PERF: "nopt", MESA_SHADER_CACHE_DISABLE: "true" };

/**
 * Opens an adapter once, and says how tests find it.
 *
 * @param wanted the one that set-up chose if undefined
 * @throws Error if it does not open
 */
export async function provideMutationAdapter(wanted?: SoftwareAdapter): Promise<MutationAdapter> {
  const env: DriverEnv = wanted
    ? { VK_ICD_FILENAMES: driverOf(wanted), VK_DRIVER_FILES: undefined, ...compileQuickly }
    : { ...readAdapterFile(workspaceRoot)?.env, ...definedOf(process.env), ...compileQuickly };
  const probed = await probe(env);
  if (!probed.ok) throw new Error(`${wanted ?? "the adapter"} does not open: ${probed.why}`);
  return describeAdapter(probed.report.description, env);
}

/** An adapter by what it says of itself. */
export function describeAdapter(description: string, env: DriverEnv): MutationAdapter {
  if (/llvmpipe/i.test(description)) {
    return { kind: "lavapipe", name: `${description}, GALLIVM_PERF=${compileQuickly.GALLIVM_PERF}`, env };
  }
  return { kind: /swiftshader/i.test(description) ? "swiftshader" : "hardware", name: description, env };
}

function definedOf(env: NodeJS.ProcessEnv): DriverEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}
