/** @file Faults that are put into WGSL, one at a time. */

/** Kinds of faults. */
export type Fault = "sign" | "barrier" | "index" | "comparison" | "bound" | "extremum";

/** One fault in one line. */
export interface Mutant {
  readonly fault: Fault;
  /** The line as it is and as it becomes, trimmed. */
  readonly line: string;
  readonly mutated: string;
  /** Which of the faults of this kind in this line, from 0. */
  readonly place: number;
}

interface Rule {
  readonly fault: Fault;
  readonly pattern: RegExp;
  readonly replace: (match: string) => string;
  /** Lines that the rule leaves alone. */
  readonly except?: RegExp;
}

const declarations = /^\s*(\/\/|@group|enable |alias |struct |const [A-Z_]+ = )/;
const swapped: Readonly<Record<string, string>> = {
  " < ": " > ",
  " > ": " < ",
  " <= ": " > ",
  " >= ": " < ",
  " == ": " != ",
  " != ": " == ",
};
const moved: Readonly<Record<string, string>> = {
  " < ": " <= ",
  " <= ": " < ",
  " > ": " >= ",
  " >= ": " > ",
};

// Operators stand between spaces in our WGSL, and template brackets do not; `-x` after `=`, `(`, `,` or `return` is a sign.
const rules: readonly Rule[] = [
  {
    fault: "sign",
    pattern: / [+-]=? (?=(?!0u\b)\S)/g, // what adds 0 may as well subtract it
    replace: (match) => (match.includes("+") ? match.replace("+", "-") : match.replace("-", "+")),
    except: /\bfor \(/, // a loop that counts the other way does not end
  },
  { fault: "sign", pattern: /(?<=(= |\(|, |return ))-(?=[\w(])/g, replace: () => "" },
  { fault: "barrier", pattern: /\b(workgroup|storage)Barrier\(\);/g, replace: () => "" },
  // The innermost brackets of an access, not those of an attribute or a type.
  { fault: "index", pattern: /(?<=\w\[)[^[\]]+(?=\])/g, replace: (match) => `${match} + 1` },
  {
    fault: "comparison",
    pattern: / (<=|>=|==|!=|<|>) /g,
    replace: (match) => swapped[match] ?? match,
    except: /\bfor \(/,
  },
  { fault: "bound", pattern: / (<=|>=|<|>) /g, replace: (match) => moved[match] ?? match },
  {
    fault: "extremum",
    pattern: /\b(max|min)\(/g,
    replace: (match) => (match === "max(" ? "min(" : "max("),
  },
];

const functionStart = /^fn (\w+)\(/;

interface SplitText {
  /** What stands outside of functions. */
  readonly rest: string;
  readonly functions: ReadonlyMap<string, string>;
}

/** Splits WGSL whose functions start and end at the first column, as ours do. */
function splitFunctions(body: string): SplitText {
  const functions = new Map<string, string>();
  let rest = "";
  let open: string | undefined;
  for (const line of body.split("\n")) {
    open ??= functionStart.exec(line)?.[1];
    if (open === undefined) {
      rest += `${line}\n`;
      continue;
    }
    functions.set(open, `${functions.get(open) ?? ""}${line}\n`);
    if (line.startsWith("}") || /^fn .*\}$/.test(line)) open = undefined;
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

/**
 * Lists the mutants of some WGSL, each once however often its line occurs.
 *
 * @param texts what is to be mutated, of all variants of a kernel
 */
export function listMutants(texts: readonly string[]): Mutant[] {
  const lines = new Set(texts.flatMap((text) => text.split("\n").map((line) => line.trim())));
  const mutants = new Map<string, Mutant>();
  for (const line of lines) {
    if (line === "" || declarations.test(line)) continue;
    for (const { fault, pattern, replace, except } of rules) {
      if (except?.test(line)) continue;
      let place = 0;
      for (const match of line.matchAll(pattern)) {
        const at = match.index;
        const mutated = line.slice(0, at) + replace(match[0]) + line.slice(at + match[0].length);
        const mutant = { fault, line, mutated, place: place++ };
        if (mutated !== line) mutants.set(`${line}\n${mutated}`, mutant);
      }
    }
  }
  return [...mutants.values()];
}

/** A fault without the numbers of its line: rows of a block have lines of one form. */
export const formOf = ({ line, mutated }: Pick<Mutant, "line" | "mutated">): string =>
  `${line}\n${mutated}`.replaceAll(/\d+/g, "#");

/** The first and the last mutant of each form, in order. */
export function endsOfForms(mutants: readonly Mutant[]): Mutant[] {
  const first = new Map(mutants.toReversed().map((mutant) => [formOf(mutant), mutant]));
  const last = new Map(mutants.map((mutant) => [formOf(mutant), mutant]));
  const ends = new Set([...first.values(), ...last.values()]);
  return mutants.filter((mutant) => ends.has(mutant));
}

/**
 * Puts a fault into a text, in every line that reads so.
 *
 * @param functions texts of a shared function, in which alone the fault is put
 * @returns the very text where it has no such line
 */
export function applyMutant(body: string, mutant: Mutant, functions?: readonly string[]): string {
  if (functions)
    return functions.reduce((text, part) => text.replaceAll(part, () => applyMutant(part, mutant)), body);
  const { line, mutated } = mutant;
  return body
    .split("\n")
    .map((text) => (text.trim() === line ? text.replace(line, () => mutated) : text))
    .join("\n");
}
