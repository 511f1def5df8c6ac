/** @file Which functions of a kernel run, and which it shares. */

import { expect, it } from "vitest";
import { placeLines, reachableText, sharedFunctions } from "./wgslFunctions.ts";

it("names the function of each line", () => {
  const text = "const A = 1u;\nfn a() -> u32 { return 1u; }\nfn b() {\n  x;\n}\ny";
  expect(placeLines(text).map(({ within }) => within)).toEqual([undefined, "a", "b", "b", "b", undefined]);
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
