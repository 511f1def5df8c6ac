/** @file Tests of reading apt's sources. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { backportsStanza, parseDeb822Sources, parseOneLineSources, readAptSources } from "./aptSources.ts";

const oneLine = `# deb-src http://ignored.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.example/debian bookworm main contrib # note
deb http://mirror.example/security bookworm-security main
`;
const deb822 = `# first
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
 contrib
Signed-By: /usr/share/keyrings/debian.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm-backports
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
`;

it("parses the one-line format", () => {
  expect(parseOneLineSources(oneLine)).toEqual([
    {
      uri: "http://mirror.example/debian",
      suite: "bookworm",
      components: ["main", "contrib"],
      signedBy: "/usr/share/keyrings/a.gpg",
    },
    {
      uri: "http://mirror.example/security",
      suite: "bookworm-security",
      components: ["main"],
      signedBy: undefined,
    },
  ]);
});

it("parses the deb822 format: several suites, continued fields, disabled and source-only stanzas", () => {
  const common = {
    uri: "http://mirror.example/debian",
    components: ["main", "contrib"],
    signedBy: "/usr/share/keyrings/debian.gpg",
  };
  expect(parseDeb822Sources(deb822)).toEqual([
    { ...common, suite: "bookworm" },
    { ...common, suite: "bookworm-updates" },
  ]);
});

it("keeps a key that is embedded in its source", () => {
  const key = "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----";
  const text = `Types: deb\nURIs: http://m.example\nSuites: bookworm\nComponents: main\nSigned-By:${key}\n`;
  const stanza = backportsStanza(parseDeb822Sources(text), "bookworm");
  expect(stanza?.endsWith(`Signed-By: ${key}\n`)).toBe(true);
});

it("names the backports on the mirror that serves the release", () => {
  expect(backportsStanza(parseDeb822Sources(deb822), "bookworm")).toBe(
    "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n" +
      "Signed-By: /usr/share/keyrings/debian.gpg\n",
  );
});

it("adds nothing where apt reads backports already, and finds no mirror for another release", () => {
  const present = parseOneLineSources("deb http://mirror.example/debian bookworm-backports main");
  expect(backportsStanza(present, "bookworm")).toBe("present");
  expect(backportsStanza(parseOneLineSources(oneLine), "trixie")).toBeUndefined();
});

it("reads both kinds of file, and no other", () => {
  const folder = mkdtempSync(join(tmpdir(), "candor-apt-"));
  try {
    mkdirSync(join(folder, "sources.list.d"));
    writeFileSync(join(folder, "sources.list"), "deb http://a.example x main\n");
    writeFileSync(
      join(folder, "sources.list.d", "b.sources"),
      "Types: deb\nURIs: http://b.example\nSuites: y\n",
    );
    writeFileSync(join(folder, "sources.list.d", "c.list.disabled"), "deb http://c.example z main\n");
    expect(readAptSources(folder).map(({ uri }) => uri)).toEqual(["http://a.example", "http://b.example"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
