/** @file Mean HTERs of the literature above ours, one below the other. */

import * as Plot from "@observablehq/plot";
import type { SafeHtml } from "../html.ts";
import { methodGroups, overSeeds } from "../methodGroups.ts";
import { publishedOneToEleven } from "../published.ts";
import type { CrossDomainReport } from "../report.ts";
import { drawPlot, runMark } from "./drawPlot.ts";

/** Draws a bar a method, the published ones in grey, ours below a gap in the colours of their methods. */
export function publishedBars(report: CrossDomainReport): SafeHtml {
  const real = "published: 11 real data sets";
  const own = `this report: ${report.targets.length} ${report.rendered ? "rendered domains" : "data sets"}`;
  const published = publishedOneToEleven.map(({ method, average }) => ({
    method,
    part: real,
    hter: average.hter,
    least: average.hter,
    most: average.hter,
    colour: "var(--published)",
  }));
  const ours = methodGroups(report).flatMap((group) => {
    const hter = overSeeds(group, (run) => run.averages.hterLiterature);
    if (!hter) return [];
    const { mean, least, most } = hter;
    const shares = { hter: mean * 100, least: least * 100, most: most * 100 };
    return [{ method: group.name, part: own, ...shares, colour: runMark(group.index).colour }];
  });
  const bars = [...published, ...ours].map((bar) => ({ ...bar, key: `${bar.part} ${bar.method}` }));
  const names = new Map(bars.map(({ key, method }) => [key, method]));
  const gap = "gap";
  const largest = Math.max(...bars.map(({ most }) => most));
  return drawPlot("Mean HTER of the literature and of this report", {
    width: 440,
    height: 60 + 20 * (bars.length + 1),
    marginLeft: Math.max(104, 12 + 6.6 * Math.max(...bars.map(({ method }) => method.length))),
    marginRight: 44,
    marginTop: 22,
    marginBottom: 34,
    style: { fontSize: "12px" },
    x: { domain: [0, largest * 1.04], label: "mean HTER in %, threshold of the literature →", grid: true },
    y: {
      domain: [
        ...published.map(({ method }) => `${real} ${method}`),
        gap,
        ...ours.map(({ method }) => `${own} ${method}`),
      ],
      label: null,
      tickSize: 0,
      tickFormat: (key: string) => names.get(key) ?? "",
      padding: 0.2,
    },
    marks: [
      Plot.barX(bars, { x: "hter", y: "key", fill: "colour" }),
      Plot.ruleY(
        bars.filter(({ least, most }) => most > least),
        { x1: "least", x2: "most", y: "key", stroke: "currentColor" },
      ),
      Plot.text(bars, {
        x: "most",
        y: "key",
        text: ({ hter }: { hter: number }) => hter.toFixed(2),
        textAnchor: "start",
        dx: 4,
      }),
      Plot.text([real], { frameAnchor: "top-left", dy: -16, fontWeight: 600 }),
      Plot.text([own], { y: () => gap, x: () => 0, textAnchor: "start", dy: 2, fontWeight: 600 }),
    ],
  });
}
