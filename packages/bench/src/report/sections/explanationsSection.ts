/** @file How good the sentences are. */

import type { ExplanationFigures } from "../../explanations/judgeExplanations.ts";
import { percent } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import type { CrossDomainReport } from "../report.ts";

/** Figures of the interpretations, by run and domain; nothing if no run explains. */
export function explanationsSection({ runs }: CrossDomainReport): SafeHtml | null {
  const explaining = runs.filter((run) => run.explanations.sentences > 0);
  if (explaining.length === 0) return null;
  return html`<section>
    <h2>Do the sentences say the truth?</h2>
    <p class="soft">
      The attack that a sentence names, found by the keyword dictionary of the captions, against the true one
      and against the verdict at the dev threshold. Distinct-2: different word pairs over all word pairs. All
      in per cent.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">domain</th>
            <th class="text">method</th>
            <th>sentences</th>
            <th>attack named right<small>of spoof frames</small></th>
            <th>presentation named right<small>of all frames</small></th>
            <th>names any presentation</th>
            <th>agrees with the verdict</th>
            <th>distinct-2</th>
          </tr>
        </thead>
        <tbody>
          ${explaining.flatMap((run) => [
            ...run.domains.map(({ dataset, explanations }) => row("first", dataset, run.name, explanations)),
            row("mean", "all targets", run.name, run.explanations),
          ])}
        </tbody>
      </table>
    </div>
  </section>`;
}

function row(style: string, domain: string, method: string, figures: ExplanationFigures): SafeHtml {
  const { sentences, attackNamedRight, namedRight, named, agreement, distinct2 } = figures;
  const shares = [attackNamedRight, namedRight, named, agreement, distinct2];
  return html`<tr class="${style}">
    <td class="text">${domain}</td>
    <td class="text">${method}</td>
    <td>${sentences}</td>
    ${shares.map((share) => html`<td>${percent(share, 1)}</td>`)}
  </tr>`;
}
