/** @file Path patterns: one short notation that is matched against files and shown to people. */

/** A compiled pattern. */
export interface PathPattern {
  /** For people: `{train,test}/<subject>/<clip>`. */
  shown: string;
  /** Matches the end of a path, from the start of a folder's name on. */
  regex: RegExp;
}

/**
 * Compiles a pattern: text stands for itself, `{name}` for one path segment, `{name:regex}` for what the expression
 * matches. It fits where it matches the whole end of the path, so a root may lie one or more folders too high.
 * @param source the pattern, without the file's extension
 * @throws Error if a brace is not closed
 */
export function pathPattern(source: string): PathPattern {
  let regex = "";
  let shown = "";
  for (let at = 0; at < source.length;) {
    if (source[at] !== "{") {
      regex += (source[at] as string).replace(/[.*+?^$()|[\]\\]/, "\\$&");
      shown += source[at++];
      continue;
    }
    const end = closingBrace(source, at);
    const [, name = "", expression = "[^/]+"] = /^(\w+)(?::(.*))?$/.exec(source.slice(at + 1, end)) ?? [];
    regex += `(?<${name}>${expression})`;
    shown += /^[\w.-]+(\|[\w.-]+)+$/.test(expression) ? `{${expression.replaceAll("|", ",")}}` : `<${name}>`;
    at = end + 1;
  }
  return { shown, regex: new RegExp(`(?:^|/)${regex}$`) };
}

function closingBrace(source: string, start: number): number {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    if (source[at] === "{") depth++;
    if (source[at] === "}" && --depth === 0) return at;
  }
  throw new Error(`[pathPattern] "${source}" opens a brace at ${start} that is not closed`);
}
