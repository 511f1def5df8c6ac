/** @file The witness table: every model that has an independent implementation to compare with. */

import type { Device } from "@candor/tensor-core";
import { lmWitnessRows } from "../lm/lmWitness.ts";
import { clipWitnessRows, deitWitnessRows, vitWitnessRows } from "./visionWitness.ts";
import type { WitnessRow } from "./witnessRow.ts";

/** Compares every model; a new family adds a line. */
export async function witnessTable(device: Device): Promise<WitnessRow[]> {
  return [
    ...(await clipWitnessRows(device)),
    ...(await deitWitnessRows(device)),
    ...(await vitWitnessRows(device)),
    ...(await lmWitnessRows(device)),
  ];
}

/** The rows that differ by more than they may. */
export const failedRows = (rows: readonly WitnessRow[]): WitnessRow[] =>
  rows.filter(({ error, tolerance }) => !(error <= tolerance));

/** The table as Markdown. */
export function showWitnessTable(rows: readonly WitnessRow[]): string {
  const cells = rows.map(({ model, quantity, values, error, tolerance }) => [
    model,
    quantity,
    values.toLocaleString("en"),
    error.toExponential(1),
    tolerance.toExponential(1),
    error <= tolerance ? "" : "FAILS",
  ]);
  const head = ["model", "quantity", "values", "largest relative error", "tolerance", ""];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}
