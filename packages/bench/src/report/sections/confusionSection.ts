/** @file Which attack the sentences name for which true one, by method and domain, with precision and recall. */

import { addConfusions, namingFigures, unnamed } from "../../explanations/judgeExplanations.ts";
import type { ExplanationFigures } from "../../explanations/judgeExplanations.ts";
import { blank, percent } from "../formatFigures.ts";
import { html, type SafeHtml } from "../html.ts";
import { isCrowded, methodGroups, type MethodGroup } from "../methodGroups.ts";
import type { CrossDomainReport } from "../report.ts";

type Confusion = ExplanationFigures["confusion"];

/** A table a method, its seeds together; nothing if no run explains. */
export function confusionSection(report: CrossDomainReport): SafeHtml | null {
  const explaining = methodGroups(report).filter(({ runs }) =>
    runs.some((run) => run.explanations.sentences > 0),
  );
  if (explaining.length === 0) return null;
  return html`<section>
    <h2>Which attack is named for which</h2>
    <p class="soft">
      Rows: what the frames show. Columns: what their sentences name; “${unnamed}” where none of the
      dictionary's words stand. Sentences, counted; the darker, the larger the share of the row. Framed: named
      right. Recall: share of a row named right. Precision: share right of the sentences that name the column.
    </p>
    ${explaining.map((group) => methodTables(group, !isCrowded(explaining)))}
  </section>`;
}

function methodTables({ name, runs }: MethodGroup, byDomain: boolean): SafeHtml {
  const all = addConfusions(runs.map((run) => run.explanations.confusion));
  const domains = runs[0]!.domains
    .filter(({ role }) => byDomain && role === "target")
    .map(({ dataset }) => ({
      dataset,
      confusion: addConfusions(
        runs.flatMap((run) =>
          run.domains
            .filter((domain) => domain.dataset === dataset)
            .map((domain) => domain.explanations.confusion),
        ),
      ),
    }));
  const columns = columnsOf(all);
  const seeds = runs.length > 1 ? `, ${runs.length} seeds together` : "";
  return html`<h3 class="method">${name}${seeds}</h3>
    <div class="scroll">
      <table class="confusion">
        <thead>
          <tr>
            <th class="text">domain</th>
            <th class="text">shows</th>
            ${columns.map((column) => html`<th>${title(column)}</th>`)}
            <th>recall</th>
          </tr>
        </thead>
        <tbody>
          ${domains.map(({ dataset, confusion }) => confusionRows(dataset, confusion, columns, "first"))}
          ${confusionRows("all targets", all, columns, "total")}
          <tr class="total">
            <td class="text"></td>
            <td class="text">precision</td>
            ${columns.map((column) => html`<td>${column === unnamed ? blank : percent(namingFigures(all)[column]?.precision, 1)}</td>`)}
            <td></td>
          </tr>
        </tbody>
      </table>
    </div>`;
}

function confusionRows(
  domain: string,
  confusion: Confusion,
  columns: readonly string[],
  style: string,
): SafeHtml[] {
  const naming = namingFigures(confusion);
  return Object.entries(confusion)
    .toSorted(([a], [b]) => order(a) - order(b))
    .map(([attack, named], index) => {
      const all = Object.values(named).reduce((sum, count) => sum + count, 0);
      const cells = columns.map((column) => {
        const count = named[column] ?? 0;
        const tint = `background: color-mix(in srgb, var(--run-0) ${Math.round((count / all) * 55)}%, transparent)`;
        return html`<td class="${column === attack ? "right" : ""}" style="${tint}">
          ${count === 0 ? "·" : count}
        </td>`;
      });
      return html`<tr${index === 0 ? html` class="${style}"` : null}><td class="text">${index === 0 ? domain : ""}</td><td class="text">${title(attack)}</td>${cells}<td>${percent(naming[attack]?.recall, 1)}</td></tr>`;
    });
}

// Live first, the rest by name, nothing last.
function columnsOf(confusion: Confusion): string[] {
  const named = Object.values(confusion).flatMap(Object.keys);
  return [...new Set([...Object.keys(confusion), ...named])].toSorted(
    (a, b) => order(a) - order(b) || a.localeCompare(b, "en"),
  );
}

function order(name: string): number {
  if (name === "none") return 0;
  return name === unnamed ? 2 : 1;
}

function title(name: string): string {
  return name === "none" ? "live" : name;
}
