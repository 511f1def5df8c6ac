/** @file Finds a WebGPU adapter or provides one: the system's driver, lavapipe through apt, SwiftShader from npm. */

import type { AdapterChoice } from "@candor/tensor-core/device";
import { readAdapterFile, writeAdapterFile, type MeasuredChoice } from "./adapterFile.ts";
import { measureThreads } from "./chooseThreads.ts";
import { describeChoice } from "./describeChoice.ts";
import type { DriverEnv, ProbeReport, ProbeResult } from "./probe.ts";
import { SetupError } from "./setupError.ts";

export type AdapterKind = AdapterChoice["kind"];

export const adapterKinds: readonly AdapterKind[] = ["system", "lavapipe", "swiftshader"];

/** What set-up does to the machine; a test passes one of its own. */
export interface SetupHost {
  probe(env: DriverEnv, timings?: number): Promise<ProbeResult>;
  /** Path of lavapipe's manifest, if Mesa is installed. */
  findLavapipe(): string | undefined;
  installLavapipe(): Promise<void>;
  /** Unpacks SwiftShader and returns the path of its manifest. */
  unpackSwiftShader(): string;
  /** Puts SwiftShader's Vulkan loader beside Dawn. */
  placeVulkanLoader(): void;
  say(line: string): void;
  /** Environment of the user. */
  readonly env: NodeJS.ProcessEnv;
}

export interface ProvideOptions {
  /** Root of the checkout. */
  readonly root: string;
  /** Only this way; all three in order if absent. */
  readonly only?: AdapterKind | undefined;
  /** Choose and measure again even if the earlier choice still opens. */
  readonly force?: boolean | undefined;
}

interface Found {
  readonly kind: AdapterKind;
  readonly reason: string;
  readonly env: Readonly<Record<string, string>>;
  readonly report: ProbeReport;
}

/**
 * Returns an adapter that opens and computes, and writes the choice where the engine finds it.
 *
 * @throws SetupError if no way is open; the message names each and why it failed
 */
export async function provideAdapter(options: ProvideOptions, host: SetupHost): Promise<MeasuredChoice> {
  const earlier = options.force ? undefined : readAdapterFile(options.root);
  if (earlier && (!options.only || options.only === earlier.kind)) {
    const result = await host.probe(withoutUserVariables(earlier.env, host));
    if (result.ok) {
      host.say(`adapter: ${describeChoice(earlier)} Kept from an earlier set-up; --force chooses again.`);
      return earlier;
    }
    host.say(`adapter: the earlier choice, ${earlier.kind}, no longer opens: ${result.why}`);
  }
  const found = await findAdapter(options, host);
  const choice = await withThreads(found, host);
  writeAdapterFile(options.root, choice);
  host.say(`adapter: ${describeChoice(choice)}`);
  return choice;
}

async function findAdapter(options: ProvideOptions, host: SetupHost): Promise<Found> {
  const ways = { system: trySystem, lavapipe: tryLavapipe, swiftshader: trySwiftShader };
  const failures: string[] = [];
  for (const kind of options.only ? [options.only] : adapterKinds) {
    try {
      return await ways[kind](host, { only: options.only !== undefined, failures });
    } catch (error) {
      failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new SetupError(
    `no WebGPU adapter can be had on this machine.\n${failures.map((text) => `  - ${text}`).join("\n")}`,
  );
}

interface Tried {
  /** True if the user asked for this way alone. */
  readonly only: boolean;
  /** Why the ways before this one failed. */
  readonly failures: readonly string[];
}

async function trySystem(host: SetupHost, { only }: Tried): Promise<Found> {
  const report = await open(host, {});
  if (only || !report.software) {
    const reason = only ? "it was asked for" : "a hardware driver of this machine answered";
    return { kind: "system", reason, env: {}, report };
  }
  const reason = "it is installed and no hardware driver answered";
  if (report.architecture === "swiftshader") return { kind: "swiftshader", reason, env: {}, report };
  const manifest = userDriver(host) ? undefined : host.findLavapipe();
  return { kind: "lavapipe", reason, env: manifest ? { VK_ICD_FILENAMES: manifest } : {}, report };
}

async function tryLavapipe(host: SetupHost, { only }: Tried): Promise<Found> {
  refuseUserDriver(host);
  const installed = host.findLavapipe();
  if (installed) {
    const env = { VK_ICD_FILENAMES: installed };
    const result = await host.probe(env);
    const reason = only ? "it was asked for" : "it is installed and the machine's default driver failed";
    if (result.ok) return { kind: "lavapipe", reason, env, report: result.report };
  }
  await host.installLavapipe();
  const manifest = host.findLavapipe();
  if (!manifest) throw new SetupError("apt installed Mesa, but no manifest of lavapipe is found");
  const env = { VK_ICD_FILENAMES: manifest };
  const reason = `${only ? "it was asked for" : "no driver answered"}, and packages may be installed here`;
  return { kind: "lavapipe", reason, env, report: await open(host, env) };
}

async function trySwiftShader(host: SetupHost, { only, failures }: Tried): Promise<Found> {
  refuseUserDriver(host);
  const env = { VK_ICD_FILENAMES: host.unpackSwiftShader() };
  const reason = only ? "it was asked for" : `no other way is open (${failures.join("; ")})`;
  const first = await host.probe(env);
  if (first.ok) return { kind: "swiftshader", reason, env, report: first.report };
  // Dawn found no loader, or an old one.
  host.placeVulkanLoader();
  return { kind: "swiftshader", reason, env, report: await open(host, env) };
}

async function open(host: SetupHost, env: DriverEnv): Promise<ProbeReport> {
  const result = await host.probe(env);
  if (!result.ok) throw new SetupError(result.why);
  return result.report;
}

async function withThreads({ report, ...found }: Found, host: SetupHost): Promise<MeasuredChoice> {
  const { gflops: _, ...seen } = report;
  const choosable = report.software && report.architecture === "software" && !host.env["LP_NUM_THREADS"];
  if (!choosable) return { ...found, measured: { ...seen, threads: [] } };
  const threads = await measureThreads(found.env, host.probe);
  const fastest = threads[0]?.threads ?? "unset";
  const env = fastest === "unset" ? found.env : { ...found.env, LP_NUM_THREADS: fastest };
  return { ...found, env, measured: { ...seen, threads } };
}

// The engine lets variables of the user win over the choice, so a trial must as well.
function withoutUserVariables(env: Readonly<Record<string, string>>, host: SetupHost): DriverEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => host.env[name] === undefined));
}

function userDriver(host: SetupHost): string | undefined {
  return ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].find((name) => host.env[name] !== undefined);
}

function refuseUserDriver(host: SetupHost): void {
  const name = userDriver(host);
  if (name) throw new SetupError(`${name}=${host.env[name]} is set and would win over the choice; unset it`);
}
