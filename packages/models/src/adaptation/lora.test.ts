/** @file LoRA in any model: nothing changes at first, only adapters train, merging, PEFT's files, what is refused. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdamW,
  type Device,
  encodeSafetensors,
  Linear,
  mul,
  parseSafetensors,
  Random,
  setTraining,
  silu,
  sum,
  type Tensor,
  tensor,
  trainableParameters,
  valueAndGrad,
} from "@candor/tensor-core";
import { assertClose, largest, random64, testDevice } from "@candor/tensor-core/testing";
import { expect, test } from "vitest";
import { createModel } from "../createModel.ts";
import { lmFixture } from "../lm/lmWitness.ts";
import { openLm } from "../lm/openLm.ts";
import { lmLayout } from "../lm/publishedLm.ts";
import { tinyIfas } from "../testing/tinyIfas.ts";
import { VitBinary } from "../antispoof/vitBinary.ts";
import { applyLora, LoraLinear, loraParts } from "./lora.ts";
import { loadLora, saveLora } from "./loraFiles.ts";
import { mergeLora, unmergeLora } from "./loraMerge.ts";

const options = { rank: 2, alpha: 4, random: new Random(3) };

/** Random values in the place of B's zeros. */
function shake(model: Parameters<typeof loraParts>[0]): void {
  for (const [name, { loraB }] of loraParts(model))
    loraB.write(random64(loraB.shape, new Random(1).fork(name)).data);
}

async function vision(device: Device) {
  const model = new VitBinary(device, { method: "vitBinary", vit: tinyIfas.vit }, new Random(2));
  const x = random64([2, 3, 16, 16], new Random(4));
  const images = tensor(device, x.data, x.shape);
  const logits = () => model.judgmentLogits(images).read() as Promise<Float32Array>;
  return { model, images, logits };
}

test("a vision model: unchanged at first, then adapters alone train, merge and come out again", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const { model, images, logits } = await vision(device);
  const before = await logits();
  const names = [...model.namedParameters().keys()];
  const adapted = applyLora(model, { ...options, targets: ["vit.*.attention.query", /mlp\.input$/] });
  expect(adapted).toEqual(
    [0, 1].flatMap((i) => ["attention.query", "mlp.input"].map((n) => `vit.blocks.${i}.${n}`)),
  );
  assertClose("logits", await logits(), before, 1e-6);
  const parameters = trainableParameters(model);
  expect([...parameters.keys()]).toEqual(adapted.flatMap((name) => [`${name}.loraA`, `${name}.loraB`]));
  expect([...model.namedParameters().keys()].filter((name) => !parameters.has(name))).toEqual(names);

  const optimizer = new AdamW(parameters, { learningRate: 1e-2 });
  for (let step = 0; step < 3; step++) {
    using _step = device.scope();
    const { grads } = valueAndGrad(
      () => sum(mul(model.judgmentLogits(images), model.judgmentLogits(images))),
      parameters,
    );
    optimizer.step(grads);
  }
  const trained = await logits();
  expect(largest(trained.map((v, i) => v - (before[i] as number)))).toBeGreaterThan(1e-3);
  const query = () => (loraParts(model).get("vit.blocks.0.attention.query") as LoraLinear).weight.read();
  const weight = await query();
  expect(mergeLora(model)).toBe(4);
  expect(mergeLora(model)).toBe(0);
  expect(await query()).not.toEqual(weight);
  assertClose("merged", await logits(), trained, 1e-5);
  expect([...trainableParameters(model).keys()]).toEqual([...parameters.keys()]);
  expect(unmergeLora(model)).toBe(4);
  assertClose("unmerged", await logits(), trained, 1e-5);
});

test("an epilogue is applied after the change", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const of = (seed: number, ...shape: number[]) =>
    tensor(device, random64(shape, new Random(seed)).data, shape);
  const linear = new Linear(device, 6, 4, new Random(1));
  const lora = new LoraLinear(linear, { rank: 2, scale: 0.5 }, new Random(2));
  lora.loraB.write(random64([4, 2], new Random(3)).data);
  const [x, gate, residual] = [of(4, 3, 6), of(5, 3, 4), of(6, 3, 4)];
  const whole = await lora.forward(x, { activation: "silu", gate, residual }).read();
  const parts = await mul(silu(lora.forward(x)), gate).read();
  const added = await residual.read();
  assertClose(
    "epilogue",
    whole,
    parts.map((v, i) => v + (added[i] as number)),
    1e-6,
  );
  const plain = await lora.forward(x, { residual }).read();
  const bare = await lora.forward(x).read();
  assertClose(
    "residual",
    plain,
    bare.map((v, i) => v + (added[i] as number)),
    1e-6,
  );
});

test("dropout hides inputs from the change while training, not otherwise", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const { model, logits } = await vision(device);
  applyLora(model, { ...options, dropout: 0.5, targets: ["*.attention.*"] });
  shake(model);
  const [one, two] = [await logits(), await logits()];
  expect(one).not.toEqual(two);
  setTraining(model, false);
  expect(await logits()).toEqual(await logits());
});

