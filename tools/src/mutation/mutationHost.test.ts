/** @file What a lost process says of a fault, with scripted processes in place of real ones. */

import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { MutationHost, type TestProcess } from "./mutationHost.ts";
import type { MutantRequest, Reply, Request } from "./mutationMessages.ts";

const request: MutantRequest = {
  kind: "mutant",
  label: "add",
  mutant: { fault: "sign", line: "a + b", mutated: "a - b", place: 0 },
  tests: [{ file: "add.test.ts", index: 0 }],
};
const survived: Reply = { verdict: { kind: "survived" } };
const killed: Reply = { verdict: { kind: "killed", by: { file: "add.test.ts", index: 0, name: "adds" } } };
const limitMs = () => 1000;

/** A host whose requests are answered by these in turn; a process ends at "died", and what was asked is kept. */
function hostThat(...answers: readonly (Reply | "died")[]) {
  const left = [...answers];
  const asked: string[] = [];
  const start = async (): Promise<TestProcess> => {
    const events = new EventEmitter();
    return Object.assign(events, {
      send(sent: Request) {
        asked.push(sent.kind === "mutant" ? sent.mutant.mutated : sent.kind);
        const answer = left.shift();
        queueMicrotask(() => (answer === "died" ? events.emit("exit", 1) : events.emit("message", answer)));
      },
      kill() {},
    });
  };
  return { host: new MutationHost(start), asked };
}

it("a fault is killed that loses two processes, between which the tests pass without it", async () => {
  const { host, asked } = hostThat("died", survived, "died");
  expect(await host.examine(request, limitMs)).toEqual({ kind: "killed", lost: "died" });
  expect(asked).toEqual(["a - b", "a + b", "a - b"]);
  expect(host.processes).toBe(2);
});

it("a fault that loses one process alone has the verdict of the second", async () => {
  const { host } = hostThat("died", survived, survived);
  expect(await host.examine(request, limitMs)).toEqual({ kind: "survived" });
});

it.each([
  ["died", "a second one died too"],
  [killed, '"adds" fails'],
  [{ verdict: { kind: "invalid" } } satisfies Reply, "the shader is refused"],
  [{ ready: true } satisfies Reply, "a second one gave no verdict"],
] as const)("nothing is said of a fault where the tests do not pass without it: %j", async (control, why) => {
  const { host, asked } = hostThat("died", control, "died");
  await expect(host.examine(request, limitMs)).rejects.toThrow(
    `add: the process died with a fault, and without it ${why}`,
  );
  expect(asked).toEqual(["a - b", "a + b"]);
});
