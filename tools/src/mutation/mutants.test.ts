/** @file Faults in WGSL. */

import { expect, it } from "vitest";
import { applyMutant, endsOfForms, formOf, listMutants, reachableText, sharedFunctions } from "./mutants.ts";

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

it("passes over functions that main never reaches", () => {
  const body = [
    "fn a() -> u32 { return 1u; }",
    "fn b() {",
    "  x = a() + 1u;",
    "}",
    "fn c() {",
    "  y = 2u - 1u;",
    "}",
  ];
  const text = reachableText([...body, "@compute", "fn main() {", "  b();", "}"].join("\n"));
  expect(text).toContain("x = a() + 1u");
  expect(text).toContain("return 1u");
  expect(text).not.toContain("y = 2u");
});

it("finds functions that stand in shared sources, and leaves them to themselves", () => {
  const shared = "fn f() -> u32 { return 1u + 2u; }";
  const body = (own: string) => `${shared}\nfn main() {\n  ${own}\n}`;
  const kernels = { a: [body("x = f() - a;")], b: [body("x = f() - b;"), "fn g() { }\nfn main() { }"] };
  const found = sharedFunctions(kernels, [`const text = wgsl\`\n${shared}\n\`;`]);
  expect([...found]).toEqual([["f", [`${shared}\n`]]]);
  expect(reachableText(body("x = f();"), new Set(found.get("f")))).not.toContain("1u + 2u");
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
