/** @file Sampling against its definitions, and streamed text piece by piece. */

import { Random } from "@candor/tensor-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { candidates, penaliseRepetition, Sampler } from "./sampling.ts";
import { TextStream } from "./textStream.ts";

const logits = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 30 });

const decode = (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids));
const chosenWith = (repetitionPenalty: number) => new Sampler({ repetitionPenalty }, 0).next([3, 2.5], [0]);

test("candidates are the softmax, cut to top-k and the least set that reaches top-p", () => {
  fc.assert(
    fc.property(
      logits,
      fc.constantFrom(0.5, 1, 2),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (row, temperature, topK, topP) => {
        const powers = row.map((l, id) => ({ id, power: Math.exp(l / temperature) }));
        const share = (items: typeof powers) => {
          const total = items.reduce((sum, { power }) => sum + power, 0);
          return items.map(({ id, power }) => ({ id, p: power / total }));
        };
        const top = share(powers.toSorted((a, b) => b.power - a.power || a.id - b.id).slice(0, topK));
        const sumTo = (n: number) => top.slice(0, n).reduce((sum, { p }) => sum + p, 0);
        let least = 1;
        while (least < top.length && sumTo(least) < topP) least++;
        // A sum that rounding leaves within 1e-12 of top-p may fall on either side.
        const close = [least - 1, least].some((n) => Math.abs(sumTo(n) - topP) < 1e-12);
        const got = candidates(row, { temperature, topK, topP });
        if (!close) expect(got.map(({ id }) => id)).toEqual(top.slice(0, least).map(({ id }) => id));
        expect(got.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
        const first = top[0] as { p: number };
        const kept = sumTo(got.length);
        expect(got[0]?.probability).toBeCloseTo(first.p / kept, 10);
      },
    ),
  );
});

test("top-p is a share of all tokens, the improbable ones included", () => {
  const row = [1, -3, 2, -3, 2, 0];
  const ids = (topP: number) => candidates(row, { temperature: 1, topP }).map(({ id }) => id);
  // Shares 0.397, 0.397, 0.146, 0.054 and twice 0.003: three tokens have 0.9409, which the last two must not lift.
  expect(ids(0.943)).toEqual([2, 4, 0, 5]);
  expect(ids(0.94)).toEqual([2, 4, 0]);
});

test("draws come as often as their probabilities say", () => {
  const row = Float32Array.from([0, 1, 2, -1]);
  const sampler = new Sampler({ temperature: 1, seed: 5 }, 0);
  const counts = [0, 0, 0, 0];
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    const id = sampler.next(row, []);
    counts[id] = (counts[id] as number) + 1;
  }
  const total = [...row].reduce((sum, l) => sum + Math.exp(l), 0);
  // Chi-squared with three degrees of freedom: above 16.3 once in a thousand seeds.
  const chi = counts.reduce((sum, n, id) => {
    const expected = (draws * Math.exp(row[id] as number)) / total;
    return sum + (n - expected) ** 2 / expected;
  }, 0);
  expect(chi).toBeLessThan(16.3);
});

test("repetition makes a token less probable on either side of zero, once however often it occurred", () => {
  const values = Float64Array.of(2, -2, 0, 4);
  penaliseRepetition(values, [0, 1, 0, 2], 2);
  expect([...values]).toEqual([1, -4, 0, 4]);
  expect([chosenWith(1), chosenWith(1.5)]).toEqual([0, 1]);
});

test("streamed pieces join to the whole text, and show no half character and no part of a stop text", () => {
  const words = fc.array(fc.constantFrom("a", "b", "ab", "é", "€", "😀", " "), { maxLength: 12 });
  fc.assert(
    fc.property(
      words,
      fc.array(fc.constantFrom("ab", "ba", "aab", "€ "), { maxLength: 2 }),
      (parts, stops) => {
        const bytes = new TextEncoder().encode(parts.join(""));
        const stream = new TextStream(decode, stops);
        const whole = parts.join("");
        const ends = stops.map((stop) => whole.indexOf(stop)).filter((at) => at >= 0);
        let shown = "";
        let stopped = false;
        for (let n = 1; n <= bytes.length && !stopped; n++) {
          const step = stream.push([...bytes.subarray(0, n)]);
          shown += step.piece;
          ({ stopped } = step);
          expect(shown).not.toContain("\uFFFD");
          expect(whole.startsWith(shown)).toBe(true);
        }
        shown += stream.end();
        expect(stopped).toBe(ends.length > 0);
        // Of two stop texts the one that is complete first counts.
        if (ends.length === 0) expect(shown).toBe(whole);
        else for (const stop of stops) expect(shown).not.toContain(stop);
        expect(shown).toBe(stream.text);
      },
    ),
    { numRuns: 300 },
  );
});

test("each row of a batch has its own stream of draws", () => {
  const row = new Float32Array(50);
  const drawn = (at: number) => {
    const sampler = new Sampler({ temperature: 1, seed: 3 }, at);
    return Array.from({ length: 8 }, () => sampler.next(row, []));
  };
  expect(drawn(0)).toEqual(drawn(0));
  expect(drawn(0)).not.toEqual(drawn(1));
  expect(new Random(3).fork("row0").bits()).not.toBe(new Random(3).fork("row1").bits());
});
