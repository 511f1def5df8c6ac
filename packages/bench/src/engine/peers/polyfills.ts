/** @file Parts of ES2025 that jax-js uses and Node 20 lacks: iterator helpers, Set methods, Promise.withResolvers. */

type AnyIterator = Iterator<unknown> & Iterable<unknown>;
type Visit = (value: unknown, index: number) => unknown;

const iteratorHelpers: Record<string, (this: AnyIterator, ...args: never[]) => unknown> = {
  *map(visit: Visit) {
    let index = 0;
    for (const value of this) yield visit(value, index++);
  },
  *filter(visit: Visit) {
    let index = 0;
    for (const value of this) if (visit(value, index++)) yield value;
  },
  *flatMap(visit: Visit) {
    let index = 0;
    for (const value of this) yield* visit(value, index++) as Iterable<unknown>;
  },
  *take(count: number) {
    let left = count;
    if (left > 0) {
      for (const value of this) {
        yield value;
        if (--left === 0) return;
      }
    }
  },
  toArray() {
    return [...this];
  },
  some(visit: Visit) {
    return [...this].some((value, index) => visit(value, index));
  },
  every(visit: Visit) {
    return [...this].every((value, index) => visit(value, index));
  },
  find(visit: Visit) {
    return [...this].find((value, index) => visit(value, index));
  },
  forEach(visit: Visit) {
    [...this].forEach((value, index) => visit(value, index));
  },
  reduce(...args: never[]) {
    return Reflect.apply(Array.prototype.reduce, [...this], args);
  },
};

const setMethods: Record<string, (this: Set<unknown>, other: Set<unknown>) => unknown> = {
  union(other) {
    return new Set([...this, ...other]);
  },
  intersection(other) {
    return new Set([...this].filter((value) => other.has(value)));
  },
  difference(other) {
    return new Set([...this].filter((value) => !other.has(value)));
  },
  isSubsetOf(other) {
    return [...this].every((value) => other.has(value));
  },
  isSupersetOf(other) {
    return [...other].every((value) => this.has(value));
  },
  isDisjointFrom(other) {
    return ![...this].some((value) => other.has(value));
  },
};

/** Adds what is missing, and nothing else. */
export function addPolyfills(): void {
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
  addMissing(iterator, iteratorHelpers);
  addMissing(Set.prototype, setMethods);
  addMissing(Promise, {
    withResolvers(this: PromiseConstructor) {
      let resolve: unknown;
      let reject: unknown;
      const promise = new this((yes, no) => {
        resolve = yes;
        reject = no;
      });
      return { promise, resolve, reject };
    },
  });
}

function addMissing(target: object, methods: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(methods)) {
    if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
