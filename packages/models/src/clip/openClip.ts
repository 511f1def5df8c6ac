/** @file CLIP models from and to folders of published files; Node only. */

import { type Device, Random, withoutMemory } from "@candor/tensor-core";
import { assertTokenizerFits } from "../lm/openLm.ts";
import type { OpenVitOptions } from "../vit/openVit.ts";
import { Vit } from "../vit/vit.ts";
import type { VitConfig } from "../vit/vitConfig.ts";
import { loadFolder, readModelConfig } from "../weights/modelFolder.ts";
import { saveModel, type SaveModelOptions } from "../weights/saveModel.ts";
import { Clip } from "./clip.ts";
import {
  clipConfigFromPublished,
  clipLayout,
  clipVisionConfigFromPublished,
  clipVisionLayout,
  publishedFromClipConfig,
  publishedFromClipVision,
} from "./publishedClip.ts";

const example = "https://huggingface.co/openai/clip-vit-base-patch16";

/** How the weights of a `CLIPModel` are opened. */
export interface OpenClipOptions extends OpenVitOptions {
  /** Rows that the tokenizer needs; a smaller embedding table is refused. */
  readonly tokenizerSize?: number;
}

/**
 * Opens a `CLIPModel`. Parameters belong to the open scope.
 *
 * @param folder with `config.json` and `model.safetensors`, or shards and their index
 * @throws ConfigError if the files are of another architecture, or the tokenizer knows more tokens than the model
 * @throws WeightsError if a file is missing or a tensor does not fit; all before anything is allocated
 */
export async function openClip(device: Device, folder: string, options: OpenClipOptions = {}): Promise<Clip> {
  const published = clipConfigFromPublished(await readModelConfig(folder, example), `${folder}/config.json`);
  const { imageSize = published.vit.imageSize, tokenizerSize = 0 } = options;
  assertTokenizerFits(tokenizerSize, published.text.vocabularySize, folder);
  const layout = clipLayout(published, imageSize);
  const config = { ...published, vit: { ...published.vit, imageSize } };
  const clip = withoutMemory(() => new Clip(device, config, new Random(0)));
  await loadFolder(clip, layout, folder, options);
  return clip;
}

/**
 * Opens the vision part of a `CLIPModel`, a `CLIPVisionModel` or a `CLIPVisionModelWithProjection`.
 *
 * @param folder as in {@link openClip}
 * @throws ConfigError, WeightsError as {@link openClip}
 */
export async function openClipVision(
  device: Device,
  folder: string,
  options: OpenVitOptions = {},
): Promise<Vit> {
  const published = clipVisionConfigFromPublished(
    await readModelConfig(folder, example),
    `${folder}/config.json`,
  );
  const { imageSize = published.imageSize } = options;
  const layout = clipVisionLayout(published, imageSize);
  const config: VitConfig = { ...published, imageSize };
  const vit = withoutMemory(() => new Vit(device, config, new Random(0)));
  await loadFolder(vit, layout, folder, options);
  return vit;
}

/** Saves a model as a `CLIPModel` of Hugging Face, which {@link openClip} and transformers read. */
export async function saveClip(folder: string, clip: Clip, options: SaveModelOptions = {}): Promise<void> {
  await saveModel(folder, clip, clipLayout(clip.config), publishedFromClipConfig(clip.config), options);
}

/** Saves an encoder with CLIP's structure as a `CLIPVisionModel`, which {@link openClipVision} and transformers read. */
export async function saveClipVision(
  folder: string,
  vit: Vit,
  options: SaveModelOptions = {},
): Promise<void> {
  await saveModel(folder, vit, clipVisionLayout(vit.config), publishedFromClipVision(vit.config), options);
}
