/** @file Frame scores are averaged before anything else. */

import { describe, expect, test } from "vitest";
import { samplesOf } from "./fixtures/samples.ts";
import { videoScores } from "./videoScores.ts";

const frames = samplesOf([0.9, 0.4], [0.1]).map((sample) => ({
  ...sample,
  video: sample.label,
  subject: "s",
}));

describe("videoScores", () => {
  test("averages probabilities, one sample a video", () => {
    expect(videoScores(frames).map(({ id, score }) => [id, score])).toEqual([
      ["live", 0.65],
      ["spoof", 0.1],
    ]);
  });

  test("refuses frames that disagree", () => {
    const mixed = frames.map((frame) => ({ ...frame, video: "v" }));
    expect(() => videoScores(mixed)).toThrow(
      'video "v": frame "spoof0" has label "spoof", frame "live0" has "live"',
    );
  });
});
