/** @file How good the sentences are, and how free. */

import type { ExplanationFigures } from "../../explanations/judgeExplanations.ts";
import { freedomScale } from "../charts/freedomScale.ts";
import { withSpread } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import { isCrowded, methodGroups, overSeeds, type MethodGroup } from "../methodGroups.ts";
import type { CrossDomainReport, RunResult } from "../report.ts";

/** Figures of the interpretations, by method and domain; nothing if no run explains. */
export function explanationsSection(report: CrossDomainReport): SafeHtml | null {
  const explaining = methodGroups(report).filter(({ runs }) =>
    runs.some((run) => run.explanations.sentences > 0),
  );
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
            <th>by chance<small>dealt out within a verdict</small></th>
            <th>presentation named right<small>of all frames</small></th>
            <th>names any presentation</th>
            <th>agrees with the verdict</th>
            <th>distinct-2</th>
            <th>template to free<small>0 to 100</small></th>
          </tr>
        </thead>
        <tbody>
          ${(isCrowded(explaining) ? [] : report.runs[0]!.domains).map(({ dataset }, row) =>
            explaining.map((group, index) =>
              figuresRow(index === 0, dataset, group, (run) => run.domains[row]!.explanations),
            ),
          )}
          ${explaining.map((group) => figuresRow(true, "all targets", group, (run) => run.explanations, "mean"))}
        </tbody>
      </table>
    </div>
    <h3>From template to free text</h3>
    <figure class="small">
      ${freedomScale(explaining)}
      <figcaption>
        Of n sentences over all targets, d differ, and k presentations are named: (d − k) / (n − k), in per
        cent. A method that fills in one fixed sentence for each presentation stands at 0, one that never says
        the same twice at 100. A larger n lowers the figure, so that only methods with equally many sentences
        compare, and domains among each other. Free is not right: the tables say that.
      </figcaption>
    </figure>
  </section>`;
}

function figuresRow(
  isFirst: boolean,
  domain: string,
  group: MethodGroup,
  of: (run: RunResult) => ExplanationFigures,
  style = "first",
): SafeHtml {
  const shares = [
    "attackNamedRight",
    "attackNamedByChance",
    "namedRight",
    "named",
    "agreement",
    "distinct2",
    "templateToFree",
  ] as const;
  const counts = [...new Set(group.runs.map((run) => of(run).sentences))];
  return html`<tr${isFirst ? html` class="${style}"` : null}>
    <td class="text">${isFirst ? domain : ""}</td>
    <td class="text">${group.name}</td>
    <td>${counts.join(", ")}</td>
    ${shares.map(
      (key) =>
        html`<td>
          ${withSpread(
            overSeeds(group, (run) => of(run)[key]),
            1,
          )}
        </td>`,
    )}
  </tr>`;
}
