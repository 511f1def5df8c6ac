/** @file The legend that maps line and bar marks to runs. */

import { runMark } from "../charts/drawPlot.ts";
import { html, type SafeHtml } from "../html.ts";

/** One entry a run, in the colour and dash of its marks. */
export function runLegend(runs: readonly { readonly name: string }[]): SafeHtml {
  return html`<ul class="legend">
    ${runs.map((run, index) => {
      const { colour, dash } = runMark(index);
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
