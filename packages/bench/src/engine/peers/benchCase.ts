/** @file The work that engines are compared by: shapes, inputs and counted operations. */

import { lcg } from "../lcg.ts";
import { flopPerStep } from "../tinyVitInputs.ts";

/** A product of [m, k] and [k, n]. */
export interface MatmulCase {
  readonly kind: "matmul";
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** One piece of work; all but the products have one fixed shape. */
export type BenchCase =
  MatmulCase | { readonly kind: "attention" | "attentionBackward" | "mlp" | "step" | "coldStep" };

/** b samples, h heads, t tokens, d width of a head. */
export const attentionShape = { b: 8, h: 12, t: 197, d: 64 } as const;

/** n rows, d width, f inner width. */
export const mlpShape = { n: 1576, d: 768, f: 3072 } as const;

/** The products that DESIGN's budgets name. */
export const budgetedMatmuls: readonly MatmulCase[] = [
  { kind: "matmul", m: 512, k: 512, n: 512 },
  { kind: "matmul", m: 1024, k: 1024, n: 1024 },
  { kind: "matmul", m: 1576, k: 768, n: 768 },
  { kind: "matmul", m: 1576, k: 768, n: 3072 },
];

/** Names a case in tables and files. */
export function caseName(work: BenchCase): string {
  return work.kind === "matmul" ? `matmul ${work.m}x${work.k}x${work.n}` : work.kind;
}

/** Floating-point operations of one iteration, as `reference/engines.md` counts them; 0 where none are counted. */
export function flopOf(work: BenchCase): number {
  const { b, h, t, d } = attentionShape;
  switch (work.kind) {
    case "matmul":
      return 2 * work.m * work.k * work.n;
    case "attention":
      return 4 * b * h * t * t * d;
    case "attentionBackward":
      return 14 * b * h * t * t * d; // forward 2 products of 2 t² d; backward 5
    case "mlp":
      return 4 * mlpShape.n * mlpShape.d * mlpShape.f;
    case "step":
      return flopPerStep;
    case "coldStep":
      return 0;
  }
}

/**
 * Reads shapes such as `512x512x512`.
 *
 * @throws Error that names what is not MxKxN of whole numbers
 */
export function parseMatmuls(texts: readonly string[]): MatmulCase[] {
  return texts
    .flatMap((text) => text.split(","))
    .filter((text) => text.trim() !== "")
    .map((text) => {
      const match = /^\s*(\d+)x(\d+)x(\d+)\s*$/i.exec(text);
      const [m = 0, k = 0, n = 0] = (match ?? []).slice(1).map(Number);
      if (Math.min(m, k, n) < 1) {
        throw new Error(`--matmul must be MxKxN with whole numbers of at least 1, got "${text}"`);
      }
      return { kind: "matmul", m, k, n };
    });
}

/** a [m, k], b [k, n] of a product. */
export function matmulInputs({ m, k, n }: MatmulCase): { a: Float32Array; b: Float32Array } {
  const draw = lcg(1);
  return { a: draw(m * k, 1), b: draw(k * n, 1) };
}

/** q, k, v, each [b, t, h, d]. */
export function attentionInputs(): { q: Float32Array; k: Float32Array; v: Float32Array } {
  const { b, h, t, d } = attentionShape;
  const draw = lcg(1);
  const next = () => draw(b * t * h * d, 1);
  return { q: next(), k: next(), v: next() };
}

/** x [n, d], w1 [d, f], w2 [f, d]; biases are zeros and the norm's gain is one. */
export function mlpInputs(): { x: Float32Array; w1: Float32Array; w2: Float32Array } {
  const { n, d, f } = mlpShape;
  const draw = lcg(1);
  return { x: draw(n * d, 1), w1: draw(d * f, 0.03), w2: draw(f * d, 0.03) };
}
