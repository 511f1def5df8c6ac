/** @file An image encoder from a folder of published files, whichever of the known architectures its config.json names; Node only. */

import type { Device } from "@candor/tensor-core";
import { openClipVision } from "../clip/openClip.ts";
import { clipVisionConfigFromPublished } from "../clip/publishedClip.ts";
import { ConfigError } from "../configError.ts";
import { readModelConfig } from "../weights/modelFolder.ts";
import { openTimmVit, openVitModel, type OpenVitOptions } from "./openVit.ts";
import { timmConfigFromPublished } from "./publishedVit.ts";
import { vitModelConfigFromPublished } from "./publishedVitModel.ts";
import type { Vit } from "./vit.ts";
import type { VitConfig } from "./vitConfig.ts";

type Reader = {
  readonly config: (json: unknown, source: string) => VitConfig;
  readonly open: (device: Device, folder: string, options?: OpenVitOptions) => Promise<Vit>;
};

const clip: Reader = { config: clipVisionConfigFromPublished, open: openClipVision };
const readers: Readonly<Record<string, Reader>> = {
  clip,
  clip_vision_model: clip,
  vit: { config: vitModelConfigFromPublished, open: openVitModel },
};
const timm: Reader = {
  config: (json, source) => timmConfigFromPublished(json, source).vit,
  open: openTimmVit,
};

function readerOf(json: unknown, source: string): Reader {
  const { model_type: type, architecture } = (json ?? {}) as Record<string, unknown>;
  const found = typeof type === "string" ? readers[type] : undefined;
  if (found) return found;
  if (type === undefined && typeof architecture === "string") return timm;
  throw new ConfigError(
    `[vit] ${source}: model_type must be ${Object.keys(readers).join(", ")}, or architecture a ViT of timm, got ` +
      `${JSON.stringify(type ?? architecture) ?? "neither"}: the weights are of another architecture`,
  );
}

/**
 * The sizes of the encoder that a `config.json` names: CLIP's, a `ViTModel`'s or timm's.
 *
 * @throws ConfigError if it is of another architecture
 */
export function visionConfigFromPublished(json: unknown, source = "config.json"): VitConfig {
  return readerOf(json, source).config(json, source);
}

/**
 * Opens the image encoder of a CLIP, a `ViTModel` or a ViT of timm. Parameters belong to the open scope.
 *
 * @param folder with `config.json` and `model.safetensors`, or shards and their index
 * @throws ConfigError if the files are of another architecture
 * @throws WeightsError if a file is missing or a tensor does not fit; all before anything is allocated
 */
export async function openVision(device: Device, folder: string, options: OpenVitOptions = {}): Promise<Vit> {
  const json = await readModelConfig(folder, "https://huggingface.co/openai/clip-vit-base-patch16");
  return await readerOf(json, `${folder}/config.json`).open(device, folder, options);
}
