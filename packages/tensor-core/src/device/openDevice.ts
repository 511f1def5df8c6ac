/** @file Opens a WebGPU device and says what it is. */

import { DeviceError } from "./deviceError.ts";
import { provideGpu } from "./provideGpu.ts";

/** Small matrix products by whole subgroups, as tensor cores make them: an experiment of Dawn and Chromium. */
export const subgroupMatrixFeature = "chromium-experimental-subgroup-matrix";

/** Sizes and element types of a product that subgroups can make: [m, k] by [k, n]. */
export interface SubgroupMatrixConfig {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Of the operands: `f32`, `f16` or an integer type. */
  readonly component: string;
  readonly result: string;
}

/** What an adapter says of itself. */
export interface DeviceInfo {
  readonly vendor: string;
  readonly architecture: string;
  /** Driver name and version, as the adapter words it. */
  readonly description: string;
  /** True if shaders run on the CPU (lavapipe, SwiftShader). */
  readonly software: boolean;
  /** Smallest and largest number of invocations in a subgroup; 0 where subgroups are not offered. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  /** `LP_NUM_THREADS` as lavapipe saw it, `"default"` if unset. */
  readonly threads: string;
  readonly features: ReadonlySet<string>;
  /** Products of subgroup matrices that the adapter makes; absent where it does not offer them. */
  readonly subgroupMatrices?: readonly SubgroupMatrixConfig[];
}

export interface OpenedDevice {
  readonly gpu: GPUDevice;
  readonly adapter: GPUAdapter;
  readonly info: DeviceInfo;
}

export interface OpenDeviceOptions {
  /** Features to leave unused, such as `"subgroups"`; for tests of the fallback kernels. */
  readonly without?: readonly string[];
  /** Dawn flags (Node only), such as `"backend=null"`. */
  readonly dawnFlags?: readonly string[];
}

const wantedFeatures = ["subgroups", "shader-f16", "timestamp-query", subgroupMatrixFeature];

// Every limit that a kernel or the renderer needs; each is raised to what the adapter offers, up to these.
const wantedLimits = {
  maxStorageBufferBindingSize: 2 ** 31,
  maxBufferSize: 2 ** 32,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 32768,
  maxStorageBuffersPerShaderStage: 8,
} as const;

// Adapters must stay referenced as long as their devices.
const openAdapters = new Set<GPUAdapter>();

/**
 * Opens a device with every feature and limit that the kernels use, save the features that the environment variable
 * `CANDOR_WITHOUT` lists, by commas: the same program then runs as on an adapter that lacks them.
 *
 * @throws DeviceError if the host has no adapter, or a feature that is never used is to be left unused
 */
export async function openDevice(options: OpenDeviceOptions = {}): Promise<OpenedDevice> {
  const entry = await provideGpu(options.dawnFlags);
  const adapter = await entry.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new DeviceError(
      'no WebGPU adapter: no Vulkan, Metal or D3D12 driver answered. Run "npm run setup", which provides a software one.',
    );
  }
  const listed = typeof process === "undefined" ? undefined : process.env["CANDOR_WITHOUT"];
  const without = new Set([
    ...assertFeatures("without", options.without ?? []),
    ...assertFeatures("CANDOR_WITHOUT", (listed ?? "").split(",").filter(Boolean)),
  ]);
  const features = wantedFeatures.filter((name) => adapter.features.has(name) && !without.has(name));
  const requiredLimits = Object.fromEntries(
    Object.entries(wantedLimits).map(([name, wanted]) => [
      name,
      Math.min(wanted, adapter.limits[name as keyof typeof wantedLimits]),
    ]),
  );
  const gpu = await adapter.requestDevice({ requiredFeatures: features as GPUFeatureName[], requiredLimits });
  openAdapters.add(adapter);
  void gpu.lost.then(() => openAdapters.delete(adapter));
  const subgroupMatrices = await describeSubgroupMatrices(adapter, gpu);
  return { gpu, adapter, info: { ...describe(adapter, gpu), ...(subgroupMatrices && { subgroupMatrices }) } };
}

function assertFeatures(where: string, names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !wantedFeatures.includes(name));
  if (unknown === undefined) return names;
  throw new DeviceError(
    `${where} names "${unknown}", which no kernel uses; it may list ${wantedFeatures.join(", ")}`,
  );
}

function describe(adapter: GPUAdapter, gpu: GPUDevice): DeviceInfo {
  const { vendor, architecture, description } = adapter.info;
  const sizes = adapter.info as { subgroupMinSize?: number; subgroupMaxSize?: number };
  const subgroups = gpu.features.has("subgroups");
  return {
    vendor,
    architecture,
    description,
    software: architecture === "software" || architecture === "swiftshader" || adapter.info.isFallbackAdapter,
    subgroupMinSize: subgroups ? (sizes.subgroupMinSize ?? 0) : 0,
    subgroupMaxSize: subgroups ? (sizes.subgroupMaxSize ?? 0) : 0,
    threads: (typeof process === "undefined" ? undefined : process.env["LP_NUM_THREADS"]) ?? "default",
    features: new Set(gpu.features),
  };
}

// The syntax is not settled: browsers may have the feature with another.
const matrixSyntax = `enable chromium_experimental_subgroup_matrix;
var<workgroup> tile: array<f32, 64>;
fn load() -> subgroup_matrix_left<f32, 8, 8> {
  return subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, row_major>(&tile, 0u, 8u);
}`;

async function describeSubgroupMatrices(
  adapter: GPUAdapter,
  gpu: GPUDevice,
): Promise<SubgroupMatrixConfig[] | undefined> {
  if (!gpu.features.has(subgroupMatrixFeature)) return undefined;
  const { subgroupMatrixConfigs = [] } = adapter.info as { subgroupMatrixConfigs?: Iterable<StatedConfig> };
  gpu.pushErrorScope("validation");
  gpu.createShaderModule({ label: "syntax of subgroup matrices", code: matrixSyntax });
  if (await gpu.popErrorScope()) return undefined;
  return Array.from(subgroupMatrixConfigs, ({ M, N, K, componentType, resultComponentType }) => ({
    m: Number(M),
    n: Number(N),
    k: Number(K),
    component: componentType,
    result: resultComponentType,
  }));
}

interface StatedConfig {
  readonly M: number | bigint;
  readonly N: number | bigint;
  readonly K: number | bigint;
  readonly componentType: string;
  readonly resultComponentType: string;
}
