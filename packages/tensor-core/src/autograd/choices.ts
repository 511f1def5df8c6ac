/** @file Choices that a recomputed part must make again as before, such as its place in a random stream. */

interface Choices {
  readonly made: unknown[];
  next: number;
  /** Those of the part that this one is a part of. */
  readonly around: Choices | undefined;
}

let current: Choices | undefined;

/** @internal A way to run a part: the first time it chooses, later it gets what it chose then. */
export function rememberChoices(): <T>(part: () => T) => T {
  const choices: Choices = { made: [], next: 0, around: current };
  return (part) => {
    const outer = current;
    current = choices;
    choices.next = 0;
    try {
      return part();
    } finally {
      current = outer;
    }
  };
}

/** @internal Runs `fn` as if no part were run: what it chooses is its own. */
export function withoutChoices<T>(fn: () => T): T {
  const outer = current;
  current = undefined;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** @internal Calls `make`, or gives what it gave when the part that runs now ran first. */
export function choose<T>(make: () => T): T {
  return next(current, make);
}

function next<T>(choices: Choices | undefined, make: () => T): T {
  if (!choices) return make();
  // A part within one that is recomputed is a new one, but chooses as before.
  if (choices.next === choices.made.length) choices.made.push(next(choices.around, make));
  return choices.made[choices.next++] as T;
}
