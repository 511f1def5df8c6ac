/** @file Flags of a recorded command: a shell reads them back, and no folder of the machine is among them. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordedFlags } from "./recordedFlags.ts";

const folder = join("/home", "someone", "candor");

test("plain flags stay as they are", () => {
  const words = ["--protocol=one-to-eleven", "--seeds=0,1,2", "--out", "runs/a+b_c", "--hold-out=0.2"];
  expect(recordedFlags(words, folder)).toBe(words.join(" "));
});

test("a shell gives back words with spaces and characters of its own", () => {
  const words = ["--out=my runs", "it's", "$HOME", "a;b", "*", "~/x", "", 'say "hi"', "a\nb", "c\\d", "`ls`"];
  const line = recordedFlags(words, folder);
  const print = 'for word in "$@"; do printf "%s\\0" "$word"; done';
  const read = execFileSync("sh", ["-c", `set -- ${line}; ${print}`], { encoding: "utf8" });
  expect(read.split("\0").slice(0, -1)).toEqual(words);
});

test("paths below the folder become relative, alone, after a flag's sign and in lists", () => {
  const words = [
    join(folder, "data", "all.arrow"),
    `--out=${join(folder, "runs", "x y")}`,
    `--runs=ifas=${join(folder, "a")},flip-v=${join(folder, "b")}`,
    `--root=${folder}`,
    `--root=${folder}/`,
  ];
  expect(recordedFlags(words, folder)).toBe(
    "data/all.arrow '--out=runs/x y' --runs=ifas=a,flip-v=b --root=. --root=.",
  );
});

test("a folder whose name only begins alike, and paths elsewhere, stay", () => {
  const words = [`--out=${folder}-old/runs`, "--manifest=/data/all.arrow"];
  expect(recordedFlags(words, folder)).toBe(words.join(" "));
});

test("the current folder is the default", () => {
  expect(recordedFlags([`--out=${join(process.cwd(), "runs")}`])).toBe("--out=runs");
});
