/** @file What an optimiser keeps of each parameter between steps, and parameters in the bundles that a dispatch updates. */

import type { UniformValue } from "../kernel/command.ts";
import type { HostTensor } from "../nn/module.ts";
import { copyElements } from "../tensor/copyElements.ts";
import type { Device } from "../tensor/device.ts";
import { fill } from "../tensor/fill.ts";
import { sameShape, ShapeError, showShape, sizeOf } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { elementsOf, type ParameterPart, partsOf } from "./parameterParts.ts";

/** Parameters that one dispatch updates, with what is kept of them in one tensor. */
interface Bundle {
  readonly members: readonly Member[];
  /** The values of each kind of the first member, of the next, and so on; each padded to a quad. None: no kinds. */
  readonly kept: Tensor | undefined;
}

interface Member extends ParameterPart {
  readonly quads: number;
  /** The quad of `kept` where its own begin. */
  readonly at: number;
}

/** What is kept of each parameter, by name, and the least value that it can have: -Infinity for any. */
type Kinds = Readonly<Record<string, number>>;

/** Values beside parameters, of their shapes and 0 at first, such as moments; outside of any scope. */
export class ParameterState {
  readonly bundles: readonly Bundle[];
  readonly #op: string;
  readonly #params: ReadonlyMap<string, Tensor>;
  readonly #kinds: readonly string[];
  readonly #least: Kinds;

  /** @param most parameters in a bundle */
  constructor(op: string, params: ReadonlyMap<string, Tensor>, least: Kinds, most: number) {
    this.#op = op;
    this.#params = params;
    this.#least = least;
    const kinds = Object.keys(least);
    this.#kinds = kinds;
    const [first] = params.values();
    const { device } = first as Tensor;
    // All kinds of a part must be bound at once.
    const parts = partsOf(params, device.maxBindingBytes / Math.max(1, kinds.length));
    this.bundles = device.unscoped(() => bundle(op, parts, device, kinds.length, most));
  }

  /** Copies of what is kept, as `<kind>.<name>`, in the open scope. */
  copies(): Map<string, Tensor> {
    const copies = new Map<string, Tensor>();
    for (const [name, { device, shape }] of this.#params) {
      for (const kind of this.#kinds) {
        const label = `[${this.#op}] ${kind}.${name}`;
        copies.set(`${kind}.${name}`, Tensor.allocate(device, shape, "f32", label));
      }
    }
    for (const { members, kept } of this.bundles) {
      for (const { name, start, size, quads, at } of members) {
        for (const [i, kind] of this.#kinds.entries()) {
          const copy = copies.get(`${kind}.${name}`) as Tensor;
          copyElements(kept as Tensor, 4 * (at + i * quads), copy, start, size);
        }
      }
    }
    return copies;
  }

  /**
   * Overwrites what is kept.
   *
   * @throws ShapeError if a name is missing, surplus, of another shape or short of values; nothing is written then
   * @throws RangeError if a value is not finite, or less than it can be; nothing is written then
   */
  load(state: ReadonlyMap<string, HostTensor>): void {
    this.#assertFits(state);
    for (const { members, kept } of this.bundles) {
      if (!kept) continue;
      const values = new Float32Array(kept.size);
      for (const { name, start, size, quads, at } of members) {
        for (const [i, kind] of this.#kinds.entries()) {
          const { data } = state.get(`${kind}.${name}`) as HostTensor;
          values.set(data.subarray(start, start + size), 4 * (at + i * quads));
        }
      }
      kept.write(values);
    }
  }

  dispose(): void {
    for (const { kept } of this.bundles) kept?.dispose();
  }

  #assertFits(state: ReadonlyMap<string, HostTensor>): void {
    const op = this.#op;
    const names = new Set<string>();
    for (const [parameter, { shape }] of this.#params) {
      for (const kind of this.#kinds) {
        const name = `${kind}.${parameter}`;
        const value = state.get(name);
        if (!value) throw new ShapeError(`[${op}] the state has no ${name}`);
        if (!sameShape(value.shape, shape)) {
          throw new ShapeError(`[${op}] ${name} must be ${showShape(shape)}, got ${showShape(value.shape)}`);
        }
        if (value.data.length !== sizeOf(shape)) {
          throw new ShapeError(
            `[${op}] ${name} is ${showShape(shape)}, but holds ${value.data.length} values`,
          );
        }
        assertValues(op, name, value.data, this.#least[kind] as number);
        names.add(name);
      }
    }
    const surplus = [...state.keys()].find((name) => !names.has(name));
    if (surplus !== undefined)
      throw new ShapeError(`[${op}] no parameter belongs to ${surplus} of the state`);
  }
}

function assertValues(op: string, name: string, values: ArrayLike<number>, least: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value >= least && Number.isFinite(value)) continue;
    const what = least === -Infinity ? "a finite number" : `a finite number >= ${least}`;
    throw new RangeError(`[${op}] element ${i} of ${name} must be ${what}, got ${value}`);
  }
}

/** @throws ShapeError if it is no count of steps */
export function assertStepCount(op: string, stepCount: number): void {
  if (!Number.isInteger(stepCount) || stepCount < 0) {
    throw new ShapeError(`[${op}] stepCount must be a whole number >= 0, got ${stepCount}`);
  }
}

/** Parameters and gradients side by side, as the kernels of updates take them: an invocation has four elements. */
export function sideBySide(parts: readonly ParameterPart[], grads: ReadonlyMap<string, Tensor>) {
  const tensors: Record<string, Tensor> = {};
  const uniforms: Record<string, UniformValue> = {};
  let groups = 0;
  for (const [i, part] of parts.entries()) {
    const quads = Math.ceil(part.size / 4);
    const own = Math.ceil(quads / 64);
    groups += own;
    tensors[`gradient${i}`] = elementsOf(part, grads.get(part.name) as Tensor);
    tensors[`parameter${i}`] = elementsOf(part, part.parameter);
    uniforms[`quads${i}`] = quads;
    uniforms[`groups${i}`] = own;
  }
  return { tensors, uniforms, groups };
}

/** Parts in their order, so many in a bundle; fewer where a device could not bind what is kept at once. */
function bundle(
  op: string,
  parts: readonly ParameterPart[],
  device: Device,
  kinds: number,
  most: number,
): Bundle[] {
  const bundles: Bundle[] = [];
  let members: Member[] = [];
  let end = 0;
  const close = () => {
    if (members.length > 0) {
      const kept =
        kinds > 0 ? fill(Tensor.allocate(device, [4 * end], "f32", `[${op}] state`), 0) : undefined;
      bundles.push({ members, kept });
    }
    members = [];
    end = 0;
  };
  for (const part of parts) {
    const quads = Math.ceil(part.size / 4);
    if (members.length === most || 16 * (end + kinds * quads) > device.maxBindingBytes) close();
    members.push({ ...part, quads, at: end });
    end += kinds * quads;
  }
  close();
  return bundles;
}
