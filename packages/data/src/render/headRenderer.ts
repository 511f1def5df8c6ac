/** @file Draws a head before a backdrop into a picture of linear light. */

import { BufferUsage, ShaderStage, TextureUsage } from "@candor/tensor-core/device";

import { frameFace, lightMatrix, type View } from "./framing.ts";
import { headWgsl } from "./head.wgsl.ts";
import { loadTextures, type HeadAsset } from "./headAsset.ts";
import { buildHead, type HeadGeometry } from "./headGeometry.ts";
import { createSurfaces, vertexBytes, type DeviceSurface } from "./headSurfaces.ts";
import { noiseTexture } from "./noiseTexture.ts";
import type { Picture } from "./scene.ts";
import { uploadTextures } from "./textureArray.ts";
import { pictureUniforms, type Layers } from "./uniforms.ts";

/** Texels a side of a scene. */
export const sceneSize = 192;
/** Linear light with head-room for highlights. */
export const sceneFormat: GPUTextureFormat = "rgba16float";

const shadowSize = 256;
const samples = 4;
const depthFormat: GPUTextureFormat = "depth24plus";

/** Draws pictures. */
export interface HeadRenderer {
  /** Tiling noise, for the other passes too. */
  readonly noise: GPUTexture;
  readonly sampler: GPUSampler;
  /** Records nothing for later: the picture is submitted when the call returns. */
  draw(picture: Picture, target: GPUTexture): DrawnPicture;
}

/** What is known of a picture once it is drawn. */
export interface DrawnPicture {
  readonly view: View;
  /** Left and right eye in the crop: x, y, x, y. */
  readonly eyes: readonly [number, number, number, number];
}

