/** @file Faults in WGSL. */

import { expect, it } from "vitest";
import { applyMutant, endsOfForms, evenly, formOf, keyOf, listMutants, sampleOf } from "./mutants.ts";

const mutated = (line: string): string[] =>
  listMutants([line]).map((mutant) => `${mutant.fault}: ${mutant.mutated}`);

it("flips signs, but not those of a loop's step", () => {
  expect(mutated("let y = a + b - c;")).toEqual(["sign: let y = a - b - c;", "sign: let y = a + b + c;"]);
  expect(mutated("all += -x;")).toEqual(["sign: all -= -x;", "sign: all += x;"]);
  expect(mutated("return -x;")).toEqual(["sign: return x;"]);
  expect(mutated("for (var i = a; i != n; i += 4u) {")).toEqual([]);
  expect(mutated("let at = i + 0u;")).toEqual([]);
});

it("drops barriers, shifts indices, swaps comparisons and moves bounds", () => {
  expect(mutated("workgroupBarrier();")).toEqual(["barrier: "]);
  expect(mutated("let v = x[row * n];")).toEqual(["index: let v = x[row * n + 1];"]);
  expect(mutated("if (i >= n) { return; }")).toEqual([
    "comparison: if (i < n) { return; }",
    "bound: if (i > n) { return; }",
  ]);
  expect(mutated("for (var i = 0u; i < n; i++) {")).toEqual(["bound: for (var i = 0u; i <= n; i++) {"]);
  expect(mutated("let m = max(a, b);")).toEqual(["extremum: let m = min(a, b);"]);
});

it("leaves types, attributes and declarations alone", () => {
  const lines = [
    "let v = vec4<f32>(0.0);",
    "var<workgroup> rows: array<vec4<f32>, 8>;",
    "@compute @workgroup_size(WG)",
    "const WG = 64u;",
    "// a + b < c",
  ];
  expect(lines.flatMap(mutated)).toEqual([]);
});

it("lists a line of several variants once, and mutates it wherever it stands", () => {
  const bodies = ["a;\n  y = a + b;", "y = a + b;\nb;"];
  const [mutant, ...others] = listMutants(bodies);
  expect(others).toEqual([]);
  expect(bodies.map((body) => applyMutant(body, mutant!))).toEqual(["a;\n  y = a - b;", "y = a - b;\nb;"]);
});

it("drops barriers one by one, by their functions", () => {
  const shared = "fn sum() {\n  workgroupBarrier();\n}\n";
  const main = ["fn main() {", "  workgroupBarrier();", "  a = b + c;", "  workgroupBarrier();", "}"].join(
    "\n",
  );
  const barriers = listMutants([main]).filter(({ fault }) => fault === "barrier");
  expect(barriers.map(({ at }) => at)).toEqual(["main 0", "main 1"]);
  expect(new Set(barriers.map(keyOf)).size).toBe(2);
  expect(applyMutant(`${shared}${main}`, barriers[0]!)).toBe(
    `${shared}${main.replace("workgroupBarrier();", "")}`,
  );
  expect(applyMutant(`${shared}fn main() {\n  workgroupBarrier();\n}`, barriers[1]!)).toContain(
    "main() {\n  workgroupBarrier",
  );
});

const named = (some: Iterable<{ mutated: string; at?: string }>) =>
  [...some].map(({ mutated, at }) => at ?? mutated).toSorted();

it("has every barrier in a sample, and keeps keys of other faults as they were", () => {
  const lines = ["fn main() {", "  workgroupBarrier();", "  a1 = b + c;", "  a2 = b + c;", "  a3 = b + c;"];
  const mutants = listMutants([[...lines, "  workgroupBarrier();", "}"].join("\n")]);
  expect(named(sampleOf(mutants, 1))).toEqual(["a3 = b - c;", "main 0", "main 1"]);
  expect(named(endsOfForms(mutants))).toEqual(["a1 = b - c;", "a3 = b - c;", "main 0", "main 1"]);
  expect(keyOf(mutants.find(({ line }) => line.startsWith("a1"))!)).toBe("a1 = b + c;\na1 = b - c;");
});

it("takes a sample from the whole of a list", () => {
  const items = Array.from({ length: 10 }, (_, i) => i);
  expect(evenly(items, 4)).toEqual([2, 4, 7, 9]);
  expect(evenly(items, Infinity)).toEqual(items);
});

it("takes the first and the last of the lines that differ in numbers alone", () => {
  const rows = [0, 1, 2].map((row) => `  sum${row} += w${row} * x;`).join("\n");
  const mutants = listMutants([`${rows}\n  let at = i + 1u;`]);
  expect(new Set(mutants.map(formOf)).size).toBe(2);
  expect(endsOfForms(mutants).map(({ mutated }) => mutated)).toEqual([
    "sum0 -= w0 * x;",
    "sum2 -= w2 * x;",
    "let at = i - 1u;",
  ]);
});
