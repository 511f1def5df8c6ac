/** @file Ownership by scope: what a scope does not keep is freed when it ends. */

/** Something that a scope can own. */
export interface Owned {
  /** @param why since when it cannot be used, and the way out: what is said where it is */
  free(why: string): void;
}

const scopeEnded = "after its scope ended: keep it with scope.keep(tensor)";

/**
 * Owns what is created while it is the innermost open scope.
 *
 *     using scope = device.scope();
 *     const y = scope.keep(model.forward(x)); // outlives the scope, in the one around it
 *
 * Scopes of a device end in the reverse of the order in which they were opened: two functions that await inside of scopes
 * of their own must run one after the other.
 */
export class Scope implements Disposable {
  readonly #stack: Scope[];
  readonly #around: Scope | undefined;
  readonly #owned = new Set<Owned>();
  #open = true;

  /** @internal Use `device.scope()`. */
  constructor(stack: Scope[]) {
    this.#stack = stack;
    this.#around = stack.at(-1);
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

  /** Whether it is under this scope. */
  holds(item: Owned): boolean {
    return this.#owned.has(item);
  }

  /** Hands items to the scope around this one, or to the caller where there is none; returns its argument. */
  keep<T extends Owned>(item: T): T {
    let around = this.#around;
    while (around && !around.open) around = around.#around;
    if (this.#owned.delete(item)) around?.add(item);
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

  /** @internal False once it has ended. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * Ends the scope and frees what it holds.
   *
   * @throws Error if a scope that was opened later is still open; this one has ended all the same
   */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    const at = this.#stack.indexOf(this); // -1 inside of `device.unscoped`
    const later = at < 0 ? 0 : this.#stack.length - 1 - at;
    if (at >= 0) this.#stack.splice(at, 1);
    for (const item of this.#owned) item.free(scopeEnded);
    this.#owned.clear();
    if (later === 0) return;
    throw new Error(
      "scopes must end in the reverse of the order in which they were opened, and one that was opened later is open " +
        "still: during an await inside a scope others may open theirs, so await after it, or run such functions one " +
        "after the other. What this scope held is freed",
    );
  }
}
