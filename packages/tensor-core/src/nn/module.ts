/** @file Modules: objects whose tensors have names. */

import { assertNumbers } from "../tensor/assertNumbers.ts";
import { ShapeError, sameShape, showShape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { makesNoMemory } from "../tensor/withoutMemory.ts";
import { adopt } from "./adopt.ts";

/** Values of a tensor on the host: of i32 in an Int32Array, of u32 in a Uint32Array, else in a Float32Array. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint32Array;
}

/**
 * A part of a model. Fields that hold tensors are its parameters; fields that hold modules, or arrays of them, are its
 * parts. Names are the paths of fields, as in PyTorch: `blocks.0.attention.query.weight`. What a part belongs to is no part
 * of it: a field that leads back is refused, a #private one is not looked at.
 */
export abstract class Module {
  /** Fields whose tensors, in arrays and modules too, are no parameters but are kept with them, such as running statistics. */
  bufferNames(): readonly string[] {
    return [];
  }

  /** Every parameter by name, in the order of the fields. */
  namedParameters(prefix = ""): Map<string, Tensor> {
    return this.#named(prefix, "parameters");
  }

  /** Every tensor that no optimiser moves but a state dict holds, by name, in the order of the fields. */
  namedBuffers(prefix = ""): Map<string, Tensor> {
    return this.#named(prefix, "buffers");
  }

  #named(prefix: string, kind: "parameters" | "buffers"): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    const visit = (name: string, value: unknown, isBuffer: boolean) => {
      const wanted = isBuffer === (kind === "buffers");
      if (value instanceof Tensor) {
        if (wanted) found.set(name, value);
      } else if (value instanceof Module) {
        if (wanted) for (const [path, tensor] of value.namedParameters(`${name}.`)) found.set(path, tensor);
        if (kind === "buffers")
          for (const [path, tensor] of value.namedBuffers(`${name}.`)) found.set(path, tensor);
      } else if (Array.isArray(value)) value.forEach((item, i) => visit(`${name}.${i}`, item, isBuffer));
    };
    const buffers = new Set(this.bufferNames());
    walk(this, () => {
      for (const [name, value] of Object.entries(this)) visit(prefix + name, value, buffers.has(name));
    });
    return found;
  }

  /** Parameters and buffers. */
  #state(): Map<string, Tensor> {
    return new Map([...this.namedParameters(), ...this.namedBuffers()]);
  }

  /** The module and every part of it, parts of parts included, in the order of the fields. */
  modules(): Module[] {
    const found: Module[] = [this];
    const visit = (value: unknown) => {
      if (value instanceof Module) found.push(...value.modules());
      else if (Array.isArray(value)) value.forEach(visit);
    };
    walk(this, () => Object.values(this).forEach(visit));
    return found;
  }

  /** Number of scalars in all parameters; one that has several names, as tied weights do, counts once. */
  parameterCount(): number {
    let count = 0;
    for (const parameter of new Set(this.namedParameters().values())) count += parameter.size;
    return count;
  }

  /**
   * Reads parameters and buffers to the host, one after the other: what overwrites them before it is done, such as a
   * training step, would be in some and not in others.
   *
   * @param select those to read; all by default
   */
  async stateDict(select: (name: string) => boolean = () => true): Promise<Map<string, HostTensor>> {
    const state = new Map<string, HostTensor>();
    for (const [name, parameter] of this.#state()) {
      if (!select(name)) continue;
      state.set(name, { shape: parameter.shape, data: await parameter.read() });
    }
    return state;
  }

  /**
   * Overwrites parameters and buffers in place.
   *
   * @param select those to overwrite, the others stay as they are; all by default
   * @throws ShapeError if a name is missing, surplus, not selected or of another shape; nothing is written then
   * @throws RangeError if a value for i32 or u32 is none of its numbers; nothing is written then
   * @throws Error if a tensor was freed, or made without memory; nothing is written then
   */
  loadStateDict(
    state: ReadonlyMap<string, HostTensor>,
    select: (name: string) => boolean = () => true,
  ): void {
    const all = this.#state();
    const parameters = new Map([...all].filter(([name]) => select(name)));
    for (const [name, parameter] of parameters) {
      const value = state.get(name);
      if (!value) throw new ShapeError(`[loadStateDict] ${name} is missing`);
      parameter.assertLive("loadStateDict");
      if (!parameter.hasMemory && !makesNoMemory()) {
        throw new Error(
          `[loadStateDict] ${name} was made without memory: give it a tensor with adopt first, or load all weights from files`,
        );
      }
      if (!sameShape(value.shape, parameter.shape)) {
        throw new ShapeError(
          `[loadStateDict] ${name} must be ${showShape(parameter.shape)}, got ${showShape(value.shape)}`,
        );
      }
      if (value.data.length !== parameter.size) {
        throw new ShapeError(
          `[loadStateDict] ${name} holds ${value.data.length} values for ${showShape(parameter.shape)}`,
        );
      }
      assertNumbers(`[loadStateDict] ${name}`, parameter.dtype, value.data);
    }
    const surplus = [...state.keys()].find((name) => !parameters.has(name));
    if (surplus !== undefined) {
      throw new ShapeError(
        all.has(surplus)
          ? `[loadStateDict] ${surplus} is not selected: leave it out of the state, or select it`
          : `[loadStateDict] the model has no parameter ${surplus}`,
      );
    }
    for (const [name, parameter] of parameters) parameter.write((state.get(name) as HostTensor).data);
  }

  /**
   * Puts tensors in the place of parameters and buffers, whose memory is freed. What stands for a frozen parameter is
   * frozen.
   *
   * A value is the module's from then on: it belongs to the scope that holds the parameter, or to none, and
   * {@link dispose} frees it. What was made before holds on to the former tensors: an optimiser and a captured step
   * throw when they are to use them. Make both anew.
   *
   * @param values tensors by the names of parameters, of their shapes; a dtype may differ
   * @throws ShapeError if there is no such parameter, or it has another shape or device; nothing is changed then
   * @throws Error if a value was freed, a field cannot be written, or two names of one field get two tensors; nothing is
   *   changed then
   */
  adopt(values: ReadonlyMap<string, Tensor>): void {
    adopt(this, () => this.#state(), values);
  }

  /** Frees every parameter and buffer. */
  dispose(): void {
    for (const parameter of this.#state().values()) parameter.dispose();
  }
}

const walked = new Set<Module>();

/**
 * Goes through the fields of a module.
 *
 * @throws Error if that is within its own walk
 */
function walk(module: Module, fields: () => void): void {
  if (walked.has(module)) {
    throw new Error(
      `[Module] ${module.constructor.name} is a part of itself: hold what a part belongs to in a #private field`,
    );
  }
  walked.add(module);
  try {
    fields();
  } finally {
    walked.delete(module);
  }
}
