/** @file What a device says of itself, on Dawn's null backend, which needs no driver. */

import { expect, it } from "vitest";
import { openDevice, subgroupMatrixFeature } from "./openDevice.ts";

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
