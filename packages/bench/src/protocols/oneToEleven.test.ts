/** @file Which rows the protocol scores, and what it refuses. */

import type { ManifestRow } from "@candor/data";
import { describe, expect, test } from "vitest";
import { planOneToEleven } from "./oneToEleven.ts";

function row(dataset: string, split: ManifestRow["split"]): ManifestRow {
  return {
    id: `${dataset}-${split}`,
    dataset,
    split,
    subject: "s",
    video: `${dataset}-${split}`,
    frame: 0,
    path: "a.png",
    label: "live",
    attack: "none",
    attackCode: "",
    box: [0, 0, 1, 1],
    width: 1,
    height: 1,
    sha256: "0".repeat(64),
    captionGeneral: "",
    captionSpoof: "",
    scene: "{}",
  };
}

const splits = ["train", "dev", "test"] as const;
const twelve = Array.from({ length: 12 }, (_, index) => `D${index + 1}`);

describe("planOneToEleven", () => {
  test("scores the source's dev and test rows and only the test rows of the targets, in natural order", () => {
    const plan = planOneToEleven(twelve.toReversed().flatMap((id) => splits.map((split) => row(id, split))));
    expect(plan.targets).toEqual(twelve.slice(1));
    expect(plan.rows.map(({ id }) => id)).toEqual([
      "D1-dev",
      "D1-test",
      ...twelve.slice(1).map((id) => `${id}-test`),
    ]);
    expect(plan.warnings).toEqual([]);
  });

  test("says what deviates from the protocol", () => {
    const plan = planOneToEleven([row("D1", "test"), row("D2", "test"), row("D3", "train")]);
    expect(plan.warnings).toEqual([
      "The protocol has eleven targets; this manifest has 1.",
      "D1 has no dev split: there is no deployable threshold, no APCER, no BPCER.",
      "D3 has no test split and is left out.",
    ]);
  });

  test("refuses a manifest without source or without targets", () => {
    expect(() => planOneToEleven([row("D2", "test")])).toThrow('no rows of the source "D1"; it holds D2');
    expect(() => planOneToEleven([row("D1", "test"), row("D2", "train")])).toThrow(
      "there is no target to test on",
    );
    expect(() => planOneToEleven([])).toThrow("it holds nothing");
  });
});
