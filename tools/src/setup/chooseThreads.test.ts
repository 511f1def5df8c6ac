/** @file Tests of choosing a number of threads. */

import { expect, it } from "vitest";
import { measureThreads } from "./chooseThreads.ts";
import type { DriverEnv, ProbeResult } from "./probe.ts";

const answer = (gflops: readonly number[]): ProbeResult => ({
  ok: true,
  report: {
    vendor: "",
    architecture: "software",
    description: "",
    software: true,
    subgroupSize: 8,
    features: [],
    gflops,
  },
});

const crashAtFour = async (env: DriverEnv): Promise<ProbeResult> =>
  env["LP_NUM_THREADS"] === "4" ? { ok: false, why: "it ended with SIGSEGV." } : answer([1]);

it("orders candidates by the median over all rounds", async () => {
  const rates: Record<string, number[]> = {
    unset: [5, 5, 5],
    "3": [1, 90, 7],
    "6": [8, 8, 1],
    "12": [2, 2, 2],
  };
  const asked: string[] = [];
  const probe = async (env: DriverEnv): Promise<ProbeResult> => {
    expect(env["VK_ICD_FILENAMES"]).toBe("driver");
    const threads = env["LP_NUM_THREADS"] ?? "unset";
    asked.push(threads);
    return answer(rates[threads] ?? []);
  };
  expect(await measureThreads({ VK_ICD_FILENAMES: "driver" }, probe, 3)).toEqual([
    { threads: "6", gflops: 8 },
    { threads: "3", gflops: 7 },
    { threads: "unset", gflops: 5 },
    { threads: "12", gflops: 2 },
  ]);
  expect(asked).toEqual(["unset", "3", "6", "12", "unset", "3", "6", "12"]);
});

it("fails with the candidate at which the driver stopped answering", async () => {
  await expect(measureThreads({}, crashAtFour, 2)).rejects.toThrow(
    "with LP_NUM_THREADS 4: it ended with SIGSEGV.",
  );
});
