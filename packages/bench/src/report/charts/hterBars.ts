/** @file Bars of the literature's HTER by domain, with intervals, and a tick at the deployable HTER. */

import * as Plot from "@observablehq/plot";
import type { SafeHtml } from "../html.ts";
import type { Interval } from "../../metrics/bootstrap.ts";
import { isCrowded, methodGroups, overSeeds } from "../methodGroups.ts";
import type { CrossDomainReport, RunResult } from "../report.ts";
import { drawPlot, runMark } from "./drawPlot.ts";

/** Draws horizontal bars, a group a domain, a bar a method, over its seeds; the means stand last. */
export function hterBars(report: CrossDomainReport): SafeHtml {
  const { targets } = report;
  const groups = methodGroups(report);
  const mean = `mean of ${targets.length}`;
  const bars = groups.flatMap((group) => {
    const bar = (domain: string, literature: Figure, deployable: Figure, interval: Figure<Interval>): Bar => {
      const hter = overSeeds(group, literature);
      const single = group.runs.length === 1 ? (interval(group.runs[0]!) ?? null) : null;
      const range = hter && group.runs.length > 1 ? { low: hter.least, high: hter.most } : single;
      return {
        domain,
        method: group.name,
        index: group.index,
        hter: hter?.mean ?? null,
        low: range?.low ?? null,
        high: range?.high ?? null,
        deployable: overSeeds(group, deployable)?.mean ?? null,
      };
    };
    return [
      ...targets.map((target) => {
        const videos = (run: RunResult) => run.domains.find(({ dataset }) => dataset === target)!.videos;
        return bar(
          target,
          (run) => videos(run).hterLiterature,
          (run) => videos(run).hterAtDevThreshold,
          (run) => videos(run).hterLiteratureInterval,
        );
      }),
      bar(
        mean,
        (run) => run.averages.hterLiterature,
        (run) => run.averages.hterAtDevThreshold,
        () => null,
      ),
    ];
  });
  // More methods than colours need their names, and then there is room for the means alone.
  const named = isCrowded(groups);
  const domains = named ? [mean] : [...targets, mean];
  const shown = bars.filter((bar) => domains.includes(bar.domain));
  const largest = Math.max(
    0.1,
    ...shown.flatMap((bar) => [bar.hter ?? 0, bar.high ?? 0, bar.deployable ?? 0]),
  );
  return drawPlot("HTER by domain and method", {
    width: 440,
    height: 56 + domains.length * ((named ? 18 : groups.length > 2 ? 10 : 14) * groups.length + 12),
    marginLeft: named ? 16 + 6.6 * Math.max(...groups.map(({ name }) => name.length)) : 86,
    marginRight: 16,
    marginTop: 6,
    marginBottom: 40,
    style: { fontSize: "12px" },
    x: {
      domain: [0, Math.min(1, largest * 1.04)],
      label: "HTER in % →",
      tickFormat: (share: number) => String(Math.round(share * 100)),
      grid: true,
    },
    y: {
      domain: groups.map((group) => group.name),
      label: null,
      tickSize: 0,
      padding: 0.12,
      ...(named ? {} : { axis: null }),
    },
    fy: { domain: domains, label: null, padding: 0.22, ...(named ? { axis: null } : {}) },
    marks: [
      Plot.barX(shown, {
        x: "hter",
        y: "method",
        fy: "domain",
        fill: (bar: Bar) => runMark(bar.index).colour,
      }),
      Plot.ruleY(
        shown.filter((bar) => bar.low !== null),
        {
          x1: "low",
          x2: "high",
          y: "method",
          fy: "domain",
          stroke: "currentColor",
          strokeOpacity: 0.75,
        },
      ),
      Plot.tickX(shown, {
        x: "deployable",
        y: "method",
        fy: "domain",
        stroke: "currentColor",
        strokeWidth: 2.5,
      }),
    ],
  });
}

type Figure<T = number> = (run: RunResult) => T | null | undefined;

interface Bar {
  readonly domain: string;
  readonly method: string;
  readonly index: number;
  readonly hter: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly deployable: number | null;
}
