/** @file Faults that are put into WGSL, one at a time. */

import { type PlacedLine, placeLines } from "./wgslFunctions.ts";

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
  /** Which of the lines that read so, for a barrier: its function and how many stand there before it. */
  readonly at?: string;
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

/**
 * Lists the mutants of some WGSL: each once however often its line occurs, but barriers one by one, since what one of them
 * keeps apart may be kept apart by the others too.
 *
 * @param texts what is to be mutated, of all variants of a kernel
 */
export function listMutants(texts: readonly string[]): Mutant[] {
  const mutants = new Map<string, Mutant>();
  const known = new Map<string, readonly Mutant[]>();
  for (const text of texts) {
    const placeOf = countPlaces();
    for (const placed of placeLines(text)) {
      const line = placed.text.trim();
      const at = placeOf(placed);
      let faults = known.get(line);
      if (!faults) known.set(line, (faults = faultsOf(line)));
      for (const found of faults) {
        const mutant = found.fault === "barrier" ? { ...found, at } : found;
        const key = keyOf(mutant);
        if (!mutants.has(key)) mutants.set(key, mutant);
      }
    }
  }
  return [...mutants.values()];
}

function faultsOf(line: string): Mutant[] {
  if (line === "" || declarations.test(line)) return [];
  const mutants = new Map<string, Mutant>();
  for (const { fault, pattern, replace, except } of rules) {
    if (except?.test(line)) continue;
    let place = 0;
    for (const match of line.matchAll(pattern)) {
      const at = match.index;
      const mutated = line.slice(0, at) + replace(match[0]) + line.slice(at + match[0].length);
      const mutant = { fault, line, mutated, place: place++ };
      if (mutated !== line) mutants.set(mutated, mutant);
    }
  }
  return [...mutants.values()];
}

/** Names each line of a text by its function and by how many there read the same before it. */
function countPlaces(): (line: PlacedLine) => string {
  const seen = new Map<string, number>();
  return ({ text, within = "" }) => {
    const key = `${within}\n${text.trim()}`;
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return `${within} ${count}`;
  };
}

/** Tells the mutants of a kernel apart. */
export const keyOf = ({ line, mutated, at }: Pick<Mutant, "line" | "mutated" | "at">): string =>
  [line, mutated, ...(at === undefined ? [] : [at])].join("\n");

/** A fault without the numbers of its line: rows of a block have lines of one form. Each barrier has a form of its own. */
export const formOf = ({ line, mutated, at }: Pick<Mutant, "line" | "mutated" | "at">): string =>
  keyOf({
    line: line.replaceAll(/\d+/g, "#"),
    mutated: mutated.replaceAll(/\d+/g, "#"),
    ...(at === undefined ? {} : { at }),
  });

/** The first and the last mutant of each form, in order. */
export function endsOfForms(mutants: readonly Mutant[]): Mutant[] {
  const first = new Map(mutants.toReversed().map((mutant) => [formOf(mutant), mutant]));
  const last = new Map(mutants.map((mutant) => [formOf(mutant), mutant]));
  const ends = new Set([...first.values(), ...last.values()]);
  return mutants.filter((mutant) => ends.has(mutant));
}

/** Some of a kernel's mutants, at most `count` evenly from its text, and every barrier: each is a race of its own. */
export function sampleOf(mutants: readonly Mutant[], count: number): Set<Mutant> {
  const isBarrier = ({ fault }: Mutant): boolean => fault === "barrier";
  const others = mutants.filter((mutant) => !isBarrier(mutant));
  return new Set([...mutants.filter(isBarrier), ...evenly(others, count)]);
}

/** At most `count` of some items, at even distances. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  const share = Math.min(1, count / items.length);
  return items.filter((_, i) => Math.floor((i + 1) * share) > Math.floor(i * share));
}

/**
 * Puts a fault into a text, in every line that reads so, or in the one where the mutant says which.
 *
 * @param functions texts of a shared function, in which alone the fault is put
 * @returns the very text where it has no such line
 */
export function applyMutant(body: string, mutant: Mutant, functions?: readonly string[]): string {
  if (functions)
    return functions.reduce((text, part) => text.replaceAll(part, () => applyMutant(part, mutant)), body);
  const { line, mutated, at } = mutant;
  const placeOf = countPlaces();
  return placeLines(body)
    .map((placed) => {
      const here = at === undefined || placeOf(placed) === at;
      return here && placed.text.trim() === line ? placed.text.replace(line, () => mutated) : placed.text;
    })
    .join("\n");
}
