/** @file The report as Markdown. */

import type { Interval } from "../metrics/bootstrap.ts";
import { metadataKeys } from "../scores/scoreFile.ts";
import { protocolTitle } from "../protocols/protocols.ts";
import { besidePublished } from "./besidePublished.ts";
import { percent, percentInterval, tableFigures } from "./formatFigures.ts";
import { publishedDifferences, publishedOneToEleven } from "./published.ts";
import type { CrossDomainReport, DomainResult, RunResult } from "./report.ts";

/** Renders the whole report; every figure is per cent and per video. */
export function renderMarkdown(report: CrossDomainReport): string {
  return [
    `# Cross-domain report: ${protocolTitle(report.protocol)}`,
    report.rendered
      ? "> **Rendered domains.** These figures show that the method and the pipeline work. They are no evidence of accuracy on any real data set."
      : "",
    `Trained on ${report.source}, tested on ${report.targets.length} other domains. All figures in per cent, over videos (frame probabilities averaged first).${intervals(report)}`,
    "## Results",
    table(
      ["domain", "method", "videos live/spoof", ...tableFigures.map((figure) => figure.head)],
      [...resultRows(report), ...meanRows(report)],
    ),
    tableFigures.map(({ head, note }) => `- **${head}**: ${note}.`).join("\n"),
    notes(report),
    spreads(report),
    "## Attacks",
    "APCER of each species at the dev threshold.",
    table(["domain", "attack", ...report.runs.map((run) => run.name)], attackRows(report)),
    explanations(report),
    report.protocol === "one-to-eleven" ? published(report) : publishedFold(report),
    "## Sample verdicts",
    "Drawn by seed from the targets, not picked.",
    table(
      ["frame", "truth", "P(live)", "verdict", "interpretation"],
      report.samples.map(({ id, dataset, label, attack, score, threshold, sentence }) => [
        `${dataset} ${id}`,
        label === "live" ? "live" : attack,
        score.toFixed(3),
        score >= threshold ? "live" : "spoof",
        sentence ?? "",
      ]),
    ),
    "## Origin",
    table(
      ["run", ...metadataKeys.slice(1), "dev threshold"],
      report.runs.map((run) => [
        run.name,
        ...metadataKeys.slice(1).map((key) => run.metadata[key]),
        run.devThreshold?.toFixed(6) ?? "none",
      ]),
    ),
    "The newest checkpoint of a run is scored; this program chooses none on a target.",
    report.commands.length > 0 ? `\`\`\`sh\n${report.commands.join("\n")}\n\`\`\`` : "",
    `Made ${report.created}.`,
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function published(report: CrossDomainReport): string {
  return [
    "## Beside the published figures",
    publishedDifferences(report.rendered)
      .map((difference) => `- ${difference}`)
      .join("\n"),
    table(
      ["method", "tested on", "HTER, literature", "AUC", "source"],
      [
        ...publishedOneToEleven.map(({ method, average, source }) => [
          method,
          "11 real data sets",
          average.hter.toFixed(2),
          average.auc.toFixed(2),
          source,
        ]),
        ...report.runs.map((run) => [
          `**${run.name}**`,
          `${report.targets.length} ${report.rendered ? "rendered domains" : "data sets"}`,
          percent(run.averages.hterLiterature),
          percent(run.averages.auc),
          "this report",
        ]),
      ],
    ),
  ].join("\n\n");
}

function publishedFold(report: CrossDomainReport): string {
  const beside = besidePublished(report);
  if (!beside) return "";
  const { differences, head, rows } = beside;
  return [
    "## Beside the published figures",
    differences.map((difference) => `- ${difference}`).join("\n"),
    table(
      head,
      rows.map(({ cells, ours }) => (ours ? [`**${cells[0]!}**`, ...cells.slice(1)] : cells)),
    ),
  ].join("\n\n");
}

function resultRows({ runs }: CrossDomainReport): string[][] {
  const datasets = runs[0]!.domains.map((domain) => domain.dataset);
  return datasets.flatMap((dataset) =>
    runs.map((run) => {
      const domain = domainOf(run, dataset);
      const { videos } = domain;
      return [
        domain.role === "source" ? `${dataset} (source, held out)` : dataset,
        run.name,
        `${videos.live}/${videos.spoof}`,
        ...tableFigures.map(({ key }) => {
          if (key === "hterLiterature") return withInterval(videos[key], videos.hterLiteratureInterval);
          if (key === "auc") return withInterval(videos[key], videos.aucInterval);
          if (key === "apcerMax" && videos.worstAttack)
            return `${percent(videos[key])} (${videos.worstAttack})`;
          return percent(videos[key]);
        }),
      ];
    }),
  );
}

function meanRows({ runs, targets }: CrossDomainReport): string[][] {
  return runs.map((run) => [
    `**mean of ${targets.length} targets**`,
    run.name,
    "",
    ...tableFigures.map(({ key }) => `**${percent(run.averages[key])}**`),
  ]);
}

function attackRows({ runs }: CrossDomainReport): string[][] {
  return runs[0]!.domains.flatMap(({ dataset, videos }) =>
    Object.keys(videos.apcerByAttack).map((attack) => [
      dataset,
      attack,
      ...runs.map((run) => percent(domainOf(run, dataset).videos.apcerByAttack[attack])),
    ]),
  );
}

function explanations({ runs }: CrossDomainReport): string {
  const explaining = runs.filter((run) => run.explanations.sentences > 0);
  if (explaining.length === 0) return "";
  const rows = explaining.flatMap((run) => [
    ...run.domains.map((domain) => [run.name, domain.dataset, ...explanationCells(domain.explanations)]),
    [`**${run.name}**`, "**all targets**", ...explanationCells(run.explanations)],
  ]);
  return [
    "## Explanations",
    "Does the sentence name the true attack, and does it agree with the verdict at the dev threshold? Judged by the keyword dictionary of the captions.",
    table(
      [
        "method",
        "domain",
        "sentences",
        "attack named right",
        "by chance",
        "names a presentation",
        "agrees with verdict",
        "distinct-2",
      ],
      rows,
    ),
    "How well each presentation is named, over all targets: precision of the sentences that name it, recall of its frames.",
    table(
      ["method", "presentation", "precision", "recall"],
      explaining.flatMap(({ name, explanations: { byAttack } }) =>
        Object.entries(byAttack).map(([attack, { precision, recall }]) => [
          name,
          attack === "none" ? "live" : attack,
          percent(precision, 1),
          percent(recall, 1),
        ]),
      ),
    ),
  ].join("\n\n");
}

function explanationCells(figures: DomainResult["explanations"]): string[] {
  const { sentences, attackNamedRight, attackNamedByChance, named, agreement, distinct2 } = figures;
  return [
    String(sentences),
    ...[attackNamedRight, attackNamedByChance, named, agreement, distinct2].map((share) => percent(share, 1)),
  ];
}

function spreads({ spreads: groups }: CrossDomainReport): string {
  if (groups.length === 0) return "";
  const rows = groups.map(({ method, seeds, mean, deviation }) => [
    method,
    seeds.join(", "),
    ...tableFigures.map(({ key }) => `${percent(mean[key])} ± ${percent(deviation[key])}`),
  ]);
  const heads = ["method", "seeds", ...tableFigures.map((figure) => figure.head)];
  return `Mean ± standard deviation of the target means over seeds:\n\n${table(heads, rows)}`;
}

function notes({ runs }: CrossDomainReport): string {
  return runs
    .flatMap((run) =>
      run.domains.flatMap(({ dataset, videos }) =>
        videos.notes.map((note) => `- ${run.name}, ${dataset}: ${note}`),
      ),
    )
    .join("\n");
}

function domainOf(run: RunResult, dataset: string): DomainResult {
  return run.domains.find((domain) => domain.dataset === dataset)!;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function intervals({ resamples, seed }: CrossDomainReport): string {
  return resamples === 0
    ? ""
    : ` Brackets: 95 % bootstrap intervals over subjects (${resamples} resamples, seed ${seed}).`;
}

function withInterval(share: number | null, interval: Interval | null): string {
  return interval ? `${percent(share)} [${percentInterval(interval)}]` : percent(share);
}
