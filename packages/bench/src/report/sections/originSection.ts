/** @file Where the figures come from: adapter, threads, seeds, commit, commands. */

import { metadataKeys } from "../../scores/scoreFile.ts";
import { html, type SafeHtml } from "../html.ts";
import type { CrossDomainReport } from "../report.ts";

/** Everything that is needed to make the report again. */
export function originSection({ runs, commands, created, seed, source }: CrossDomainReport): SafeHtml {
  return html`<section>
    <h2>Where this comes from</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="text">run</th>
            ${metadataKeys.slice(1).map((key) => html`<th class="text">${key}</th>`)}
            <th>dev threshold<small>P(live)</small></th>
            <th>dev videos</th>
          </tr>
        </thead>
        <tbody>
          ${runs.map(
            (run) =>
              html`<tr class="first">
                <td class="text">${run.name}</td>
                ${metadataKeys.slice(1).map((key) => html`<td class="text">${run.metadata[key]}</td>`)}
                <td>${run.devThreshold?.toFixed(6) ?? "none"}</td>
                <td>${run.devVideos}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="soft">
      The dev threshold is the EER threshold of the dev split of ${source}. No checkpoint was chosen on a
      target. Every figure and chart can be computed again from the Arrow score files beside this page. Report
      seed ${seed}; made ${created}.
    </p>
    ${commands.length === 0 ? null : html`<pre><code>${commands.join("\n")}</code></pre>`}
  </section>`;
}
