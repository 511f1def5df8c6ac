/** @file Parts of a kernel's WGSL: its functions, those that run, and those that kernels share. */

const functionStart = /^fn (\w+)\(/;

/** A line of WGSL. */
export interface PlacedLine {
  readonly text: string;
  /** The function in which it stands; undefined outside of functions. */
  readonly within: string | undefined;
}

/** The lines of WGSL whose functions start and end at the first column, as ours do. */
export function placeLines(body: string): PlacedLine[] {
  let within: string | undefined;
  return body.split("\n").map((text) => {
    within ??= functionStart.exec(text)?.[1];
    const line = { text, within };
    if (text.startsWith("}") || /^fn .*\}$/.test(text)) within = undefined;
    return line;
  });
}

interface SplitText {
  /** What stands outside of functions. */
  readonly rest: string;
  readonly functions: ReadonlyMap<string, string>;
}

function splitFunctions(body: string): SplitText {
  const functions = new Map<string, string>();
  let rest = "";
  for (const { text, within } of placeLines(body)) {
    if (within === undefined) rest += `${text}\n`;
    else functions.set(within, `${functions.get(within) ?? ""}${text}\n`);
  }
  return { rest, functions };
}

/**
 * Leaves out the functions that `main` never reaches: a shared helper text may hold more than one kernel needs, and what
 * does not run cannot fail.
 *
 * @param shared texts of functions to leave out as well
 */
export function reachableText(body: string, shared: ReadonlySet<string> = new Set()): string {
  const { rest, functions } = splitFunctions(body);
  const reached = new Set<string>();
  const visit = (name: string): void => {
    const text = functions.get(name);
    if (text === undefined || reached.has(name)) return;
    reached.add(name);
    for (const [, called = ""] of text.matchAll(/\b(\w+)\(/g)) visit(called);
  };
  visit("main");
  const kept = [...functions].filter(([name, text]) => reached.has(name) && !shared.has(text));
  return rest + kept.map(([, text]) => text).join("");
}

/**
 * Finds the functions that stand as they are in sources that kernels share: a fault in one of them is a fault in all of
 * these kernels at once, and is examined so. What a kernel's own text is does not depend on which other kernels are seen.
 *
 * @param kernels texts of the variants, by label
 * @param sources of the files that are shared
 * @returns the functions' texts by name
 */
export function sharedFunctions(
  kernels: Readonly<Record<string, readonly string[]>>,
  sources: readonly string[],
): Map<string, string[]> {
  const found = new Map<string, Set<string>>();
  const bodies = new Set(Object.values(kernels).flat());
  for (const [name, text] of [...bodies].flatMap((body) => [...splitFunctions(body).functions])) {
    if (name === "main" || !sources.some((source) => source.includes(text.trimEnd()))) continue;
    found.set(name, (found.get(name) ?? new Set()).add(text));
  }
  return new Map([...found].map(([name, texts]) => [name, [...texts].toSorted()]));
}
