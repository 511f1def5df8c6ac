/** @file Stands in for vitest: collects tests, so that they can be run again and again in one process. */

import { AsyncLocalStorage } from "node:async_hooks";
import * as expectations from "@vitest/expect";

/** A test as it was declared. */
export interface CollectedTest {
  readonly name: string;
  readonly run: () => unknown;
}

type Body = (...args: never[]) => unknown;

/** The tests of the file that is being read, and its suites that wait for something before they declare theirs. */
export const collected: { tests: CollectedTest[]; pending: Promise<unknown>[] } = { tests: [], pending: [] };

const { chai } = expectations;
chai.use(expectations.JestExtend);
chai.use(expectations.JestChaiExpect);
chai.use(expectations.JestAsymmetricMatchers);

export const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
);

const path = new AsyncLocalStorage<readonly string[]>();
const pathTo = (name: string): readonly string[] => [...(path.getStore() ?? []), name];

export function describe(name: string, body: Body): void {
  const done = path.run(pathTo(name), body as () => unknown);
  if (done instanceof Promise) collected.pending.push(done);
}

export function it(name: string, body: Body): void {
  collected.tests.push({
    name: pathTo(name).join(" > "),
    run: body as () => unknown,
  });
}

/** Hooks prepare what only vitest's own run needs. */
export function beforeAll(): void {}
export const afterAll = beforeAll;

/** Declares once for each row of a table, as vitest does; `%s` in the name takes the row's values. */
function each(declare: (name: string, body: Body) => void) {
  return (rows: readonly unknown[]) => (name: string, body: Body) => {
    for (const row of rows) {
      const values = Array.isArray(row) ? row : [row];
      let at = 0;
      const title = name.replaceAll(/%[sjdi]/g, () => String(values[at++]));
      declare(title, () => (body as (...args: unknown[]) => unknown)(...values));
    }
  };
}

describe.each = each(describe);
it.each = each(it);

/** Leaves a suite out where a condition holds, as vitest does. */
describe.skipIf = (condition: unknown) => (condition ? () => {} : describe);
