/** @file Tests of reading import statements. */

import { expect, it } from "vitest";
import { readImports } from "./readImports.ts";

it("finds every form of import, with its line", () => {
  const source = [
    'import { a } from "one";',
    'import type { B } from "two";',
    "import {",
    "  c,",
    "  d,",
    "} from 'three';",
    'import "four";',
    'export * from "five";',
    'export { e } from "six";',
    'const f = await import("seven");',
    'import g, * as h from "eight";',
  ].join("\n");
  expect(readImports(source).map(({ specifier, line }) => `${line} ${specifier}`)).toEqual([
    "1 one",
    "2 two",
    "6 three",
    "7 four",
    "8 five",
    "9 six",
    "10 seven",
    "11 eight",
  ]);
});

it("passes over comments, template literals and strings", () => {
  const source = [
    '// import { a } from "one";',
    '/* import "two"; */',
    "const text = `",
    'import { b } from "three";',
    "`;",
    'const url = "scheme://host"; // from "four"',
    'export const from = "five";',
    'import { real } from "six";',
  ].join("\n");
  expect(readImports(source)).toEqual([{ specifier: "six", line: 8 }]);
});
