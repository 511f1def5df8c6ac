/** @file SCF's filter on hand-made captions, and the noisy captioner's rates. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Attack, ManifestRow } from "../manifest/manifest.ts";
import { captionTruth } from "./captionTruth.ts";
import { filterCaptions } from "./filterCaptions.ts";
import { defaultKeywords, readKeywords } from "./keywordDictionary.ts";
import { matchingKeywords } from "./keywordFilter.ts";
import { noisyCaption } from "./noisyCaption.ts";
import type { CaptionNoise } from "./noisyCaption.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "candor-filter-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const scene = JSON.stringify({ sex: "female", age: "old", hair: "short hair", light: "daylight" });
const spoofCaptions: Record<Attack, string> = {
  none: "this is a live face with pores of the skin.",
  print: "this is a printed photo with halftone dots and glossy paper.",
  replay: "this is a screen replay with moire waves and a dark bezel.",
  cutout: "this is a cut-out photo with a white cut edge and cut eye holes.",
  rigidMask: "this is a hard mask with stiff lips and a clear rim around the mask.",
  softMask: "this is a soft mask with skin without pores and soft folds at the edge.",
  partial: "this is a partly covered face with paper glasses and a strip over the face.",
};

function rowOf(id: string, attack: Attack): ManifestRow {
  return {
    id,
    dataset: "D1",
    split: "train",
    subject: id,
    video: id,
    frame: 0,
    path: `${id}.png`,
    label: attack === "none" ? "live" : "spoof",
    attack,
    attackCode: attack,
    box: [0, 0, 8, 8],
    width: 8,
    height: 8,
    sha256: "0".repeat(64),
    captionGeneral: "",
    captionSpoof: spoofCaptions[attack],
    scene,
  };
}

test.each<[Exclude<Attack, "none">, string, string[]]>([
  ["replay", "A man on a tablet screen.", ["on a tablet", "screen", "tablet"]],
  ["print", "A man on a tablet screen.", []],
  ["print", "Wrinkles on paper are seen.", ["on paper", "paper", "wrinkles"]],
  ["replay", "a moiré pattern", ["moire"]],
  ["replay", "There is no screen to be seen.", []],
  ["replay", "There is no paper, and a screen.", ["screen"]],
  ["rigidMask", "screening and masked, inkwell", []],
  ["print", "", []],
])("a %s image captioned %j is kept for %j", (attack, caption, keywords) => {
  expect(matchingKeywords(caption, attack, defaultKeywords)).toEqual(keywords);
});

test("counts what is kept, what only another attack's keyword would keep, and false hits on live images", () => {
  const rows = [
    rowOf("a", "print"),
    rowOf("b", "print"),
    rowOf("c", "replay"),
    rowOf("d", "replay"),
    rowOf("e", "none"),
    rowOf("f", "none"),
    rowOf("g", "print"),
    rowOf("h", "print"),
  ];
  const captions = new Map([
    ["a", "a man on a sheet of paper."], // right and kept
    ["b", "a man with a dark bezel."], // wrong, another attack's keyword only
    ["c", "a man with moire waves and glossy paper."], // kept, though paper is not of a replay
    ["d", "a man in daylight."], // silent
    ["e", "a woman with a mask."], // false hit on a live image
    ["f", "a woman."],
    ["h", "a man with flat shading."], // right, but no keyword
  ]);
  const { pairs, counts } = filterCaptions(rows, captions, defaultKeywords, true);
  expect(pairs.map(({ id, keywords }) => [id, keywords.length > 0])).toEqual([
    ["a", true],
    ["b", false],
    ["c", true],
    ["d", false],
    ["h", false],
  ]);
  expect(counts).toEqual({
    spoof: 5,
    kept: 2,
    byAttack: { print: { spoof: 3, kept: 1 }, replay: { spoof: 2, kept: 1 } },
    otherAttackOnly: 1,
    live: 2,
    liveHits: 1,
    liveHitsByAttack: { rigidMask: 1 },
    truth: { right: 2, wrong: 2, silent: 1, keptRight: 1, precision: 0.5, recall: 0.5 },
  });
  expect(filterCaptions(rows, captions, defaultKeywords, false).counts).not.toHaveProperty("truth");
});

test("the truth of a caption is judged by the grammar, cues that two attacks share included", () => {
  expect(captionTruth("a man with halftone dots.", "print")).toBe("right");
  expect(captionTruth("a man with halftone dots.", "cutout")).toBe("right");
  expect(captionTruth("a man with halftone dots.", "replay")).toBe("wrong");
  expect(captionTruth("a man with halftone dots and moire waves.", "print")).toBe("wrong");
  expect(captionTruth("a man with moist eyes.", "print")).toBe("wrong");
  expect(captionTruth("a man.", "print")).toBe("silent");
});

const noise = (change: Partial<CaptionNoise>): CaptionNoise => ({
  seed: 3,
  missing: 0,
  wrong: 0,
  falseOnLive: 0,
  ...change,
});
const spoofs = Object.keys(spoofCaptions).filter((attack) => attack !== "none") as Exclude<Attack, "none">[];

test("without noise every caption says the true items alone, and no live caption holds a keyword", () => {
  for (let i = 0; i < 300; i++) {
    const attack = spoofs[i % spoofs.length] as Exclude<Attack, "none">;
    const { caption, missed, foreign, items } = noisyCaption(rowOf(`${i}`, attack), noise({}));
    expect([missed, foreign]).toEqual([0, undefined]);
    expect(items).toBeGreaterThanOrEqual(2);
    expect(captionTruth(caption, attack), caption).toBe("right");
  }
  const live = Array.from({ length: 300 }, (_, i) => rowOf(`${i}`, "none"));
  const captions = new Map(live.map((row) => [row.id, noisyCaption(row, noise({})).caption]));
  expect(filterCaptions(live, captions, defaultKeywords, true).counts.liveHits).toBe(0);
});

test("errors come at the rates that were asked for, and are errors by the grammar too", () => {
  const frames = Array.from({ length: 3000 }, (_, i) => rowOf(`${i}`, spoofs[i % 6] as Attack));
  const asked = noise({ missing: 0.4, wrong: 0.2, falseOnLive: 0.1 });
  const drawn = frames.map((row) => ({ row, ...noisyCaption(row, asked) }));
  const sum = (of: (frame: (typeof drawn)[number]) => number) => drawn.reduce((all, d) => all + of(d), 0);
  // Four standard deviations of a binomial draw.
  expect(Math.abs(sum((d) => d.missed) / sum((d) => d.items) - 0.4)).toBeLessThan(0.022);
  expect(Math.abs(sum((d) => (d.foreign ? 1 : 0)) / 3000 - 0.2)).toBeLessThan(0.03);
  for (const { row, caption, foreign, items, missed } of drawn) {
    const truth = foreign ? "wrong" : missed < items ? "right" : "silent";
    expect(captionTruth(caption, row.attack), `${row.attack}: ${caption}`).toBe(truth);
    expect(foreign).not.toBe(row.attack);
  }
  const live = Array.from({ length: 3000 }, (_, i) => noisyCaption(rowOf(`${i}`, "none"), asked));
  const hits = live.filter(({ foreign }) => foreign !== undefined).length;
  expect(Math.abs(hits / 3000 - 0.1)).toBeLessThan(0.022);
  expect(noisyCaption(rowOf("7", "print"), asked)).toEqual(noisyCaption(rowOf("7", "print"), asked));
});

test("the noisy captioner says what it cannot work from", () => {
  const bare = { ...rowOf("x", "print"), captionSpoof: "" };
  expect(() => noisyCaption(bare, noise({}))).toThrow(/row x has no captionSpoof.*--captions=FILE/);
  expect(() => noisyCaption(bare, noise({ wrong: 2 }))).toThrow(/wrong must be a probability.*got 2/);
});

test("a dictionary file replaces ours; a wrong one is refused with its cause", async () => {
  const file = join(folder, "keywords.json");
  writeFileSync(file, JSON.stringify({ print: ["Glossy Sheet", "glossy sheet"], replay: [] }));
  const keywords = await readKeywords(file);
  expect(keywords.print).toEqual(["glossy sheet"]);
  expect(keywords.rigidMask).toEqual([]);
  const refused = async (text: string) => {
    writeFileSync(file, text);
    return await readKeywords(file).then(
      () => "accepted",
      (error: Error) => error.message,
    );
  };
  expect(await refused("{")).toMatch(/keywords.json is not JSON/);
  expect(await refused('{"prints": ["a"]}')).toMatch(/must map attacks \(print, replay/);
  expect(await refused('{"print": "paper"}')).toMatch(/print: .*array/);
  expect(await refused('{"print": ["!!"]}')).toMatch(/print.0: .*word|a keyword must hold a word/);
  expect(await refused("{}")).toMatch(/holds no keyword/);
  await expect(readKeywords(join(folder, "none.json"))).rejects.toThrow(/cannot read .*none.json/);
});