test("an adapter is saved in PEFT's layout and gives the same logits when loaded", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const folder = await mkdtemp(join(tmpdir(), "candor-lora-"));
  const ids = tensor(device, [3, 1, 4, 1, 5], [1, 5], "i32");
  const open = () => openLm(device, lmFixture("tinyQwen2"));
  const lm = await open();
  const layout = lmLayout(lm.config);
  const logits = (m: typeof lm) => m.logits(m.forwardEmbeddings(m.embed(ids), 0)).read();
  applyLora(lm, { ...options, targets: ["layers.*.attention.value", "layers.1.mlp.up"] });
  shake(lm);
  await saveLora(lm, layout, folder, "tinyQwen2");
  const { tensors } = parseSafetensors(await readFile(join(folder, "adapter_model.safetensors")));
  expect([...tensors].map(([name, { shape }]) => [name, ...shape])).toEqual([
    ["base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight", 2, 16],
    ["base_model.model.model.layers.0.self_attn.v_proj.lora_B.weight", 4, 2],
    ["base_model.model.model.layers.1.self_attn.v_proj.lora_A.weight", 2, 16],
    ["base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight", 4, 2],
    ["base_model.model.model.layers.1.mlp.up_proj.lora_A.weight", 2, 16],
    ["base_model.model.model.layers.1.mlp.up_proj.lora_B.weight", 24, 2],
  ]);
  const config = JSON.parse(await readFile(join(folder, "adapter_config.json"), "utf8")) as Record<
    string,
    unknown
  >;
  expect(config).toMatchObject({ peft_type: "LORA", r: 2, lora_alpha: 4, bias: "none" });
  const other = await open();
  await loadLora(other, layout, folder);
  expect(await logits(other)).toEqual(await logits(lm));
  expect(await logits(other)).not.toEqual(await logits(await open()));

  const refused = async (change: object, tensor?: readonly [string, readonly number[]]) => {
    await writeFile(join(folder, "adapter_config.json"), JSON.stringify({ ...config, ...change }));
    const kept = new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }]));
    if (tensor)
      kept.set(tensor[0], { shape: tensor[1], data: new Float32Array(tensor[1].reduce((a, b) => a * b)) });
    await writeFile(join(folder, "adapter_model.safetensors"), encodeSafetensors(kept));
    const model = await open();
    const before = device.stats;
    const { message } = (await loadLora(model, layout, folder).catch((e: Error) => e)) as Error;
    expect(device.stats).toEqual(before);
    expect(loraParts(model).size).toBe(0);
    return message;
  };
  expect(await refused({ use_dora: true })).toContain("is no plain LoRA adapter: use_dora");
  expect(await refused({ peft_type: "IA3" })).toContain("peft_type");
  expect(await refused({ rank_pattern: { q_proj: 4 } })).toContain("rank_pattern is not supported");
  expect(await refused({ r: 3 })).toContain("lora_A.weight must be [3, 16], got [2, 16]");
  const surplus = "base_model.model.model.layers.7.mlp.up_proj.lora_A.weight";
  expect(await refused({}, [surplus, [2, 16]])).toContain(
    `the adapter holds ${surplus}, which the model has no`,
  );
  await rm(folder, { recursive: true });
});

test("beside weights in f16 the change stays f32, and its gradient is that beside the same weights in f32", async (context) => {
  const device = await testDevice();
  if (!device.gpu.features.has("shader-f16")) context.skip();
  using _scope = device.scope();
  const ids = tensor(device, [3, 1, 4, 1, 5], [1, 5], "i32");
  const found = [];
  for (const dtype of ["f32", "f16"] as const) {
    const lm = await openLm(device, lmFixture("tinyQwen2"), { dtype });
    const [name = ""] = applyLora(lm, {
      ...options,
      targets: ["layers.0.attention.query", "layers.1.mlp.gate"],
    });
    shake(lm);
    const logits = () => lm.logits(lm.forwardEmbeddings(lm.embed(ids), 0));
    const parameters = trainableParameters(lm);
    const { grads } = valueAndGrad(() => sum(mul(logits(), logits())), parameters);
    const grad = await (grads.get(`${name}.loraA`) as Tensor).read();
    expect([...parameters.values()].every((t) => t.dtype === "f32")).toBe(true);
    const before = await logits().read();
    mergeLora(lm);
    expect((loraParts(lm).get(name) as LoraLinear).weight.dtype).toBe(dtype);
    // A merged weight in f16 is rounded to 2^-11 of itself.
    const scale = largest(before);
    assertClose("merged", await logits().read(), before, (dtype === "f16" ? 5e-3 : 1e-5) * scale);
    found.push({ grad, before });
  }
  const [wide, narrow] = found as [(typeof found)[0], (typeof found)[0]];
  // The file holds bf16, all of which but the smallest f16 holds too.
  assertClose("logits", narrow.before, wide.before, 1e-4 * largest(wide.before));
  assertClose("gradient", narrow.grad, wide.grad, 1e-3 * largest(wide.grad));
});

test("what cannot be adapted is named", async () => {
  const device = await testDevice();
  using _scope = device.scope();
  const model = createModel(device, tinyIfas, new Random(1));
  const apply = (change: object) => () =>
    applyLora(model, { ...options, targets: ["lm.*.query"], ...change });
  expect(apply({ rank: 0 })).toThrow("[lora] rank must be a whole number of at least 1, got 0");
  expect(apply({ alpha: 0 })).toThrow("[lora] alpha must be greater than 0, got 0");
  expect(apply({ targets: ["lm.*.q_proj"] })).toThrow("[lora] no linear map has a name like lm.*.q_proj");
  expect(apply({ targets: [] })).toThrow("[lora] targets must name at least one linear map");
  expect(apply({})()).toEqual(["lm.layers.0.attention.query", "lm.layers.1.attention.query"]);
  expect(apply({})).toThrow("[lora] no linear map has a name like lm.*.query");
});
