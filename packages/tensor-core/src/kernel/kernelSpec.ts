/** @file How a kernel is declared: buffers and uniforms once, in a typed table; the WGSL bindings follow from it. */

import type { subgroupMatrixFeature } from "../device/openDevice.ts";
import type { Elementwise } from "./elementwiseKernel.ts";

export type ElementType =
  | "f32"
  | "f16"
  | "i32"
  | "u32"
  | "vec2<f32>"
  | "vec2<u32>"
  | "vec4<f32>"
  | "vec2<f16>"
  | "vec4<f16>"
  | "vec4<i32>"
  | "vec4<u32>"
  | "atomic<u32>";

export interface BufferDeclaration {
  readonly access: "read" | "read_write";
  readonly element: ElementType;
}

/** Declares a buffer that the kernel reads. */
export function read(element: ElementType = "f32"): BufferDeclaration {
  return { access: "read", element };
}

/** Declares a buffer that the kernel writes, and may read. */
export function write(element: ElementType = "f32"): BufferDeclaration {
  return { access: "read_write", element };
}

export type UniformType = "f32" | "i32" | "u32";

/** The values of declared uniforms. */
export type UniformNumbers<Declared> = Readonly<Record<keyof Declared, number>>;

/**
 * One compute kernel.
 *
 * The body sees each buffer as a module variable of its name, the uniforms as `params.name`, the constants by their
 * names, and `WG`, the invocations of a workgroup (`WG_X`, `WG_Y`, `WG_Z` by axis).
 */
export interface KernelSpec<B extends string = string, U extends string = string> {
  /** `op.forward`, `op.backward.x`; with the variant's constants it identifies the pipeline. */
  readonly label: string;
  readonly workgroup: number | readonly [number, number, number];
  /** At most 8, so that the kernel runs on every adapter. */
  readonly buffers: Readonly<Record<B, BufferDeclaration>>;
  readonly uniforms: Readonly<Record<U, UniformType>>;
  readonly constants?: Readonly<Record<string, number | boolean>>;
  readonly features?: readonly ("subgroups" | "shader-f16" | typeof subgroupMatrixFeature)[];
  readonly body: string;
  /** Operations of a dispatch, a multiply-add being two, where the kernel is a product; what masks hide counts too. */
  flop?(uniforms: Readonly<Record<U, number>>): number;
  /** It leaves a part of what it binds for writing as that was, which may be anything. */
  readonly writesPart?: boolean;
  /** What the kernel computes, where it does so element by element: a captured step joins chains of such. */
  readonly elementwise?: Elementwise;
}

/** Marks WGSL text, for editors; joins its pieces as a plain template does. */
export function wgsl(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: strings }, ...values);
}
