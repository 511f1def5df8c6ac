/** @file The ablation: which trainings there are, what they are called, and a table whose figures are known by hand. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodings } from "@candor/models";
import { parseRunConfig, recipes } from "@candor/train";
import { expect, test } from "vitest";
import type { ScoreFile, ScoreRow } from "../scores/scoreFile.ts";
import { ablationTable } from "./ablationTable.ts";
import { methodTable } from "../report/methodTable.ts";
import { factorsOf } from "./factors.ts";
import { baselineName, planAblation } from "./planAblation.ts";
import { renderAblationLatex, renderAblationMarkdown } from "./renderAblation.ts";
import { writeAblation } from "./writeAblation.ts";

const recipeNames = Object.keys(recipes) as (keyof typeof recipes)[];
const all = factorsOf(recipes.starter("ifas", "").connector).map(({ name }) => name);

test("one factor at a time is the baseline and every other level once; decodings need no training", () => {
  const { variants, settings } = planAblation(all, "one");
  expect(variants.map(({ name }) => name)).toEqual([
    "ifas",
    "captions=none",
    "captions=template",
    "captions=general",
    "loss=lm",
    "loss=0.3",
    "loss=0.5",
    "loss=0.9",
    "connector=mlp",
    "connector=learned-query",
  ]);
  expect(variants[0]).toMatchObject({ config: {}, decodings: Object.keys(decodings) });
  expect(settings.slice(0, 3)).toEqual([
    { method: "ifas", levels: { captions: "spoof-aware", loss: "0.7", connector: "gac", decoding: "plain" } },
    {
      method: "ifas+vdd",
      levels: { captions: "spoof-aware", loss: "0.7", connector: "gac", decoding: "vdd" },
    },
    {
      method: "ifas+post-hoc",
      levels: { captions: "spoof-aware", loss: "0.7", connector: "gac", decoding: "post-hoc" },
    },
  ]);
});

test("a full design has every combination, and calls those of the other design the same", () => {
  const full = planAblation(all, "full");
  const one = planAblation(all, "one");
  expect(full.variants).toHaveLength(4 * 5 * 3);
  expect(full.settings).toHaveLength(4 * 5 * 3 * 3);
  expect(new Set(full.settings.map(({ levels }) => JSON.stringify(levels))).size).toBe(180);
  for (const variant of one.variants) {
    expect(full.variants.find(({ name }) => name === variant.name)?.config).toEqual(variant.config);
  }
  expect(full.variants.at(-1)!.config).toEqual({
    caption: "captionGeneral",
    alpha: 0.9,
    connector: { kind: "learnedQuery", width: 64, queries: 4, depth: 1, heads: 4, mlpRatio: 2 },
  });
});

test.each(recipeNames)(
  "every training is a valid run of %s, and the baseline's levels are the recipe's",
  (name) => {
    const recipe = recipes[name]("ifas", "faces.arrow");
    const { variants } = planAblation(all, "full", {}, name);
    for (const { config } of variants) parseRunConfig({ ...recipe, ...config });
    expect(variants.every((variant) => variant.recipe === name)).toBe(true);
    expect(recipe).toMatchObject({
      caption: "captionSpoof",
      loss: "lopsided",
      alpha: 0.7,
      connector: { kind: "gac" },
    });
  },
);

const connectors = (recipe: (typeof recipeNames)[number]) =>
  planAblation(["connector"], "one", {}, recipe).variants.map(({ config }) => JSON.stringify(config));

test("connectors have the sizes of the recipe's, those of the starter as they were", () => {
  expect(connectors("starter")).toEqual([
    "{}",
    '{"connector":{"kind":"linear","hidden":128}}',
    '{"connector":{"kind":"learnedQuery","width":64,"queries":4,"depth":1,"heads":4,"mlpRatio":2}}',
  ]);
  expect(connectors("clip-l14-qwen2.5-1.5b").slice(1)).toEqual([
    '{"connector":{"kind":"linear","hidden":4096}}',
    '{"connector":{"kind":"learnedQuery","width":1024,"queries":96,"depth":4,"heads":8,"mlpRatio":4}}',
  ]);
  expect(() => factorsOf({ kind: "linear", hidden: 8 })).toThrow(
    '[factorsOf] the factor "connector" starts from a recipe\'s "gac", got "linear"',
  );
});

test("common fields reach every training, and only what is varied is planned", () => {
  const { variants, settings } = planAblation(["loss"], "one", { steps: 9 });
  expect(variants.map(({ config }) => config)).toEqual([
    { steps: 9 },
    { steps: 9, loss: "plain" },
    { steps: 9, alpha: 0.3 },
    { steps: 9, alpha: 0.5 },
    { steps: 9, alpha: 0.9 },
  ]);
  expect(settings).toHaveLength(5);
  expect(() => planAblation(["los"], "one")).toThrow('"los" is no factor; factors are captions, loss');
  expect(() => planAblation(["loss"], "one", { alpha: 0.5 })).toThrow(
    '--config sets "alpha", which a factor varies',
  );
  expect(planAblation(["captions"], "one", { alpha: 0.5 }).variants[0]!.config).toEqual({ alpha: 0.5 });
  expect(() => planAblation([], "one")).toThrow("no factor is named");
});

/** Three live and three spoof videos a domain; `wrong` live ones lie below every spoof. */
function scores(method: string, seed: number, wrong: number): ScoreFile {
  const rows = ["D1", "D2", "D3"].flatMap((dataset) =>
    [0, 1, 2, 3, 4, 5].map((index): ScoreRow => {
      const live = index < 3;
      const score = live ? (dataset !== "D1" && index < wrong ? 0.1 : 0.9) : 0.2 + index / 100;
      return {
        id: `${dataset}-${index}`,
        dataset,
        split: dataset === "D1" ? "dev" : "test",
        subject: `${index}`,
        video: `v${index}`,
        frame: 0,
        label: live ? "live" : "spoof",
        attack: live ? "none" : "print",
        score,
        sentence:
          method.includes("+") || index % 3 > 0
            ? null
            : live
              ? "Yes, this is a live face."
              : seed === 0
                ? "No, this is a printed photo."
                : "No, this is a rigid mask.",
      };
    }),
  );
  const metadata = {
    method,
    seed: String(seed),
    checkpoint: "x",
    adapter: "a",
    threads: "2",
    commit: "c",
    protocol: "one-to-eleven",
    sources: "D1",
  };
  return { metadata, rows };
}

