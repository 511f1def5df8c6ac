/** @file Vision transformers of timm and Hugging Face from and to folders of published files; Node only. */

import { type Device, Random, withoutMemory } from "@candor/tensor-core";
import { loadFolder, type OpenModelOptions, readModelConfig } from "../weights/modelFolder.ts";
import { saveModel, type SaveModelOptions } from "../weights/saveModel.ts";
import {
  publishedFromTimmConfig,
  timmConfigFromPublished,
  timmLayout,
  timmVitLayout,
} from "./publishedVit.ts";
import { Vit } from "./vit.ts";
import { vitModelConfigFromPublished, vitModelLayout } from "./publishedVitModel.ts";
import { VitClassifier } from "./vitClassifier.ts";

export interface OpenVitOptions extends OpenModelOptions {
  /** Side of the images in pixels, to which positions are resized; default that of the files. */
  readonly imageSize?: number;
}

const example = "https://huggingface.co/timm/vit_base_patch16_224.augreg_in21k_ft_in1k";

/**
 * Opens a ViT or DeiT of timm without its heads. Parameters belong to the open scope.
 *
 * @param folder with `config.json` and `model.safetensors`
 * @throws ConfigError if the files are of another architecture
 * @throws WeightsError if a file is missing or a tensor does not fit; all before anything is allocated
 */
export async function openTimmVit(
  device: Device,
  folder: string,
  options: OpenVitOptions = {},
): Promise<Vit> {
  const { vit, imageSize } = await configsOf(folder, options);
  const model = withoutMemory(() => new Vit(device, { ...vit, imageSize }, new Random(0)));
  await loadFolder(model, timmVitLayout(vit, imageSize), folder, options);
  return model;
}

/**
 * Opens the encoder of a `ViTModel` or a `ViTForImageClassification` of Hugging Face; otherwise as {@link openTimmVit}.
 *
 * @throws ConfigError, WeightsError as {@link openTimmVit}
 */
export async function openVitModel(
  device: Device,
  folder: string,
  options: OpenVitOptions = {},
): Promise<Vit> {
  const json = await readModelConfig(folder, "https://huggingface.co/google/vit-base-patch16-224");
  const published = vitModelConfigFromPublished(json, `${folder}/config.json`);
  const { imageSize = published.imageSize } = options;
  const vit = withoutMemory(() => new Vit(device, { ...published, imageSize }, new Random(0)));
  const layout = (names: readonly string[]) =>
    vitModelLayout(published, imageSize, names.some((name) => name.startsWith("vit.")) ? "vit." : "");
  await loadFolder(vit, layout, folder, options);
  return vit;
}

/** Opens a model of timm with its heads; otherwise as {@link openTimmVit}. */
export async function openTimmClassifier(
  device: Device,
  folder: string,
  options: OpenVitOptions = {},
): Promise<VitClassifier> {
  const { vit, classes, imageSize } = await configsOf(folder, options);
  const config = { ...vit, imageSize };
  const model = withoutMemory(() => new VitClassifier(device, config, classes, new Random(0)));
  await loadFolder(model, timmLayout(vit, imageSize), folder, options);
  return model;
}

/** Saves a classifier as timm names it, for {@link openTimmClassifier} and timm's `load_state_dict`. */
export async function saveTimmClassifier(
  folder: string,
  model: VitClassifier,
  options: SaveModelOptions = {},
): Promise<void> {
  const { config } = model.vit;
  const published = publishedFromTimmConfig({ vit: config, classes: model.head.weight.shape[0] ?? 0 });
  await saveModel(folder, model, timmLayout(config), published, options);
}

async function configsOf(folder: string, options: OpenVitOptions) {
  const json = await readModelConfig(folder, example);
  const published = timmConfigFromPublished(json, `${folder}/config.json`);
  return { ...published, imageSize: options.imageSize ?? published.vit.imageSize };
}
