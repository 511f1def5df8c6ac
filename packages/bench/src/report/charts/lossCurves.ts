/** @file Training losses of runs over their steps. */

import * as Plot from "@observablehq/plot";
import type { SafeHtml } from "../html.ts";
import { drawPlot, runMark } from "./drawPlot.ts";

/** One run's losses, a number a step. */
export interface LossCurve {
  readonly name: string;
  readonly steps: readonly number[];
  readonly losses: readonly number[];
}

/**
 * The mean over the latest steps: batches are small, so single losses jump.
 *
 * @param window most steps of a mean
 */
export function smoothed(losses: readonly number[], window: number): number[] {
  let sum = 0;
  return losses.map((loss, i) => {
    sum += loss - (i >= window ? (losses[i - window] as number) : 0);
    return sum / Math.min(i + 1, window);
  });
}

/**
 * Draws one line a run, on a logarithmic axis where losses allow it.
 *
 * @param measure what is drawn, for the axis
 * @param window  steps of the running mean
 */
export function lossCurves(measure: string, curves: readonly LossCurve[], window: number): SafeHtml {
  const all = curves.flatMap(({ losses }) => smoothed(losses, window));
  // Losses fall by a factor; a loss of 0 or below has no logarithm.
  const scale = Math.min(...all) > 0 ? { type: "log" as const, ticks: 6, tickFormat: "~g" } : {};
  return drawPlot(`${measure} of ${curves.map(({ name }) => name).join(", ")}`, {
    width: 640,
    height: 360,
    marginLeft: 52,
    marginBottom: 42,
    style: { fontSize: "13px" },
    x: { label: "step →", grid: true },
    y: { label: `↑ ${measure}`, grid: true, nice: true, ...scale },
    marks: curves.map(({ steps, losses }, index) => {
      const { colour, dash } = runMark(index);
      const points = smoothed(losses, window).map((loss, i) => ({ step: steps[i], loss }));
      const style = { stroke: colour, strokeDasharray: dash, strokeWidth: 1.8 };
      return Plot.line(points, { x: "step", y: "loss", ...style });
    }),
  });
}
