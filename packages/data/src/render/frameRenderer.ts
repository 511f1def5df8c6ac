/** @file Renders frames: pictures, then the medium, then the one camera; pixels come back asynchronously. */

import { BufferUsage, MapMode, TextureUsage } from "@candor/tensor-core/device";

import { cameraWgsl } from "./camera.wgsl.ts";
import type { HeadAsset } from "./headAsset.ts";
import { openHeadRenderer, sceneFormat, sceneSize, type DrawnPicture } from "./headRenderer.ts";
import { presentationWgsl } from "./presentation.wgsl.ts";
import type { Frame } from "./scene.ts";
import { cameraUniforms, mediumUniforms } from "./uniforms.ts";

/** Pixels a side of a frame. */
export const frameSize = 128;
/** Largest sensor resolution across the crop. */
export const sensorSize = 192;

const bytesPerRow = 4 * frameSize;

/** Pixels of one frame, and where the face is. */
export interface RenderedFrame {
  /** RGBA, sRGB-encoded, [128, 128, 4]. */
  readonly pixels: Uint8Array;
  /** x, y, width, height in pixels. */
  readonly box: readonly [number, number, number, number];
}

/** Renders one frame after the other. */
export interface FrameRenderer {
  /** Submits the frame at once; resolves when its pixels are back. */
  render(frame: Frame): Promise<RenderedFrame>;
}

/** Opens the renderer. */
export async function openFrameRenderer(gpu: GPUDevice, asset: HeadAsset): Promise<FrameRenderer> {
  const heads = await openHeadRenderer(gpu, asset);
  const picture = (size: number, format: GPUTextureFormat): GPUTexture =>
    gpu.createTexture({
      size: [size, size],
      format,
      usage: TextureUsage.RENDER_ATTACHMENT | TextureUsage.TEXTURE_BINDING | TextureUsage.COPY_SRC,
    });
  const [person, shown, presented] = [0, 1, 2].map(() => picture(sceneSize, sceneFormat)) as [
    GPUTexture,
    GPUTexture,
    GPUTexture,
  ];
  const sensor = picture(sensorSize, "rgba8unorm");
  const output = picture(frameSize, "rgba8unorm");
  const uniformBuffer = (size: number): GPUBuffer =>
    gpu.createBuffer({ size, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
  const medium = uniformBuffer(320);
  const camera = uniformBuffer(128);
  const clamp = gpu.createSampler({ magFilter: "linear", minFilter: "linear" });

  const pipelineOf = (
    code: string,
    vertex: string,
    fragment: string,
    format: GPUTextureFormat,
  ): GPURenderPipeline => {
    const module = gpu.createShaderModule({ label: fragment, code });
    return gpu.createRenderPipeline({
      label: fragment,
      layout: "auto",
      vertex: { module, entryPoint: vertex },
      fragment: { module, entryPoint: fragment, targets: [{ format }] },
      primitive: { topology: "triangle-list" },
    });
  };
  const present = pipelineOf(presentationWgsl, "presentVertex", "presentFragment", sceneFormat);
  const sense = pipelineOf(cameraWgsl, "cameraVertex", "sensorFragment", "rgba8unorm");
  const develop = pipelineOf(cameraWgsl, "outputVertex", "outputFragment", "rgba8unorm");
  const presentGroup = gpu.createBindGroup({
    layout: present.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: medium } },
      { binding: 1, resource: heads.sampler },
      { binding: 2, resource: heads.noise.createView() },
      { binding: 3, resource: shown.createView() },
      { binding: 4, resource: person.createView() },
    ],
  });
  const senseGroup = (scene: GPUTexture): GPUBindGroup =>
    gpu.createBindGroup({
      layout: sense.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: camera } },
        { binding: 1, resource: clamp },
        { binding: 2, resource: scene.createView() },
      ],
    });
  const senseGroups = { person: senseGroup(person), presented: senseGroup(presented) };
  const developGroup = gpu.createBindGroup({
    layout: develop.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: camera } },
      { binding: 1, resource: clamp },
      { binding: 3, resource: sensor.createView() },
    ],
  });
  const idle: GPUBuffer[] = [];

  return {
    async render(frame) {
      const front = frame.person ? heads.draw(frame.person, person) : null;
      const inside = frame.shown ? heads.draw(frame.shown, shown) : null;
      const encoder = gpu.createCommandEncoder();
      if (frame.medium && inside) {
        const views = { shown: inside.view, shownEyes: inside.eyes, personEyes: front?.eyes ?? inside.eyes };
        write(gpu, medium, mediumUniforms(frame, frame.medium, views));
        fill(encoder, present, presentGroup, presented, sceneSize);
      }
      write(gpu, camera, cameraUniforms(frame.camera));
      fill(
        encoder,
        sense,
        frame.medium ? senseGroups.presented : senseGroups.person,
        sensor,
        frame.camera.resolution,
      );
      fill(encoder, develop, developGroup, output, frameSize);
      const staging =
        idle.pop() ??
        gpu.createBuffer({
          size: bytesPerRow * frameSize,
          usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
        });
      encoder.copyTextureToBuffer({ texture: output }, { buffer: staging, bytesPerRow }, [
        frameSize,
        frameSize,
      ]);
      gpu.queue.submit([encoder.finish()]);
      await staging.mapAsync(MapMode.READ);
      const pixels = new Uint8Array(staging.getMappedRange().slice(0));
      staging.unmap();
      idle.push(staging);
      return { pixels, box: boxOf(frame, inside ?? front) };
    },
  };
}

function fill(
  encoder: GPUCommandEncoder,
  pipeline: GPURenderPipeline,
  group: GPUBindGroup,
  target: GPUTexture,
  side: number,
): void {
  const pass = encoder.beginRenderPass({
    colorAttachments: [{ view: target.createView(), loadOp: "clear", storeOp: "store" }],
  });
  pass.setViewport(0, 0, side, side, 0, 1);
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.draw(3);
  pass.end();
}

function write(gpu: GPUDevice, buffer: GPUBuffer, floats: Float32Array): void {
  gpu.queue.writeBuffer(buffer, 0, floats as Float32Array<ArrayBuffer>);
}

/** The framing fixes the box's middle and height; its width follows the face that is seen. */
function boxOf(frame: Frame, drawn: DrawnPicture | null): RenderedFrame["box"] {
  const [, , width, height] = drawn?.view.box ?? [0, 0, 1, 1];
  const { x, y, height: wanted } = frame.framing;
  const wide = (width / height) * wanted;
  return [(x - wide / 2) * frameSize, (y - wanted / 2) * frameSize, wide * frameSize, wanted * frameSize];
}
