/** @file Compiles WGSL with Tint through Dawn's null backend, which needs no driver. */

import { openDevice } from "@candor/tensor-core/device";

/** A message of Tint about one shader. */
export interface WgslMessage {
  readonly type: "error" | "warning" | "info";
  /** Counted from 1; 0 if Tint names no place. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

let device: Promise<GPUDevice> | undefined;

/**
 * Compiles a shader and returns what Tint says of it; an empty list means that it is valid.
 *
 * @param code WGSL text
 */
export async function validateWgsl(code: string): Promise<WgslMessage[]> {
  const gpu = await (device ??= openNullDevice());
  gpu.pushErrorScope("validation");
  const info = await gpu.createShaderModule({ code }).getCompilationInfo();
  const error = await gpu.popErrorScope();
  const messages = info.messages.map(({ type, lineNum, linePos, message }) => ({
    type,
    line: lineNum,
    column: linePos,
    text: message,
  }));
  if (error && !messages.some(({ type }) => type === "error")) {
    messages.push({ type: "error", line: 0, column: 0, text: error.message });
  }
  return messages;
}

async function openNullDevice(): Promise<GPUDevice> {
  // Experimental extensions, such as subgroup matrices, are offered with unsafe APIs alone.
  const dawnFlags = ["backend=null", "enable-dawn-features=allow_unsafe_apis"];
  return (await openDevice({ dawnFlags })).gpu;
}
