/** @file ROC and DET curves of one domain, one line a run. */

import * as Plot from "@observablehq/plot";
import { errorSweep } from "../../metrics/errorSweep.ts";
import type { ScoredSample } from "../../metrics/scoredSample.ts";
import type { SafeHtml } from "../html.ts";
import { drawPlot, runMark } from "./drawPlot.ts";
import { probit } from "./probit.ts";

/** The videos of one domain as one run scored them. */
export interface CurveInput {
  /** The method's place among the methods, which gives colour and dash. */
  readonly index: number;
  /** Runs of the method; several are drawn thinner. */
  readonly seeds: number;
  /** Both classes. */
  readonly videos: readonly ScoredSample[];
}

const frame = { width: 200, height: 190, marginLeft: 32, marginBottom: 24, marginTop: 8, marginRight: 12 };
const grid = { stroke: "currentColor", strokeOpacity: 0.12 };

/** Share of live samples accepted over share of spoof samples accepted, positive class live. */
export function rocCurve(dataset: string, inputs: readonly CurveInput[]): SafeHtml {
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  return drawPlot(`ROC curve of ${dataset}`, {
    ...frame,
    style: { fontSize: "11px" },
    x: { domain: [0, 1], label: null, ticks, tickFormat: inPercent, tickSize: 3 },
    y: { domain: [0, 1], label: null, ticks, tickFormat: inPercent, tickSize: 3 },
    marks: [
      Plot.gridX(ticks, grid),
      Plot.gridY(ticks, grid),
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: "currentColor", strokeOpacity: 0.35, strokeDasharray: "2 3" },
      ),
      ...inputs.map((input) =>
        Plot.line(
          errorSweep(input.videos).map(({ far, frr }) => [far, 1 - frr]),
          line(input),
        ),
      ),
    ],
  });
}

const detTicks = [0.01, 0.05, 0.2, 0.5, 0.8];
const detLimits = [probit(0.005), probit(0.9)] as const;

/**
 * Rejected live samples over accepted spoof samples, both axes in normal deviates (Martin et al. 1997).
 *
 * Rates outside 0.5 % to 90 % are drawn on the frame, because 0 and 1 lie at infinity.
 */
export function detCurve(dataset: string, inputs: readonly CurveInput[]): SafeHtml {
  const ticks = detTicks.map(probit);
  const format = (_: number, index: number) => String(detTicks[index]! * 100);
  return drawPlot(`DET curve of ${dataset}`, {
    ...frame,
    style: { fontSize: "11px" },
    x: { domain: detLimits, label: null, ticks, tickFormat: format, tickSize: 3 },
    y: { domain: detLimits, label: null, ticks, tickFormat: format, tickSize: 3 },
    marks: [
      Plot.gridX(ticks, grid),
      Plot.gridY(ticks, grid),
      Plot.line(
        [
          [detLimits[0], detLimits[0]],
          [detLimits[1], detLimits[1]],
        ],
        {
          stroke: "currentColor",
          strokeOpacity: 0.35,
          strokeDasharray: "2 3",
        },
      ),
      ...inputs.map((input) =>
        Plot.line(
          errorSweep(input.videos).map(({ far, frr }) => [deviate(far), deviate(frr)]),
          line(input),
        ),
      ),
    ],
  });
}

function line({ index, seeds }: CurveInput): Plot.LineOptions {
  const { colour, dash } = runMark(index);
  const weight = seeds > 1 ? { strokeWidth: 1.25, strokeOpacity: 0.75 } : { strokeWidth: 2 };
  return { stroke: colour, strokeDasharray: dash, strokeLinejoin: "round", ...weight };
}

function inPercent(share: number): string {
  return String(share * 100);
}

function deviate(share: number): number {
  return probit(Math.min(Math.max(share, 0.005), 0.9));
}
