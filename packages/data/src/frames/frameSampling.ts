/** @file Which frames of a recording are taken, stated so that a table can say it. */

/** A way to choose frames. */
export type FrameSampling =
  { kind: "flip" } | { kind: "equidistant"; count: number } | { kind: "every"; step: number };

/**
 * Reads `flip`, `equidistant:10` or `every:5`.
 * @param text the command line's word
 * @throws Error that lists the forms
 */
export function parseSampling(text: string): FrameSampling {
  if (text === "flip") return { kind: "flip" };
  const [, kind, digits] = /^(equidistant|every):(\d+)$/.exec(text) ?? [];
  const number = Number(digits);
  if (kind && number >= 1) {
    return kind === "every" ? { kind: "every", step: number } : { kind: "equidistant", count: number };
  }
  throw new Error(
    `[frames] "${text}" is no frame sampling; use flip, equidistant:N or every:K with N, K >= 1`,
  );
}

/** The sampling in one sentence. */
export function describeSampling(sampling: FrameSampling): string {
  if (sampling.kind === "flip")
    return "frames 6 and 6 + floor(N/2), as FLIP takes them (the last frame where N is too small)";
  return sampling.kind === "every"
    ? `every ${sampling.step}th frame from frame 0`
    : `${sampling.count} equidistant frames, each in the middle of its part of the recording`;
}

/**
 * The frames to take.
 * @param sampling the way to choose
 * @param total N, the recording's number of frames
 * @returns ascending frame numbers, each once
 */
export function sampledFrames(sampling: FrameSampling, total: number): number[] {
  if (total < 1) return [];
  if (sampling.kind === "every") {
    return Array.from({ length: Math.ceil(total / sampling.step) }, (_, i) => i * sampling.step);
  }
  const wanted =
    sampling.kind === "flip"
      ? [6, 6 + Math.floor(total / 2)]
      : Array.from({ length: sampling.count }, (_, i) => Math.floor(((i + 0.5) * total) / sampling.count));
  return [...new Set(wanted.map((frame) => Math.min(frame, total - 1)))];
}
