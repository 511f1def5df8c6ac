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
    pattern: / [+-]=? (?=\S)/g,
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
 * Lists the mutants of some WGSL, each once however often its line occurs.
 *
 * @param bodies the texts of one kernel's variants
 */
export function listMutants(bodies: readonly string[]): Mutant[] {
  const lines = new Set(bodies.flatMap((body) => body.split("\n").map((line) => line.trim())));
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

/** Puts a fault into a text, in every line that reads so. */
export function applyMutant(body: string, { line, mutated }: Mutant): string {
  return body
    .split("\n")
    .map((text) => (text.trim() === line ? text.replace(line, () => mutated) : text))
    .join("\n");
}
