/** @file Histogram of P(live): live upwards, spoof downwards. */

import * as Plot from "@observablehq/plot";
import type { ScoredSample } from "../../metrics/scoredSample.ts";
import type { SafeHtml } from "../html.ts";
import { drawPlot } from "./drawPlot.ts";

const bins = 20;

/**
 * Draws both classes as shares of their own size, mirrored, so that they part without colour.
 *
 * @param thresholds one a seed, drawn as rules where there are some
 */
export function scoreHistogram(
  label: string,
  samples: readonly ScoredSample[],
  thresholds: readonly (number | null)[],
): SafeHtml {
  const live = shares(samples, "live");
  const spoof = shares(samples, "spoof");
  const highest = Math.max(...live, ...spoof, 0.1);
  const channels = { x1: "x1", x2: "x2", y1: "y1", y2: "y2", inset: 0.5 };
  return drawPlot(label, {
    width: 200,
    height: 104,
    marginLeft: 8,
    marginRight: 8,
    marginTop: 6,
    marginBottom: 22,
    style: { fontSize: "11px" },
    x: { domain: [0, 1], label: null, ticks: [0, 0.5, 1], tickFormat: String, tickSize: 3 },
    y: { domain: [-highest, highest], axis: null },
    marks: [
      Plot.rect(bars(live, 1), { ...channels, fill: "var(--live)" }),
      Plot.rect(bars(spoof, -1), { ...channels, fill: "var(--spoof)" }),
      Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.6 }),
      Plot.ruleX(
        thresholds.filter((threshold) => threshold !== null && threshold <= 1),
        { stroke: "currentColor", strokeDasharray: "3 2" },
      ),
    ],
  });
}

function shares(samples: readonly ScoredSample[], label: string): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  const ofClass = samples.filter((sample) => sample.label === label);
  for (const { score } of ofClass) counts[Math.min(Math.floor(score * bins), bins - 1)]! += 1;
  return counts.map((count) => (ofClass.length === 0 ? 0 : count / ofClass.length));
}

function bars(heights: readonly number[], sign: number): Record<string, number>[] {
  return heights.map((height, bin) => ({ x1: bin / bins, x2: (bin + 1) / bins, y1: 0, y2: sign * height }));
}
