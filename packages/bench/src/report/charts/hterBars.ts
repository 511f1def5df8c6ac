/** @file Bars of the literature's HTER by domain, with intervals, and a tick at the deployable HTER. */

import * as Plot from "@observablehq/plot";
import type { SafeHtml } from "../html.ts";
import type { CrossDomainReport } from "../report.ts";
import { drawPlot, runMark } from "./drawPlot.ts";

/** Draws horizontal bars, a group a domain, a bar a run; the means stand last. */
export function hterBars({ runs, targets }: CrossDomainReport): SafeHtml {
  const mean = `mean of ${targets.length}`;
  const bars = runs.flatMap((run, index) => [
    ...run.domains
      .filter((domain) => domain.role === "target")
      .map(({ dataset, videos }) => ({
        domain: dataset,
        run: run.name,
        index,
        hter: videos.hterLiterature,
        low: videos.hterLiteratureInterval?.low ?? null,
        high: videos.hterLiteratureInterval?.high ?? null,
        deployable: videos.hterAtDevThreshold,
      })),
    {
      domain: mean,
      run: run.name,
      index,
      hter: run.averages.hterLiterature,
      low: null,
      high: null,
      deployable: run.averages.hterAtDevThreshold,
    },
  ]);
  const rows = targets.length + 1;
  const largest = Math.max(
    0.1,
    ...bars.flatMap((bar) => [bar.hter ?? 0, bar.high ?? 0, bar.deployable ?? 0]),
  );
  return drawPlot("HTER by domain and method", {
    width: 560,
    height: 56 + rows * (14 * runs.length + 12),
    marginLeft: 84,
    marginRight: 16,
    marginTop: 6,
    marginBottom: 40,
    style: { fontSize: "13px" },
    x: {
      domain: [0, Math.min(1, largest * 1.04)],
      label: "HTER in % →",
      tickFormat: (share: number) => String(Math.round(share * 100)),
      grid: true,
    },
    y: { domain: runs.map((run) => run.name), axis: null, padding: 0.12 },
    fy: { domain: [...targets, mean], label: null, padding: 0.22 },
    marks: [
      Plot.barX(bars, { x: "hter", y: "run", fy: "domain", fill: (bar: Bar) => runMark(bar.index).colour }),
      Plot.ruleY(
        bars.filter((bar) => bar.low !== null),
        {
          x1: "low",
          x2: "high",
          y: "run",
          fy: "domain",
          stroke: "currentColor",
          strokeOpacity: 0.75,
        },
      ),
      Plot.tickX(bars, { x: "deployable", y: "run", fy: "domain", stroke: "currentColor", strokeWidth: 2.5 }),
    ],
  });
}

interface Bar {
  readonly index: number;
}
