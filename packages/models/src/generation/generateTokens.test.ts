/** @file Generation against PyTorch token by token, in batches, with prefixes, replayed and not, streamed and stopped. */

import { concat, slice, type Tensor, tensor, zeros } from "@candor/tensor-core";
import { testDevice } from "@candor/tensor-core/testing";
import { describe, expect, test } from "vitest";
import type { Lm } from "../lm/lm.ts";
import { lmFixture, lmFixtures, lmWitness } from "../lm/lmWitness.ts";
import { openLm } from "../lm/openLm.ts";
import { generateTokens, streamTokens } from "./generateTokens.ts";
import { LmDecoder } from "./lmDecoder.ts";

const prompts = [[3, 1, 4], [1, 5, 9, 2, 6, 5, 3], [5]];

const read = async ({ best }: { best: Tensor }) => [...(await best.read())];
const decode = (ids: readonly number[]) => ids.map((id) => String.fromCharCode(65 + id)).join("");

/** Greedy tokens of a row, each from the whole text in one pass: no cache. */
async function withoutCache(
  lm: Lm,
  row: readonly number[],
  count: number,
  prefix?: Tensor,
): Promise<number[]> {
  const ids = [...row];
  for (let i = 0; i < count; i++) {
    using _scope = lm.tokens.weight.device.scope();
    const embedded = lm.embed(tensor(lm.tokens.weight.device, ids, [1, ids.length], "i32"));
    const x = prefix ? concat([prefix, embedded], 1) : embedded;
    const length = x.shape[1] ?? 0;
    const states = lm.forwardEmbeddings(x, prefix?.shape[1] ?? 0);
    const logits = [...(await lm.logits(slice(states, 1, length - 1, length)).read())];
    ids.push(logits.indexOf(Math.max(...logits)));
  }
  return ids.slice(row.length);
}

test.each(lmFixtures)(
  "%s answers as PyTorch does, alone and in a batch of other lengths, replayed or not",
  async (name) => {
    const device = await testDevice();
    using _scope = device.scope();
    const lm = await openLm(device, lmFixture(name));
    const want = await lmWitness(name);
    const rows = [0, 1].map((row) => [...want(`prompt.${row}`).data]);
    const answers = [0, 1].map((row) => [...want(`answer.${row}`).data]);
    for (const replay of [true, false]) {
      const batch = await generateTokens(lm, { rows }, { maxTokens: 12, replay });
      expect(batch.map(({ ids }) => ids)).toEqual(answers);
      const alone = await generateTokens(lm, { rows: rows.slice(0, 1) }, { maxTokens: 12, replay });
      expect(alone).toEqual([{ ids: answers[0], end: "length" }]);
    }
  },
);

test("weights in f16 give the same answers, whose tokens the file holds in bf16", async (context) => {
  const device = await testDevice();
  if (!device.gpu.features.has("shader-f16")) context.skip();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyQwen2"), { dtype: "f16" });
  expect(lm.tokens.weight.dtype).toBe("f16");
  const want = await lmWitness("tinyQwen2");
  const [answer] = await generateTokens(lm, { rows: [[...want("prompt.1").data]] }, { maxTokens: 12 });
  expect(answer?.ids).toEqual([...want("answer.1").data]);
});

test("behind embeddings that all tokens see, answers are those of whole passes", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyLlama"));
  const image = (row: number) => lm.embed(tensor(device, [30 + row, 31, 7 * row, 33], [1, 4], "i32"));
  const prefix = concat(
    prompts.map((_, row) => image(row)),
    0,
  );
  const answers = await generateTokens(lm, { rows: prompts, prefix }, { maxTokens: 6 });
  for (const [row, { ids }] of answers.entries()) {
    expect(ids).toEqual(await withoutCache(lm, prompts[row] as number[], 6, image(row)));
  }
  // A row may begin right behind its prefix.
  const [bare] = await generateTokens(lm, { rows: [[]], prefix: image(0) }, { maxTokens: 3 });
  const [first] = bare?.ids ?? [];
  expect(bare?.ids.slice(1)).toEqual(await withoutCache(lm, [first as number], 2, image(0)));
});

test("a replayed token makes no buffer, pipeline or bind group, and one submit", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyQwen2"));
  using decoder = new LmDecoder(lm, { batch: 2, capacity: 40 });
  const rows = prompts.slice(0, 2);
  let ids = await read(decoder.prefill(rows));
  for (let i = 0; i < 3; i++) ids = await read(decoder.step(ids));
  const before = device.stats;
  for (let i = 0; i < 8; i++) ids = await read(decoder.step(ids));
  const { created, pipelines, bindGroups, allocatedBytes, submits } = device.stats;
  expect({ created, pipelines, bindGroups, allocatedBytes }).toEqual({
    created: before.created,
    pipelines: before.pipelines,
    bindGroups: before.bindGroups,
    allocatedBytes: before.allocatedBytes,
  });
  // One for the step, one for the copy that is read.
  expect(submits - before.submits).toBeLessThanOrEqual(16);
  expect(ids).toHaveLength(2);
});

