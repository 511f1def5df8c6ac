/** @file The comparison as text for a terminal. */

import type { Agreement } from "./agreement.ts";
import { type BenchCase, caseName, flopOf } from "./benchCase.ts";
import type { BudgetLine } from "./budgets.ts";
import type { CaseResult } from "./peerWorker.ts";
import type { PeerResults } from "./runPeers.ts";

/** Lines up columns; the first is left-aligned, the others right-aligned. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Median, spread and rate of each case by library. */
export function showResults(results: readonly PeerResults[], cases: readonly BenchCase[]): string {
  const rows = [["median ms (min - max; GFLOP/s)", ...results.map(({ label }) => label)]];
  for (const work of cases) {
    const name = caseName(work);
    rows.push([name, ...results.map((result) => showCell(result.cases[name], flopOf(work)))]);
  }
  return alignColumns(rows);
}

function showCell(result: CaseResult | undefined, flop: number): string {
  if (!result?.timing) return result?.error ? `failed: ${result.error.slice(0, 40)}` : "-";
  const { medianMs, minMs, maxMs, firstMs, iterations } = result.timing;
  if (iterations === 1) return `${firstMs.toFixed(0)}`;
  const rate = flop > 0 ? `; ${(flop / medianMs / 1e6).toPrecision(3)}` : "";
  return `${medianMs.toPrecision(3)} (${minMs.toPrecision(3)} - ${maxMs.toPrecision(3)}${rate})`;
}

/** The budgets with their ratios. */
export function showBudgets(lines: readonly BudgetLine[]): string {
  const rows = lines.map(({ what, budget, measured, unit, sides, met }) => [
    what,
    budget,
    showMeasured(measured, unit),
    sides,
    met === undefined ? "not measured" : met ? "met" : "MISSED",
  ]);
  return alignColumns([["budget", "wanted", "measured", "ours against", ""], ...rows]);
}

function showMeasured(measured: number | undefined, unit: BudgetLine["unit"]): string {
  if (measured === undefined) return "-";
  if (unit === "share") return `${(100 * measured).toFixed(1)} %`;
  return unit === "count" ? String(measured) : `${measured.toFixed(2)} x`;
}

/** Says who computes the same, and who does not. */
export function showAgreement(found: readonly Agreement[]): string {
  const wrong = found.filter(({ agrees }) => !agrees);
  const lines = wrong.map(
    ({ label, case: name, difference }) => `  ${label}, ${name}: off by ${difference.toExponential(1)}`,
  );
  const right = `${found.length - wrong.length} of ${found.length} outputs and loss sequences agree`;
  return [wrong.length === 0 ? right : `${right}; not these:`, ...lines].join("\n");
}
