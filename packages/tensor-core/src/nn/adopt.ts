/** @file Puts tensors in the place of a module's parameters and buffers. */

import type { Scope } from "../memory/scope.ts";
import { assertOneDevice } from "../tensor/run.ts";
import { sameShape, ShapeError, showShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { frozen } from "./frozen.ts";

/**
 * @internal See `Module.adopt`.
 *
 * @param root    the module
 * @param stateOf its parameters and buffers by name, as they are when it is called
 */
export function adopt(
  root: object,
  stateOf: () => ReadonlyMap<string, Tensor>,
  values: ReadonlyMap<string, Tensor>,
): void {
  const before = stateOf();
  const places: Place[] = [];
  for (const [name, value] of values) {
    value.assertLive("adopt");
    const former = before.get(name);
    if (!former) throw new ShapeError(`[adopt] the model has no parameter ${name}`);
    if (!sameShape(former.shape, value.shape)) {
      throw new ShapeError(
        `[adopt] ${name} must be ${showShape(former.shape)}, got ${showShape(value.shape)}`,
      );
    }
    assertOneDevice("adopt", former, value, `${name} and what is to stand for it`);
    places.push(placeOf(root, name, former, value, places));
  }
  const marked = [...before].filter(([, tensor]) => frozen.has(tensor)).map(([name]) => name);
  for (const { owner, key, former, value, scope } of places) {
    if (former !== value) {
      value.device.forget(value);
      scope?.add(value);
    }
    Reflect.set(owner, key, value);
  }
  const after = stateOf();
  // Two may have changed places, of which one is frozen: the mark stays with the name.
  for (const former of before.values()) frozen.delete(former);
  for (const name of marked) frozen.add(after.get(name) as Tensor);
  freeReplaced(places, new Set(after.values()));
}

/** Where a tensor stands: a field of a module, or an item of an array. */
interface Place {
  readonly name: string;
  readonly owner: object;
  readonly key: string;
  readonly former: Tensor;
  readonly value: Tensor;
  /** That which holds the former tensor. */
  readonly scope: Scope | undefined;
}

/** @throws Error if nothing else can be put there, or another of the places is the same one with another value */
function placeOf(root: object, name: string, former: Tensor, value: Tensor, others: readonly Place[]): Place {
  const path = name.split(".");
  const key = path.pop() as string;
  const owner = path.reduce<object>((at, step) => Reflect.get(at, step) as object, root);
  const { writable, set } = Reflect.getOwnPropertyDescriptor(owner, key) ?? {};
  if (!writable && !set) {
    throw new Error(`[adopt] ${name} cannot be replaced: it stands in a frozen object, or cannot be written`);
  }
  const same = others.find((other) => other.owner === owner && other.key === key);
  if (same && same.value !== value) {
    throw new Error(
      `[adopt] ${same.name} and ${name} are one field of a shared part: give one of them, or both the same tensor`,
    );
  }
  return { name, owner, key, former, value, scope: former.device.holderOf(former) };
}

/** Frees what is no longer in the model; one that is now under another name, or still is, lives on. */
function freeReplaced(places: readonly Place[], left: ReadonlySet<Tensor>): void {
  const memory = new Set([...left].filter(({ hasMemory }) => hasMemory).map(({ binding }) => binding.pooled));
  for (const { name, former } of places) {
    if (left.has(former)) continue;
    if (former.hasMemory) {
      const { pooled } = former.binding;
      if (!memory.has(pooled)) pooled.owner = { ...pooled.owner, replaced: name };
    }
    former.free(
      `after its module adopted another tensor as ${name}: take that one from the module, and make anew what holds the former`,
    );
  }
}