/** Loads the textures and builds the pipelines. */
export async function openHeadRenderer(gpu: GPUDevice, asset: HeadAsset): Promise<HeadRenderer> {
  const { textures, layers } = await loadLayers(gpu, asset);
  const sampler = gpu.createSampler({
    magFilter: "linear",
    minFilter: "linear",
    addressModeU: "repeat",
    addressModeV: "repeat",
  });
  const surfaces = createSurfaces(gpu, asset);
  const uniforms = gpu.createBuffer({ size: 512, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
  const shadowMap = gpu.createTexture({
    size: [shadowSize, shadowSize],
    format: "depth32float",
    usage: TextureUsage.RENDER_ATTACHMENT | TextureUsage.TEXTURE_BINDING,
  });
  const [colour, depth] = ([sceneFormat, depthFormat] as const).map((format) =>
    gpu.createTexture({
      size: [sceneSize, sceneSize],
      sampleCount: samples,
      format,
      usage: TextureUsage.RENDER_ATTACHMENT,
    }),
  ) as [GPUTexture, GPUTexture];
  const pipelines = createPipelines(gpu);
  const pictureGroup = gpu.createBindGroup({
    layout: pipelines.pictureLayout,
    entries: [
      { binding: 0, resource: { buffer: uniforms } },
      { binding: 1, resource: sampler },
      ...[textures.skins, textures.hairs, textures.details].map((texture, i) => ({
        binding: 2 + i,
        resource: texture.createView({ dimension: "2d-array" }),
      })),
      { binding: 5, resource: textures.noise.createView() },
    ],
  });
  const shadowGroup = gpu.createBindGroup({
    layout: pipelines.shadowLayout,
    entries: [
      { binding: 0, resource: shadowMap.createView() },
      {
        binding: 1,
        resource: gpu.createSampler({ compare: "less", magFilter: "linear", minFilter: "linear" }),
      },
    ],
  });

  const put = (surface: DeviceSurface, vertices: Float32Array): void => {
    gpu.queue.writeBuffer(surface.moving, 0, vertices as Float32Array<ArrayBuffer>);
  };
  const proxyOf = (name: string): DeviceSurface => surfaces.proxies.get(name)!;

  return {
    noise: textures.noise,
    sampler,
    draw(picture, target) {
      const { identity } = picture;
      const head = buildHead(asset, identity, picture.pose, picture.expression, picture.mask);
      const view = frameFace(head.facePoints, picture.framing, picture.distance);
      const light = lightMatrix(picture.lighting.direction);
      gpu.queue.writeBuffer(
        uniforms,
        0,
        pictureUniforms(picture, view, light, layers) as Float32Array<ArrayBuffer>,
      );
      put(surfaces.skin, head.skin);
      put(proxyOf("HighPolyEyes"), head.eyes);
      put(proxyOf("Eyelashes01"), head.lash);
      put(proxyOf(identity.brow), head.brow);
      if (head.hair && identity.hair) put(proxyOf(identity.hair), head.hair);
      if (head.shell) put(surfaces.shell, head.shell);
      const hair = identity.hair && head.hair ? proxyOf(identity.hair) : null;

      const encoder = gpu.createCommandEncoder();
      const shadow = encoder.beginRenderPass({
        colorAttachments: [],
        depthStencilAttachment: {
          view: shadowMap.createView(),
          depthClearValue: 1,
          depthLoadOp: "clear",
          depthStoreOp: "store",
        },
      });
      shadow.setBindGroup(0, pictureGroup);
      drawSurface(shadow, pipelines.shadowSkin, surfaces.skin);
      if (hair) drawSurface(shadow, pipelines.shadowHair, hair);
      shadow.end();

      const scene = encoder.beginRenderPass({
        colorAttachments: [
          {
            view: colour.createView(),
            resolveTarget: target.createView(),
            loadOp: "clear",
            storeOp: "discard",
          },
        ],
        depthStencilAttachment: {
          view: depth.createView(),
          depthClearValue: 1,
          depthLoadOp: "clear",
          depthStoreOp: "discard",
        },
      });
      scene.setBindGroup(0, pictureGroup);
      scene.setBindGroup(1, shadowGroup);
      drawSurface(scene, pipelines.skin, surfaces.skin);
      drawSurface(scene, pipelines.shirt, surfaces.shirt);
      const clear = picture.mask?.kind === "transparent";
      if (picture.mask && !clear) drawSurface(scene, pipelines.shell, surfaces.shell);
      drawSurface(scene, pipelines.eyes, proxyOf("HighPolyEyes"));
      scene.setPipeline(pipelines.backdrop);
      scene.draw(3);
      drawSurface(scene, pipelines.lash, proxyOf("Eyelashes01"));
      if (!picture.mask || clear) drawSurface(scene, pipelines.brow, proxyOf(identity.brow));
      if (clear) drawSurface(scene, pipelines.clear, surfaces.shell);
      if (hair) drawSurface(scene, pipelines.hair, hair);
      scene.end();
      gpu.queue.submit([encoder.finish()]);
      return { view, eyes: eyesIn(head, view) };
    },
  };
}

function eyesIn(head: HeadGeometry, view: View): DrawnPicture["eyes"] {
  return [...view.project(head.eyePoints.left), ...view.project(head.eyePoints.right)];
}

function drawSurface(pass: GPURenderPassEncoder, pipeline: GPURenderPipeline, surface: DeviceSurface): void {
  pass.setPipeline(pipeline);
  pass.setVertexBuffer(0, surface.moving);
  pass.setVertexBuffer(1, surface.still);
  pass.setIndexBuffer(surface.index, "uint16");
  pass.drawIndexed(surface.count);
}

async function loadLayers(
  gpu: GPUDevice,
  asset: HeadAsset,
): Promise<{
  readonly textures: Record<"skins" | "hairs" | "details" | "noise", GPUTexture>;
  readonly layers: Layers;
}> {
  const namesOf = (kind: string): string[] =>
    [...asset.proxies.values()].filter((proxy) => proxy.kind === kind).map((proxy) => proxy.name);
  const hairs = namesOf("hair");
  const details = [...asset.irises, ...namesOf("brow"), ...namesOf("lash")];
  const detailFiles = [
    ...asset.irises.map((name) => `iris_${name}.webp`),
    ...namesOf("brow").map((name) => `brow_${name}.webp`),
    ...namesOf("lash").map((name) => `lash_${name}.webp`),
  ];
  const [skinPixels, hairPixels, detailPixels] = await Promise.all([
    loadTextures(
      asset.skins.map((name) => `skin_${name}.jpg`),
      512,
    ),
    loadTextures(
      hairs.map((name) => `hair_${name}.webp`),
      512,
    ),
    loadTextures(detailFiles, 256),
  ]);
  return {
    textures: {
      skins: uploadTextures(gpu, skinPixels, "rgba8unorm-srgb"),
      hairs: uploadTextures(gpu, hairPixels, "rgba8unorm-srgb"),
      details: uploadTextures(gpu, detailPixels, "rgba8unorm-srgb"),
      noise: uploadTextures(gpu, [noiseTexture()], "rgba8unorm"),
    },
    layers: {
      skin: (name) => indexOf(asset.skins, name),
      hair: (name) => indexOf(hairs, name),
      detail: (name) => indexOf(details, name),
    },
  };
}

function indexOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index < 0) throw new Error(`[openHeadRenderer] the head asset has no texture ${name}`);
  return index;
}

