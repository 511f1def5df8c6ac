/** @file Problems that an import meets: each kind is counted, the first of each kind are named, none stops the import. */

/** What can be wrong with a data set on disk, with what it means. */
export const problemKinds = {
  missing: "a list names a file that is not there",
  unreadable: "the file cannot be opened, is cut off or damaged",
  unmatched: "the file fits no pattern of the published layout",
  unlabelled: "the data set does not say what the file shows",
  conflict: "two sources in the data set disagree",
  duplicate: "the same bytes stand in the data set more than once",
  badList: "a line of a list or label file cannot be read",
  emptyBox: "the face box is empty, malformed or outside of the image; the whole image is used",
  badName: "the name is not valid UTF-8 or holds a control character",
  link: "a symbolic link is broken, loops or leads out of the root",
  severalSplits: "a subject stands in more than one split",
} as const;

/** A kind of problem. */
export type ProblemKind = keyof typeof problemKinds;

/** One kind's count and first examples. */
export interface ProblemCount {
  count: number;
  /** The first examples, each a path with a reason. */
  examples: string[];
}

/** Problems and deliberate omissions of one import. */
export interface ProblemReport {
  /** How many examples are kept of each kind. */
  keep: number;
  problems: Map<ProblemKind, ProblemCount>;
  /** Files left out on purpose: the reason, and how many. */
  skipped: Map<string, number>;
}

/**
 * An empty report.
 * @param keep how many examples of each kind it names
 */
export function createReport(keep = 5): ProblemReport {
  return { keep, problems: new Map(), skipped: new Map() };
}

/**
 * Counts a problem.
 * @param report the import's report
 * @param kind its kind
 * @param what the file and the reason, in one line
 */
export function addProblem(report: ProblemReport, kind: ProblemKind, what: string): void {
  const found = report.problems.get(kind) ?? { count: 0, examples: [] };
  found.count++;
  if (found.examples.length < report.keep) found.examples.push(printable(what));
  report.problems.set(kind, found);
}

/**
 * Counts a file that the loader leaves out on purpose.
 * @param report the import's report
 * @param reason why, the same words for the same reason
 */
export function addSkipped(report: ProblemReport, reason: string): void {
  report.skipped.set(reason, (report.skipped.get(reason) ?? 0) + 1);
}

/** How many problems there are in all. */
export function problemTotal(report: ProblemReport): number {
  let total = 0;
  for (const { count } of report.problems.values()) total += count;
  return total;
}

/** File names come from strangers: control characters would reach the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001F\u007F]/g, "\u{FFFD}");
}
