/** @file Observable Plot to inline SVG, without a browser. */

import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { trusted, type SafeHtml } from "../html.ts";

/**
 * Draws a plot as SVG that scales with its container and takes text and line colour from the page.
 *
 * @param label what the chart shows, for readers who do not see it
 */
export function drawPlot(label: string, options: Plot.PlotOptions): SafeHtml {
  const { document } = parseHTML("<html><body></body></html>");
  const svg = Plot.plot({ ...options, document, className: "plot" });
  svg.querySelector("style")?.remove();
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const element of [svg, ...svg.querySelectorAll("*")]) roundPlaces(element);
  return trusted(svg.outerHTML);
}

const places = [
  "d",
  "x",
  "y",
  "x1",
  "x2",
  "y1",
  "y2",
  "cx",
  "cy",
  "r",
  "width",
  "height",
  "points",
  "transform",
];

/** A hundredth of a pixel is enough, and a third of the bytes. */
function roundPlaces(element: Element): void {
  for (const name of places) {
    const value = element.getAttribute(name);
    if (!value) continue;
    const rounded = value.replaceAll(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
    element.setAttribute(name, rounded);
  }
}

/** The mark of one method or run: colours and dashes differ, so that neither print nor colour blindness merges two. */
export interface RunMark {
  readonly colour: string;
  readonly dash: string;
}

const dashes = ["none", "6 3", "2 3", "8 3 2 3", "4 2", "1 2"];

/** The mark of the method or run with this index; colours are variables of the page's style sheet. */
export function runMark(index: number): RunMark {
  // Shifted by one every six, so that no two of 36 have both in common.
  return { colour: `var(--run-${index % 6})`, dash: dashes[(index + Math.floor(index / 6)) % 6]! };
}
