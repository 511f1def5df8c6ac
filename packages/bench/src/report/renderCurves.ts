/** @file Training curves of several runs as one self-contained page. */

import type { RunConfig } from "@candor/train";
import { lossCurves, type LossCurve } from "./charts/lossCurves.ts";
import { html } from "./html.ts";
import { renderPage } from "./renderPage.ts";
import { runLegend } from "./sections/runLegend.ts";

/** A run's curves by measure, and what it was trained with. */
export interface TrainedRun {
  readonly name: string;
  readonly config: Pick<RunConfig, "method" | "seed" | "steps" | "batchSize" | "recipe">;
  /** By measure, such as `loss` and `judgmentLoss`. */
  readonly curves: ReadonlyMap<string, LossCurve>;
}

/**
 * Renders the page; it asks for nothing from the network.
 *
 * @param window steps of the running mean
 * @param origin where the runs were trained: adapter, threads, commit
 */
export function renderCurves(runs: readonly TrainedRun[], window: number, origin: string): string {
  // The losses of methods are of different kinds; the judgment's cross-entropy is not.
  const judgment = runs.flatMap(({ curves }) => curves.get("judgmentLoss") ?? curves.get("loss") ?? []);
  const whole = runs.flatMap(({ curves }) => curves.get("loss") ?? []);
  return renderPage({
    title: "training curves",
    header: html`<p class="eyebrow">Candor · training</p>
      <h1>Training curves</h1>
      <p class="lead">Running means over ${String(window)} steps. ${origin}</p>`,
    sections: [
      html`${runLegend(runs)}
        <h2>Cross-entropy of the judgment</h2>
        <figure>${lossCurves("judgment loss", judgment, window)}</figure>
        <h2>Whole loss</h2>
        <p class="soft">
          Each method minimises another sum, so heights compare within a method: I-FAS adds the
          interpretation, FLIP-MCL adds SimCLR and a consistency term.
        </p>
        <figure>${lossCurves("loss", whole, window)}</figure>
        <table>
          <thead>
            <tr>
              <th>run</th>
              <th>method</th>
              <th>recipe</th>
              <th>seed</th>
              <th>steps</th>
              <th>batch</th>
            </tr>
          </thead>
          <tbody>
            ${runs.map(
              ({ name, config }) =>
                html`<tr>
                  <td>${name}</td>
                  <td>${config.method}</td>
                  <td>${config.recipe}</td>
                  <td>${config.seed}</td>
                  <td>${config.steps}</td>
                  <td>${config.batchSize}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
    ],
  });
}
