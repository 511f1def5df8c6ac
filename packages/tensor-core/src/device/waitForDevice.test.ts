/** @file Waiting for a software device leaves the cores to it, and hands on what is awaited. */

import { afterEach, expect, it, vi } from "vitest";
import type { DeviceInfo } from "./openDevice.ts";
import { waitForDevice } from "./waitForDevice.ts";

afterEach(() => void vi.unstubAllGlobals());

const infoOf = (software: boolean): DeviceInfo => ({
  vendor: "v",
  architecture: "a",
  description: "d",
  software,
  subgroupMinSize: 8,
  subgroupMaxSize: 8,
  threads: "4",
  features: new Set(),
});

const later = (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve("done"), ms));

/** Turns of the event loop until all waits are over, with what keeps Dawn's loop turning. */
async function turnsWhile(...waits: Promise<unknown>[]): Promise<number> {
  let turns = 0;
  let over = false;
  const turn = () => {
    turns++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(waits);
  over = true;
  return turns;
}

it("turns the event loop seldom while a software device works, and as ever otherwise", async () => {
  const busy = await turnsWhile(waitForDevice(infoOf(false), later(80)));
  const calm = await turnsWhile(
    waitForDevice(infoOf(true), later(80)),
    waitForDevice(infoOf(true), later(40)),
  );
  // 80 ms in growing sleeps of 1/16 of the wait so far, from the timer's grain on.
  expect(calm).toBeLessThan(800);
  expect(busy).toBeGreaterThan(calm);
  const after = await turnsWhile(later(80));
  expect(after).toBeGreaterThan(calm);
});

it("gives the value or the error of what is awaited", async () => {
  expect(await waitForDevice(infoOf(true), later(1))).toBe("done");
  await expect(waitForDevice(infoOf(true), Promise.reject(new Error("lost")))).rejects.toThrow("lost");
  expect(await waitForDevice(infoOf(true), later(1))).toBe("done");
});

it("does not sleep in a page, which has no shared memory and cannot wait, whatever its polyfills", async () => {
  await later(5); // until no earlier wait sleeps
  const started = vi.fn();
  vi.stubGlobal("process", { env: {} });
  vi.stubGlobal("setImmediate", started);
  const wait = waitForDevice(infoOf(true), Promise.resolve("done"));
  vi.unstubAllGlobals();
  expect(await wait).toBe("done");
  expect(started).not.toHaveBeenCalled();
});