type SurfaceName = "skin" | "shirt" | "shell" | "clear" | "eyes" | "brow" | "lash" | "hair";
type PipelineName = SurfaceName | "backdrop" | "shadowSkin" | "shadowHair";

function createPipelines(gpu: GPUDevice): Record<PipelineName, GPURenderPipeline> & {
  readonly pictureLayout: GPUBindGroupLayout;
  readonly shadowLayout: GPUBindGroupLayout;
} {
  const module = gpu.createShaderModule({ label: "head", code: headWgsl });
  const array: GPUTextureBindingLayout = { viewDimension: "2d-array" };
  const both = ShaderStage.VERTEX | ShaderStage.FRAGMENT;
  const pictureLayout = gpu.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: both, buffer: {} },
      { binding: 1, visibility: both, sampler: {} },
      { binding: 2, visibility: both, texture: array },
      { binding: 3, visibility: both, texture: array },
      { binding: 4, visibility: both, texture: array },
      { binding: 5, visibility: both, texture: {} },
    ],
  });
  const shadowLayout = gpu.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: ShaderStage.FRAGMENT, texture: { sampleType: "depth" } },
      { binding: 1, visibility: ShaderStage.FRAGMENT, sampler: { type: "comparison" } },
    ],
  });
  const sceneLayout = gpu.createPipelineLayout({ bindGroupLayouts: [pictureLayout, shadowLayout] });
  const castLayout = gpu.createPipelineLayout({ bindGroupLayouts: [pictureLayout] });
  const buffers: GPUVertexBufferLayout[] = [
    {
      arrayStride: vertexBytes,
      attributes: [
        { shaderLocation: 0, offset: 0, format: "float32x3" },
        { shaderLocation: 1, offset: 12, format: "float32x3" },
      ],
    },
    {
      arrayStride: vertexBytes,
      attributes: [
        { shaderLocation: 2, offset: 0, format: "float32x2" },
        { shaderLocation: 3, offset: 8, format: "float32" },
        { shaderLocation: 4, offset: 12, format: "float32x3" },
      ],
    },
  ];
  const over: GPUBlendState = {
    color: { srcFactor: "one", dstFactor: "one-minus-src-alpha" },
    alpha: { srcFactor: "one", dstFactor: "one-minus-src-alpha" },
  };
  const scenePipeline = (
    fragment: string,
    options: { vertex?: string; cull?: GPUCullMode; blend?: boolean; bias?: number; coverage?: boolean },
  ): GPURenderPipeline =>
    gpu.createRenderPipeline({
      label: fragment,
      layout: sceneLayout,
      vertex: {
        module,
        entryPoint: options.vertex ?? "surface",
        buffers: fragment === "backdropFragment" ? [] : buffers,
      },
      primitive: { topology: "triangle-list", cullMode: options.cull ?? "none" },
      depthStencil: {
        format: depthFormat,
        depthCompare: "less",
        depthWriteEnabled: !options.blend,
        depthBias: options.bias ?? 0,
      },
      multisample: { count: samples, alphaToCoverageEnabled: options.coverage ?? false },
      fragment: {
        module,
        entryPoint: fragment,
        targets: [{ format: sceneFormat, ...(options.blend ? { blend: over } : {}) }],
      },
    });
  const shadowPipeline = (fragment: string | null): GPURenderPipeline =>
    gpu.createRenderPipeline({
      label: "shadow",
      layout: castLayout,
      vertex: { module, entryPoint: "shadowVertex", buffers },
      primitive: { topology: "triangle-list", cullMode: "none" },
      depthStencil: { format: "depth32float", depthCompare: "less", depthWriteEnabled: true },
      ...(fragment ? { fragment: { module, entryPoint: fragment, targets: [] } } : {}),
    });
  return {
    pictureLayout,
    shadowLayout,
    skin: scenePipeline("skinFragment", { cull: "back" }),
    shirt: scenePipeline("shirtFragment", { vertex: "shirtSurface" }),
    shell: scenePipeline("shellFragment", {}),
    clear: scenePipeline("clearFragment", { cull: "back", blend: true }),
    eyes: scenePipeline("eyeFragment", { cull: "back" }),
    brow: scenePipeline("browFragment", { blend: true, bias: -40 }),
    lash: scenePipeline("lashFragment", { blend: true, bias: -10 }),
    hair: scenePipeline("hairFragment", { coverage: true }),
    backdrop: scenePipeline("backdropFragment", { vertex: "screenVertex", blend: false }),
    shadowSkin: shadowPipeline(null),
    shadowHair: shadowPipeline("shadowHair"),
  };
}
