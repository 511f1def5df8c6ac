/** @file Trains a one-block transformer to continue a text, character by character. */

import { readFileSync } from "node:fs";
import * as c from "@candor/tensor-core";

const [B, T, D, H] = [16, 32, 64, 4]; // batch, characters, width, heads
const text = readFileSync(new URL("../../../LICENSE", import.meta.url), "utf8");
const alphabet = [...new Set(text)].toSorted();
const ids = Int32Array.from(text, (character) => alphabet.indexOf(character));
const device = await c.Device.open();
const random = new c.Random(1);

class CharacterModel extends c.Module {
  readonly characters = new c.Embedding(device, alphabet.length, D, random);
  readonly norms = [0, 1, 2].map(() => new c.LayerNorm(device, D));
  readonly qkv = [0, 1, 2].map(() => new c.Linear(device, D, D, random));
  readonly mix = new c.Linear(device, D, D, random);
  readonly up = new c.Linear(device, D, 4 * D, random);
  readonly down = new c.Linear(device, 4 * D, D, random);
  readonly head = new c.Linear(device, D, alphabet.length, random);

  forward(input: c.Tensor): c.Tensor {
    const x = this.characters.forward(input); // [B, T, D]
    const normed = this.norms[0]!.forward(x);
    const heads = (layer: c.Linear) => c.reshape(layer.forward(normed), [B, T, H, D / H]);
    const [q, k, v] = this.qkv.map(heads) as [c.Tensor, c.Tensor, c.Tensor];
    const mixed = c.attention(c.rotaryEmbedding(q), c.rotaryEmbedding(k), v, { mask: "causal" });
    const y = this.mix.forward(c.reshape(mixed, [B, T, D]), { residual: x });
    const hidden = this.up.forward(this.norms[1]!.forward(y), { activation: "gelu" });
    return this.head.forward(this.norms[2]!.forward(this.down.forward(hidden, { residual: y })));
  }
}

const model = new CharacterModel();
const parameters = model.namedParameters();
const optimizer = new c.AdamW(parameters, { learningRate: 3e-3, maxGradNorm: 1 });
const weights = c.full(device, [B * T], 1 / (B * T)); // the mean over all characters
const step = c.capture(device, ({ input, target }: Record<"input" | "target", c.Tensor>) => {
  const { value, grads } = c.valueAndGrad(
    () => c.crossEntropy(c.reshape(model.forward(input), [B * T, -1]), target, weights),
    parameters,
  );
  optimizer.step(grads);
  return { loss: value };
});
for (let index = 0; index <= 150; index++) {
  const starts = Array.from({ length: B }, () => random.bits() % (ids.length - T));
  const window = (shift: number) =>
    Int32Array.from(starts.flatMap((at) => [...ids.subarray(at + shift, at + shift + T)]));
  const { loss } = step.run({
    input: { shape: [B, T], data: window(0) },
    target: { shape: [B * T], data: window(1) },
  });
  if (index % 50 === 0) console.log(`step ${index}: loss ${(await loss.item()).toFixed(3)}`);
}
device.dispose();
