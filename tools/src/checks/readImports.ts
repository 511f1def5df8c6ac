/** @file Reads the import statements of a TypeScript file. */

/** One module that a file names. */
export interface ImportStatement {
  readonly specifier: string;
  /** Counted from 1. */
  readonly line: number;
}

// `import ... from "x"`, `export ... from "x"`, `import "x"`, `import("x")`; also over several lines.
const patterns = [
  /^[ \t]*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm,
  /^[ \t]*import\s*["']([^"']+)["']/gm,
  /\bimport\s*\(\s*["']([^"']+)["']/g,
];

/**
 * Returns the modules that a file imports or exports from, types included, in the order of their lines.
 *
 * @param source text of a TypeScript file
 */
export function readImports(source: string): ImportStatement[] {
  const text = blankComments(source);
  return patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map((match) => ({
      specifier: match[1]!,
      line: text.slice(0, match.index + match[0].lastIndexOf(match[1]!)).split("\n").length,
    }))
    .toSorted((left, right) => left.line - right.line);
}

// Strings are matched first, so that "//" within one does not begin a comment. Line breaks stay, for the line numbers.
function blankComments(source: string): string {
  const token = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return source.replace(token, (found) => {
    const blank = found.startsWith("/") || found.startsWith("`");
    return blank ? found.replace(/[^\n]/g, " ") : found;
  });
}