test("nothing stays behind, also when the reader leaves early", async () => {
  const device = await testDevice();
  using scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyLlama"));
  const live = () => ({ size: scope.size, live: device.stats.live });
  await generateTokens(lm, { rows: prompts }, { maxTokens: 5 });
  const before = live();
  await generateTokens(lm, { rows: prompts }, { maxTokens: 5 });
  expect(live()).toEqual(before);
  let seen = 0;
  for await (const _ of streamTokens(lm, { rows: prompts }, { maxTokens: 5 })) if (++seen === 4) break;
  expect(live()).toEqual(before);
  expect(await generateTokens(lm, { rows: prompts }, { maxTokens: 0 })).toEqual(
    prompts.map(() => ({ ids: [], end: "length" })),
  );
  expect(await generateTokens(lm, { rows: [] }, { maxTokens: 3 })).toEqual([]);
});

describe("an answer ends", () => {
  test("at a stop token, which is not part of it, while other rows go on", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const lm = await openLm(device, lmFixture("tinyLlama"));
    const free = await generateTokens(lm, { rows: prompts }, { maxTokens: 8 });
    const stop = free[0]?.ids[2] as number;
    const cut = (ids: readonly number[]) => (ids.includes(stop) ? ids.slice(0, ids.indexOf(stop)) : ids);
    const answers = await generateTokens(lm, { rows: prompts }, { maxTokens: 8, stopIds: [stop], decode });
    expect(answers.map(({ ids }) => ids)).toEqual(free.map(({ ids }) => cut(ids)));
    expect(answers.map(({ end }) => end)).toEqual(
      free.map(({ ids }) => (ids.includes(stop) ? "stopId" : "length")),
    );
    expect(answers.map(({ text }) => text)).toEqual(free.map(({ ids }) => decode(cut(ids))));
  });

  test("at a stop text, which may span tokens; streamed pieces never hold a part of it", async () => {
    const device = await testDevice();
    using _scope = device.scope();
    const lm = await openLm(device, lmFixture("tinyLlama"));
    const rows = prompts.slice(1, 2);
    const [free] = await generateTokens(lm, { rows }, { maxTokens: 8, decode });
    const text = free?.text ?? "";
    const stop = text.slice(3, 5);
    const pieces: string[] = [];
    let end: string | undefined;
    const options = { maxTokens: 8, decode, stopTexts: [stop, "never"] };
    for await (const item of streamTokens(lm, { rows }, options)) {
      pieces.push(item.text ?? "");
      end = item.end;
    }
    expect(end).toBe("stopText");
    expect(pieces.join("")).toBe(text.slice(0, text.indexOf(stop)));
  });
});

test("draws repeat by seed, differ between seeds, and do not depend on the batch", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyLlama"));
  const drawn = async (rows: number[][], seed: number) => {
    const options = { maxTokens: 10, temperature: 1.5, topK: 20, topP: 0.95, repetitionPenalty: 1.2, seed };
    return (await generateTokens(lm, { rows }, options)).map(({ ids }) => ids);
  };
  const first = await drawn(prompts, 1);
  expect(await drawn(prompts, 1)).toEqual(first);
  expect(await drawn(prompts, 2)).not.toEqual(first);
  expect(await drawn(prompts.slice(0, 1), 1)).toEqual(first.slice(0, 1));
});

test("what cannot be generated is named before anything is allocated", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const lm = await openLm(device, lmFixture("tinyQwen2"));
  const before = device.stats;
  const refused = async (rows: number[][], options: object) =>
    ((await generateTokens(lm, { rows }, { maxTokens: 4, ...options }).catch((e: Error) => e)) as Error)
      .message;
  expect(await refused([[1], []], {})).toBe("[generate] prompt 1 is empty");
  expect(await refused([[1, 48]], {})).toContain(
    "prompt 0 has the token 48, the embedding table 48 rows: use the",
  );
  expect(await refused([[1]], { maxTokens: -1 })).toContain(
    "maxTokens must be a whole number of at least 0, got -1",
  );
  expect(await refused([[1]], { maxTokens: 512 + 1 })).toContain(
    "513 tokens are more than the 512 that the model reads",
  );
  expect(await refused([[1]], { temperature: -1 })).toContain(
    "temperature must be a number of at least 0, got -1",
  );
  expect(await refused([[1]], { topP: 0 })).toContain("topP must be above 0 and at most 1, got 0");
  expect(await refused([[1]], { topK: 0.5 })).toContain("topK must be a whole number of at least 1, got 0.5");
  expect(await refused([[1]], { repetitionPenalty: 0 })).toContain(
    "repetitionPenalty must be greater than 0, got 0",
  );
  expect(await refused([[1]], { stopTexts: ["x"] })).toContain("stopTexts need decode");
  expect(device.stats).toEqual(before);
  const prefix = zeros(device, [1, 2, 4]);
  await expect(generateTokens(lm, { rows: [[1]], prefix }, { maxTokens: 1 })).rejects.toThrow(
    "prefix must be [1, P, 16], got [1, 2, 4]",
  );
});
