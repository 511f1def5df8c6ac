/** @file How a step is recorded apart from what runs around it: layers above say what there is to leave. */

type Apart = <T>(fn: () => T) => T;

const leaving: Apart[] = [];

/** Has `apart` run what is recorded, such as without the tape that is active. */
export function leaveToRecord(apart: Apart): void {
  leaving.push(apart);
}

/** Runs `fn` apart from all that was named to {@link leaveToRecord}. */
export function recordApart<T>(fn: () => T): T {
  return leaving.reduce<() => T>((inner, apart) => () => apart(inner), fn)();
}
