/** @file Training as a process: what it prints is read to the end, and what is no JSON is an error. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { trainProcess } from "./trainProcess.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-train-process-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Trains with a program in place of `train:fit`. */
async function train(name: string, source: string): Promise<unknown> {
  const program = join(folder, `${name}.mjs`);
  await writeFile(program, source);
  const request = {
    recipe: "flip-published" as const,
    method: "ifas",
    seed: 3,
    manifest: "m.arrow",
    datasets: ["D1", "D2"],
    shards: undefined,
    config: "c.json",
    folder: join(folder, "run"),
  };
  return trainProcess(request, program);
}

test("gives the printed JSON, and the request as flags", async () => {
  expect(await train("flags", "console.log(JSON.stringify(process.argv.slice(2)));")).toEqual([
    "--recipe=flip-published",
    "--method=ifas",
    "--seed=3",
    "--manifest=m.arrow",
    "--datasets=D1,D2",
    "--config=c.json",
    `--out=${join(folder, "run")}`,
    "--json",
  ]);
});

test("reads what comes after the process has ended", async () => {
  const late = `setTimeout(() => console.log('{"steps": 2}'), 500)`;
  const source = `
    import { spawn } from "node:child_process";
    const stdio = ["ignore", "inherit", "ignore"];
    spawn(process.execPath, ["-e", ${JSON.stringify(late)}], { stdio }).unref();
  `;
  expect(await train("late", source)).toEqual({ steps: 2 });
});

test("what is no JSON rejects and says what came", async () => {
  const printed = train("words", 'console.log("trained well");');
  await expect(printed).rejects.toThrow(/run ended well but printed no JSON, got "trained well\\n"/);
});

test("a status rejects, whatever was printed", async () => {
  const stopped = train("status", 'console.log("{}"); process.exitCode = 130;');
  await expect(stopped).rejects.toThrow("ended with status 130; the same job goes on from its checkpoint");
});
