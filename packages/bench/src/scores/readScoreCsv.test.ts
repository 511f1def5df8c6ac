/** @file Foreign scores: what stands in for missing columns, and what is refused. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScoreCsv } from "./readScoreCsv.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "candor-csv-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const path = join(folder, "other.csv");
  await writeFile(path, text);
  return readScoreCsv(path);
}

describe("readScoreCsv", () => {
  test("fills what is not stated", async () => {
    const file = await read("id,label,score\na,live,0.75\nb,spoof,1e-3\n");
    expect(file.metadata.method).toBe("other");
    expect(file.rows).toEqual([
      {
        id: "a",
        dataset: "foreign",
        split: "test",
        subject: "a",
        video: "a",
        frame: 0,
        label: "live",
        attack: "none",
        score: 0.75,
        sentence: null,
      },
      {
        id: "b",
        dataset: "foreign",
        split: "test",
        subject: "b",
        video: "b",
        frame: 0,
        label: "spoof",
        attack: "unknown",
        score: 0.001,
        sentence: null,
      },
    ]);
  });

  test("data set, video and frame stand for the id", async () => {
    const file = await read(
      "dataset,subject,video,frame,label,attack,score\nA,s,v,0,live,none,1\nB,s,v,0,live,none,1\n",
    );
    expect(file.rows.map((row) => row.id)).toEqual(["A/v/0", "B/v/0"]);
  });

  test("reads quotes, a byte order mark, CRLF and columns in any order", async () => {
    const file = await read(
      '\uFEFFsentence,score,label,id,attack\r\n"No, ""paper"",\nflat",0.1,spoof,a,print\r\n',
    );
    expect(file.rows[0]).toMatchObject({ id: "a", attack: "print", sentence: 'No, "paper",\nflat' });
  });

  test.each([
    ["no score column", "id,label\na,live", 'has no column "score"; its header is id,label'],
    ["an unknown column", "id,label,score,prob\na,live,1,1", 'column "prob" is unknown or occurs twice'],
    ["an empty score", "id,label,score\na,live,", 'record 2: score "" is not a number'],
    ["a word for a score", "id,label,score\na,live,nan", 'record 2: score "nan" is not a number'],
    ["a logit", "id,label,score\na,live,3.5", "score 3.5; scores are P(live)"],
    ["a numeric label", "id,label,score\na,1,0.5", 'label "1"; labels are "live" or "spoof"'],
    ["a missing cell", "id,label,score\na,live", "record 2: 2 cells under 3 heads"],
    ["a duplicate id", "id,label,score\na,live,1\na,live,1", "this id occurred before"],
    ["an empty id", "id,label,score\n,live,1", "the id (or the video or frame in its place) is empty"],
    ["an open quote", 'id,label,score\n"a,live,1', "ends inside quotes"],
    ["no id and no frame", "video,label,score\nv,live,1", 'no column "id", nor "video" and "frame"'],
    [
      "a frame twice",
      "video,frame,label,score\nv,0,live,1\nv,0,live,1",
      '("foreign/v/0"): this id occurred before',
    ],
    [
      "an empty frame",
      "video,frame,label,score\nv,,live,1",
      "the id (or the video or frame in its place) is empty",
    ],
    ["nothing", "", 'has no column "label"'],
    ["a header alone", "id,label,score\n", "has no rows"],
  ])("refuses %s", async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  test("refuses a missing file", async () => {
    await expect(readScoreCsv(join(folder, "none.csv"))).rejects.toThrow("cannot read");
  });
});
