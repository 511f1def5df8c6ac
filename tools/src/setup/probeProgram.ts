/** @file The child process of probe.ts: opens a device, checks and times a matrix product, prints what it found. */

import { openDevice } from "@candor/tensor-core/device";
import { printProbeResult, type ProbeResult } from "./probe.ts";
import { timeMatmul } from "./timeMatmul.ts";

async function tryAdapter(timings: number): Promise<ProbeResult> {
  try {
    const { gpu, info } = await openDevice();
    return {
      ok: true,
      report: {
        vendor: info.vendor,
        architecture: info.architecture,
        description: info.description,
        software: info.software,
        subgroupSize: info.subgroupMaxSize,
        features: [...info.features].toSorted(),
        gflops: await timeMatmul(gpu, timings),
      },
    };
  } catch (error) {
    // The engine's message goes on to advise a set-up, which is what runs here.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, why: message.replace(/ Run "npm run setup".*/, "") };
  }
}

await printProbeResult(await tryAdapter(Number(process.argv[2] ?? 0)));
process.exit(0);
