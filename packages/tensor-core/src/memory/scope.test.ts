/** @file What scopes own, hand on and refuse. */

import { describe, expect, it } from "vitest";
import { type Owned, Scope } from "./scope.ts";

interface Item extends Owned {
  disposed: number;
}

function item(): Item {
  return {
    disposed: 0,
    free() {
      this.disposed++;
    },
  };
}

describe("Scope", () => {
  it("disposes of what it holds, once", () => {
    const scope = new Scope([]);
    const [a, b] = [item(), item()];
    scope.add(a);
    scope.add(b);
    scope.remove(b);
    expect(scope.size).toBe(1);
    scope[Symbol.dispose]();
    scope[Symbol.dispose]();
    expect([a.disposed, b.disposed]).toEqual([1, 0]);
  });

  it("hands on all that it holds", () => {
    const stack: Scope[] = [];
    const [outer, inner] = [new Scope(stack), new Scope(stack)];
    const items = [item(), item()];
    for (const held of items) inner.add(held);
    inner.keepAll();
    inner[Symbol.dispose]();
    expect([outer.size, items.map(({ disposed }) => disposed)]).toEqual([2, [0, 0]]);
  });

  it("hands what it keeps to the scope around it, and to the caller where there is none", () => {
    const stack: Scope[] = [];
    const [outer, inner] = [new Scope(stack), new Scope(stack)];
    const [a, b, foreign] = [item(), item(), item()];
    inner.add(a);
    inner.add(b);
    expect(inner.keep(a)).toBe(a);
    expect(inner.keep(foreign)).toBe(foreign);
    expect([outer.size, inner.size]).toEqual([1, 1]);
    inner[Symbol.dispose]();
    expect([a.disposed, b.disposed]).toEqual([0, 1]);
    outer.keep(a);
    outer[Symbol.dispose]();
    expect([a.disposed, foreign.disposed]).toEqual([0, 0]);
  });

  it("says so when it ends before a scope within it, and has ended", () => {
    const stack: Scope[] = [];
    const [outermost, outer, inner] = [new Scope(stack), new Scope(stack), new Scope(stack)];
    const [a, b] = [item(), item()];
    outer.add(a);
    inner.add(b);
    expect(() => outer[Symbol.dispose]()).toThrow("scopes must end in the reverse of the order");
    expect(stack).toEqual([outermost, inner]);
    expect([a.disposed, b.disposed]).toEqual([1, 0]);
    outer[Symbol.dispose](); // no second time
    inner.keep(b);
    inner[Symbol.dispose]();
    expect(outermost.size).toBe(1);
    outermost[Symbol.dispose]();
    expect(stack).toEqual([]);
    expect([a.disposed, b.disposed]).toEqual([1, 1]);
  });

  it("names the awaits of functions that overlap, and leaves none open after them", async () => {
    const stack: Scope[] = [];
    const held: Item[] = [];
    const work = async (turns: number) => {
      using scope = new Scope(stack);
      const own = item();
      scope.add(own);
      held.push(own);
      for (let i = 0; i < turns; i++) await Promise.resolve();
    };
    const [first, second] = await Promise.allSettled([work(1), work(5)]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
    expect(String((first as PromiseRejectedResult).reason)).toContain(
      "during an await inside a scope others may open theirs, so await after it, or run such functions one after the other",
    );
    expect(stack).toEqual([]);
    expect(held.map(({ disposed }) => disposed)).toEqual([1, 1]);
    await work(1);
  });
});
