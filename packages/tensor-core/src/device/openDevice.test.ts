/** @file What a device says of itself, on Dawn's null backend, which needs no driver. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, expect, it, vi } from "vitest";
import { openDevice, subgroupMatrixFeature } from "./openDevice.ts";

afterEach(() => void vi.unstubAllEnvs());

it("asks for subgroup matrices where they are offered, and lists their products", async () => {
  const plain = await openDevice({ dawnFlags: ["backend=null"] });
  expect(plain.info.features.has(subgroupMatrixFeature)).toBe(false);
  expect(plain.info.subgroupMatrices).toBeUndefined();
  const dawnFlags = ["backend=null", "enable-dawn-features=allow_unsafe_apis"];
  const unsafe = await openDevice({ dawnFlags });
  expect(unsafe.info.features.has(subgroupMatrixFeature)).toBe(true);
  // The null backend makes none.
  expect(unsafe.info.subgroupMatrices).toEqual([]);
  const without = await openDevice({ dawnFlags, without: [subgroupMatrixFeature] });
  expect(without.info.subgroupMatrices).toBeUndefined();
});

it("leaves features unused that the environment lists, and names one that it does not know", async () => {
  const dawnFlags = ["backend=null"];
  vi.stubEnv("CANDOR_WITHOUT", "");
  const whole = await openDevice({ dawnFlags });
  expect([...whole.info.features]).toEqual(expect.arrayContaining(["subgroups", "shader-f16"]));
  vi.stubEnv("CANDOR_WITHOUT", "subgroups,shader-f16");
  const { info } = await openDevice({ dawnFlags, without: ["timestamp-query"] });
  for (const name of ["subgroups", "shader-f16", "timestamp-query"])
    expect(info.features).not.toContain(name);
  expect(info.subgroupMaxSize).toBe(0);
  vi.stubEnv("CANDOR_WITHOUT", "subgroup");
  await expect(openDevice({ dawnFlags })).rejects.toThrow(
    'CANDOR_WITHOUT names "subgroup", which no kernel uses; it may list subgroups, shader-f16',
  );
  vi.stubEnv("CANDOR_WITHOUT", "");
  await expect(openDevice({ dawnFlags, without: ["f16"] })).rejects.toThrow(
    'without names "f16", which no kernel uses; it may list subgroups, shader-f16',
  );
});

it("holds an adapter as long as its device, and no longer", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const [kept, gone] = [await openWatched(), await openWatched()];
  gone.gpu.destroy();
  await gone.gpu.lost;
  await expect
    .poll(() => {
      collect();
      return gone.adapter.deref() === undefined;
    })
    .toBe(true);
  expect(kept.adapter.deref()).toBeDefined();
  kept.gpu.destroy();
});

async function openWatched() {
  const { gpu, adapter } = await openDevice({ dawnFlags: ["backend=null"] });
  return { gpu, adapter: new WeakRef(adapter) };
}
