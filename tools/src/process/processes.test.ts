/** @file Tests of running child processes. */

import { expect, it } from "vitest";
import { measureProcess } from "./measureProcess.ts";
import { runProcess } from "./runProcess.ts";

it("keeps what a process printed, and its status", async () => {
  const script = 'console.log("out"); console.error("err"); process.exit(3)';
  expect(await runProcess(process.execPath, ["-e", script])).toEqual({
    code: 3,
    signal: undefined,
    stdout: "out\n",
    stderr: "err\n",
  });
});

it("resolves where a program does not exist, and where one is killed for its time", async () => {
  expect((await runProcess("candor-no-such-program", [])).stderr).toContain("ENOENT");
  const late = await runProcess(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 50 });
  expect(late).toMatchObject({ code: undefined, signal: "SIGKILL" });
});

it.runIf(process.platform === "linux")("measures time and peak memory", async () => {
  // The memory is given back before the end, and counts all the same.
  const script = "let b = Buffer.alloc(2 ** 28, 1); b = undefined; setTimeout(() => console.log('x'), 300)";
  const result = await measureProcess(process.execPath, ["-e", script], process.cwd());
  expect(result).toMatchObject({ code: 0, stdout: "x\n" });
  expect(result.seconds).toBeGreaterThan(0.29);
  expect(result.peakMib).toBeGreaterThan(256);
  expect(result.peakMib).toBeLessThan(1024);
});
