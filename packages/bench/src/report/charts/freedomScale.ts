/** @file The scale from templates to free text, a row a method. */

import * as Plot from "@observablehq/plot";
import type { SafeHtml } from "../html.ts";
import { overSeeds, type MethodGroup } from "../methodGroups.ts";
import { drawPlot, runMark } from "./drawPlot.ts";

/** Draws a dot a method at the mean over its seeds, with its counts. */
export function freedomScale(groups: readonly MethodGroup[]): SafeHtml {
  const dots = groups.flatMap((group) => {
    const place = overSeeds(group, (run) => run.explanations.templateToFree)?.mean;
    if (place === undefined) return [];
    const counts = group.runs.map(({ explanations: { sentences, distinctSentences } }) => {
      const different = Math.round((distinctSentences ?? 0) * sentences);
      return `${different} of ${sentences}`;
    });
    const text = `${group.name}: ${counts.join(", ")} differ`;
    return [{ method: group.name, index: group.index, place, text }];
  });
  return drawPlot("How free the sentences are, from template to free text", {
    width: 420,
    height: 62 + 34 * groups.length,
    marginLeft: 16,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 26,
    style: { fontSize: "12px" },
    x: {
      domain: [0, 1],
      label: null,
      ticks: [0, 0.25, 0.5, 0.75, 1],
      tickFormat: (share: number) => String(share * 100),
    },
    y: { domain: groups.map(({ name }) => name), axis: null, padding: 0.3 },
    marks: [
      Plot.ruleY(groups, { y: "name", stroke: "currentColor", strokeOpacity: 0.25 }),
      Plot.dot(dots, { x: "place", y: "method", r: 6, fill: colour }),
      ...[false, true].map((isRight) =>
        Plot.text(
          dots.filter(({ place }) => place > 0.5 === isRight),
          {
            x: "place",
            y: "method",
            text: "text",
            textAnchor: isRight ? "end" : "start",
            dx: isRight ? -11 : 11,
            dy: -9,
          },
        ),
      ),
      Plot.text(["template"], { frameAnchor: "top-left", dx: -8, dy: -20, textAnchor: "start" }),
      Plot.text(["free text"], { frameAnchor: "top-right", dx: 8, dy: -20, textAnchor: "end" }),
    ],
  });
}

function colour({ index }: { readonly index: number }): string {
  return runMark(index).colour;
}
