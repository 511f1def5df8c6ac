/** @file Reads the package sources that this machine already uses, in both of apt's formats. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** One place that apt reads packages from. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Value of `Signed-By`, if the source names its key. */
  readonly signedBy: string | undefined;
}

/**
 * Reads `sources.list` and `sources.list.d/*`.
 *
 * @param folder apt's folder, `/etc/apt`
 */
export function readAptSources(folder: string): AptSource[] {
  const parts = join(folder, "sources.list.d");
  const names = existsSync(parts) ? readdirSync(parts).toSorted() : [];
  const lists = ["sources.list", ...names.map((name) => join("sources.list.d", name))]
    .map((name) => join(folder, name))
    .filter((file) => existsSync(file));
  return lists.flatMap((file) => {
    if (file.endsWith(".list")) return parseOneLineSources(readFileSync(file, "utf8"));
    return file.endsWith(".sources") ? parseDeb822Sources(readFileSync(file, "utf8")) : [];
  });
}

/** Parses lines such as `deb [signed-by=KEY] URI SUITE COMPONENT...`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)/.exec(line);
    if (!match) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    return [
      {
        uri,
        suite,
        components: components.trim().split(/\s+/).filter(Boolean),
        signedBy: /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1],
      },
    ];
  });
}

/** Parses stanzas of `Types:`, `URIs:`, `Suites:`, `Components:` and `Signed-By:`. */
export function parseDeb822Sources(text: string): AptSource[] {
  const stanzas = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = readFields(stanza);
    const words = (name: string): string[] => (fields.get(name) ?? "").split(/\s+/).filter(Boolean);
    if (!words("types").includes("deb") || fields.get("enabled")?.toLowerCase() === "no") return [];
    return words("uris").flatMap((uri) =>
      words("suites").map((suite) => ({
        uri,
        suite,
        components: words("components"),
        signedBy: fields.get("signed-by"),
      })),
    );
  });
}

// A field goes on over lines that start with a blank; an embedded key keeps them as they stand.
function readFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of stanza.split("\n")) {
    const match = /^([A-Za-z][A-Za-z-]*):(.*)$/.exec(line);
    if (match) {
      name = match[1]!.toLowerCase();
      fields.set(name, match[2]!.trim());
    } else if (name && /^\s/.test(line)) {
      fields.set(name, `${fields.get(name)}\n${line}`);
    }
  }
  return fields;
}

/**
 * Names the backports suite of a release on the mirror that already serves the release.
 *
 * @param sources  what apt reads now
 * @param codename the release, such as `bookworm`
 * @returns the stanza to add; `"present"` if apt reads the suite already; undefined if no source serves the release
 */
export function backportsStanza(sources: readonly AptSource[], codename: string): string | undefined {
  const suite = `${codename}-backports`;
  if (sources.some((source) => source.suite === suite)) return "present";
  const main = sources.find((source) => source.suite === codename && source.components.includes("main"));
  if (!main) return undefined;
  const key = main.signedBy ? `Signed-By: ${main.signedBy}\n` : "";
  return `Types: deb\nURIs: ${main.uri}\nSuites: ${suite}\nComponents: main\n${key}`;
}
