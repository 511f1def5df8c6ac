/** @file Set-up as the commands use it. */

import { workspaceRoot } from "../process/workspaceRoot.ts";
import type { MeasuredChoice } from "./adapterFile.ts";
import { adapterKinds, provideAdapter, type AdapterKind } from "./provideAdapter.ts";
import { SetupError } from "./setupError.ts";
import { createSetupHost } from "./setupHost.ts";

/**
 * Provides an adapter for this checkout and prints which, and why.
 *
 * @param adapter only this one; `CANDOR_ADAPTER` if absent, and all ways in order if that is not set either
 * @param force   choose again even if the earlier choice still opens
 * @throws SetupError if there is no adapter, or no adapter of that name
 */
export async function setUp(adapter?: string, force?: boolean): Promise<MeasuredChoice> {
  const only = parseKind(adapter ?? (process.env["CANDOR_ADAPTER"] || undefined));
  const host = createSetupHost(workspaceRoot, (line) => console.log(line));
  return provideAdapter({ root: workspaceRoot, only, force }, host);
}

function parseKind(name: string | undefined): AdapterKind | undefined {
  const kind = adapterKinds.find((known) => known === name);
  if (name !== undefined && !kind) {
    throw new SetupError(`unknown adapter "${name}"; use one of ${adapterKinds.join(", ")}`);
  }
  return kind;
}
