/** @file Ownership by scope: what a scope does not keep is freed when it ends. */

/** Something that a scope can own. */
export interface Owned {
  dispose(): void;
}

/**
 * Owns what is created while it is the innermost open scope.
 *
 *     using scope = device.scope();
 *     const y = scope.keep(model.forward(x)); // outlives the scope, in the one around it
 */
export class Scope implements Disposable {
  readonly #stack: Scope[];
  readonly #owned = new Set<Owned>();
  #open = true;

  /** @internal Use `device.scope()`. */
  constructor(stack: Scope[]) {
    this.#stack = stack;
    stack.push(this);
  }

  /** Puts an item under this scope. */
  add(item: Owned): void {
    this.#owned.add(item);
  }

  /** Takes an item out, so that its owner must dispose of it; false if the scope does not hold it. */
  remove(item: Owned): boolean {
    return this.#owned.delete(item);
  }

  /** Hands items to the scope around this one, or to the caller where there is none; returns its argument. */
  keep<T extends Owned>(item: T): T {
    if (this.#owned.delete(item)) this.#stack[this.#stack.indexOf(this) - 1]?.add(item);
    return item;
  }

  /** Hands all items to the scope around this one, or to the caller where there is none. */
  keepAll(): void {
    for (const item of this.#owned) this.keep(item);
  }

  /** Number of items held now. */
  get size(): number {
    return this.#owned.size;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    if (this.#stack.at(-1) !== this) {
      throw new Error("scopes must end in the reverse of the order in which they were opened");
    }
    this.#open = false;
    this.#stack.pop();
    for (const item of this.#owned) item.dispose();
    this.#owned.clear();
  }
}