const compared = (scored: readonly ScoreFile[], resamples: number) =>
  methodTable(scored, { resamples, seed: 0, baseline: baselineName });
const plan = planAblation(["captions", "decoding"], "one");
const trainings = new Map([
  [baselineName, { seconds: 60, samplesPerSecond: 100, scoredImagesPerSecond: 50 }],
]);
const files = plan.settings
  .filter(({ method }) => method !== "captions=general")
  .flatMap(({ method }) =>
    [0, 1].map((seed) => scores(method, seed, method === "captions=none" ? 1 + seed : 0)),
  );

test("figures are means over seeds, differences are to the baseline, and levels without scores are left out", () => {
  const { factors: rows, settings } = ablationTable(plan, files, compared(files, 20), trainings);
  expect(rows.map(({ name, rows: levels }) => [name, levels.map(({ level }) => level)])).toEqual([
    ["captions", ["none", "template", "spoof-aware"]],
    ["decoding", ["plain", "vdd", "post-hoc"]],
  ]);
  const none = rows[0]!.rows[0]!.row;
  // One and two of three live videos lie below all spoofs: AUC 2/3 and 1/3.
  expect(none.figures.mean?.auc?.values).toEqual([expect.closeTo(2 / 3, 12), expect.closeTo(1 / 3, 12)]);
  expect(none.figures.against?.auc.difference).toBeCloseTo(-0.5, 12);
  expect(none.aucDifferenceBySeed).toEqual([expect.closeTo(-1 / 3, 12), expect.closeTo(-2 / 3, 12)]);
  expect(none.hterAtHalf?.mean).toBeCloseTo((1 / 6 + 2 / 6) / 2, 12);
  expect(none.hterAtHalf?.deviation).toBeCloseTo(1 / 6 / Math.SQRT2, 12);
  // Seed 0 names the print, seed 1 a mask.
  expect(none.attackNamedRight).toEqual({ mean: 0.5, deviation: expect.closeTo(Math.SQRT1_2, 12) });
  const [full, vdd] = [rows[1]!.rows[0]!.row, rows[1]!.rows[1]!.row];
  expect(full).toMatchObject({ method: "ifas", training: { seconds: 60 }, figures: { against: null } });
  expect(vdd).toMatchObject({ training: null, attackNamedRight: null });
  expect(settings).toHaveLength(5);
});

test("folds of a seed are one value, dev videos of two sources may share names, and one class is a blank", () => {
  const [first] = files.filter(({ metadata }) => metadata.method === "ifas");
  const { metadata, rows } = first!;
  // A second fold, trained on D1 and D4, whose only target has live faces that lie below the spoofs.
  const other = rows
    .filter(({ dataset }) => dataset === "D1")
    .map((row) => ({ ...row, id: `D4-${row.id}`, dataset: "D4", subject: `${row.subject}b` }));
  const reversed = rows
    .filter(({ dataset }) => dataset === "D2")
    .map((row) => ({ ...row, dataset: "D5", id: `D5-${row.id}`, score: row.label === "live" ? 0.1 : 0.9 }));
  const fold = (targets: readonly ScoreRow[]): ScoreFile => ({
    metadata: { ...metadata, sources: "D1,D4" },
    rows: [...rows.filter(({ dataset }) => dataset === "D1"), ...other, ...targets],
  });
  const table = (targets: readonly ScoreRow[]) => {
    const both = [first!, fold(targets)];
    return ablationTable(planAblation(["decoding"], "one"), both, compared(both, 0), new Map()).settings[0]!;
  };
  expect(table(reversed).hterAtHalf).toEqual({ mean: 0.5, deviation: null });
  const oneClass = reversed.filter(({ label }) => label === "live");
  expect(table(oneClass).hterAtHalf).toBeNull();
});

test("the table is written with the paper's effects, and kept where it is asked for", async () => {
  const folder = await mkdtemp(join(tmpdir(), "candor-ablation-"));
  try {
    const table = ablationTable(plan, files, compared(files, 20), trainings);
    const kept = join(folder, "kept.json");
    const { markdown, paths } = await writeAblation(folder, table, files, ["again"], kept);
    expect(markdown).toContain("| no captions: Yes or No alone | ");
    expect(markdown).toContain("| HTER +3.17, AUC −3.30 |");
    expect(markdown).toContain("−50.00 [");
    expect(markdown).toContain("| −33.33, −66.67 |");
    expect(markdown).not.toContain("every combination");
    expect(renderAblationMarkdown(table)).toBe(markdown);
    expect(renderAblationLatex(table)).toContain("$\\Delta$");
    expect(paths).toHaveLength(4);
    const json = JSON.parse(await readFile(kept, "utf8")) as { seeds: string[]; settings: unknown[] };
    expect(json).toMatchObject({ commands: ["again"], seeds: ["0", "1"], scoredAt: { commit: "c" } });
    expect(await readFile(paths[0]!, "utf8")).toBe(await readFile(kept, "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
