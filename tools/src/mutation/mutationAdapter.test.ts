/** @file Which adapter examines faults, by what it says of itself. */

import { expect, it } from "vitest";
import { describeAdapter } from "./mutationAdapter.ts";

it("names driver and compile mode, and knows what hides faults", () => {
  const lavapipe = describeAdapter("llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)", {});
  expect(lavapipe).toMatchObject({
    kind: "lavapipe",
    name: "llvmpipe: Mesa 25.0.7 (LLVM 15.0.6), GALLIVM_PERF=nopt",
  });
  const swiftShader = describeAdapter("SwiftShader driver: 5.0.0", {});
  expect(swiftShader).toMatchObject({ kind: "swiftshader", name: "SwiftShader driver: 5.0.0" });
  expect(describeAdapter("NVIDIA H100: 550.54", {}).kind).toBe("hardware");
});
