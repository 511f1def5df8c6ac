/** @file Which tensors of a recorded step may share memory: those that are never in use at once. */

/** When a tensor is in use, by the numbers of the dispatches. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  /** Inclusive; Infinity where the value outlives the step. */
  readonly last: number;
}

/** Where tensors go. */
export interface Placement {
  /** Bytes of each slot, the largest first. */
  readonly slots: readonly number[];
  /** The slot of each tensor. */
  readonly slotOf: readonly number[];
}

/**
 * Shares slots among tensors by size: from the largest down, each takes the smallest slot that is free all its life, or
 * a new one. Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference", arXiv:2001.03288,
 * greedy by size for shared objects.
 */
export function placeLifetimes(lifetimes: readonly Lifetime[]): Placement {
  const slots: { bytes: number; tenants: Lifetime[] }[] = [];
  const slotOf = Array.from({ length: lifetimes.length }, () => 0);
  const order = lifetimes.map((_, i) => i);
  order.sort((a, b) => (lifetimes[b] as Lifetime).bytes - (lifetimes[a] as Lifetime).bytes || a - b);
  for (const i of order) {
    const life = lifetimes[i] as Lifetime;
    const clashes = ({ first, last }: Lifetime) => first <= life.last && life.first <= last;
    // Slots are in order of size, the largest first; all of them are large enough.
    let slot = slots.findLastIndex(({ tenants }) => !tenants.some(clashes));
    if (slot < 0) slot = slots.push({ bytes: life.bytes, tenants: [] }) - 1;
    slots[slot]?.tenants.push(life);
    slotOf[i] = slot;
  }
  return { slots: slots.map(({ bytes }) => bytes), slotOf };
}
