/** @file The page of training curves: means, lines, legend and what it loads. */

import { expect, test } from "vitest";
import { smoothed } from "./charts/lossCurves.ts";
import { renderCurves, type TrainedRun } from "./renderCurves.ts";

test("a running mean looks back over its window, and over what there is at the start", () => {
  expect(smoothed([4, 2, 6, 0], 2)).toEqual([4, 3, 4, 3]);
  expect(smoothed([4, 2, 6, 0], 100)).toEqual([4, 3, 4, 3]);
  expect(smoothed([], 3)).toEqual([]);
});

const run = (name: string, measures: Record<string, number[]>): TrainedRun => ({
  name,
  config: { method: "ifas", recipe: "starter", seed: 3, steps: 3, batchSize: 8 },
  curves: new Map(
    Object.entries(measures).map(([measure, losses]) => [
      measure,
      { name, steps: losses.map((_, i) => i + 1), losses },
    ]),
  ),
});

test("every run has a line in both plots, and the page asks for nothing", () => {
  const page = renderCurves(
    [run("a<b", { loss: [3, 2, 1], judgmentLoss: [1, 0.5, 0.2] }), run("vit", { loss: [1, 0.9, 0.8] })],
    2,
    "lavapipe",
  );
  expect(page.match(/<path[^>]*stroke="var\(--run-\d\)"|stroke="var\(--run-\d\)"/g)).toHaveLength(4);
  expect(page).toContain("<td>a&#60;b</td>");
  expect(page).not.toMatch(/(src|href)="http/);
});
