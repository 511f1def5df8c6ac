/** @file The published figures of a fold beside ours, with what differs. */

import { besidePublished } from "../besidePublished.ts";
import { html, type SafeHtml } from "../html.ts";
import type { CrossDomainReport } from "../report.ts";

/** The table and its caveats; `null` where nothing is published of the report's fold. */
export function publishedFoldSection(report: CrossDomainReport): SafeHtml | null {
  const beside = besidePublished(report);
  if (!beside) return null;
  const { differences, head, rows } = beside;
  return html`<section>
    <h2>Beside the published figures</h2>
    <p class="warning">
      <strong>Not comparable.</strong> The published rows and ours were measured in different ways; they stand
      together to show the fold's scale.
    </p>
    <ul>
      ${differences.map((difference) => html`<li>${difference}</li>`)}
    </ul>
    <div class="scroll">
      <table class="narrow">
        <thead>
          <tr>
            ${head.map((text, column) => html`<th class="${textual(column, head)}">${text}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ cells, ours }) =>
              html`<tr class="${ours ? "first ours" : "first"}">
                ${cells.map((text, column) => html`<td class="${textual(column, head)}">${text}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

// Method, what is also trained on, and the source are words; between them stand figures.
function textual(column: number, head: readonly string[]): string {
  return column < 2 || column === head.length - 1 ? "text" : "";
}
