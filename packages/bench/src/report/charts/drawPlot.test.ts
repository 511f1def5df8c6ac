/** @file Places in a drawing are short; its words stay as they are. */

import * as Plot from "@observablehq/plot";
import { expect, test } from "vitest";
import { drawPlot } from "./drawPlot.ts";

test("places are rounded to a hundredth, and no name or label is", () => {
  const marks = [Plot.text([{ x: 1 / 3, y: 2 / 7 }], { x: "x", y: "y", text: () => "lr=0.0001" })];
  const drawn = drawPlot("alpha=0.125", { x: { domain: [0, 1] }, y: { domain: [0, 1] }, marks }).html;
  expect(drawn).toContain("lr=0.0001");
  expect(drawn).toContain('aria-label="alpha=0.125"');
  expect(drawn).not.toMatch(/(?:transform|d|x|y)="[^"]*\d\.\d{3}/);
});
