/** @file The legend that maps line and bar marks to methods or runs. */

import { runMark } from "../charts/drawPlot.ts";
import { html, type SafeHtml } from "../html.ts";

/** One entry a method or run, in the colour and dash of its marks. */
export function runLegend(runs: readonly { readonly name: string; readonly index?: number }[]): SafeHtml {
  return html`<ul class="legend">
    ${runs.map((run, place) => {
      const { colour, dash } = runMark(run.index ?? place);
      const key = `stroke: ${colour}; stroke-dasharray: ${dash}; stroke-width: 3`;
      return html`<li>
        <svg
          width="34"
          height="8"
          style="display: inline; width: 34px; vertical-align: middle"
          aria-hidden="true"
        >
          <path d="M1 4H33" style="${key}" />
        </svg>
        ${run.name}
      </li>`;
    })}
  </ul>`;
}
