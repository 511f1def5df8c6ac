/** @file Patterns, frame names, CSV rows and box files. */
import { expect, test } from "vitest";
import { frameBox, usableBox } from "./boxFiles.ts";
import { csvRows } from "./csvRows.ts";
import { frameNames, mediaOf } from "./mediaFiles.ts";
import { pathPattern } from "./pathPattern.ts";

test("a pattern fits the end of a path from a folder's name on", () => {
  const { regex, shown } = pathPattern("{split:train|test}_set/{person:\\d{2}}/{name}.m");
  expect(shown).toBe("{train,test}_set/<person>/<name>.m");
  expect(regex.exec("a/b/train_set/07/x y.m")?.groups).toEqual({ split: "train", person: "07", name: "x y" });
  expect(regex.exec("test_set/07/x.m")?.index).toBe(0);
  for (const path of ["xtrain_set/07/x.m", "train_set/7/x.m", "train_set/07/x/y.m", "train_set/07/xzm"]) {
    expect(regex.test(path), path).toBe(false);
  }
  expect(() => pathPattern("a/{b")).toThrow('"a/{b" opens a brace at 2');
});

test("a frame names its video in every layout in use", () => {
  expect(frameNames("a/1_frame0")).toEqual([{ stem: "a/1", frame: 0 }]);
  expect(frameNames("a/HR_1/017")).toEqual([{ stem: "a/HR_1", frame: 17 }]);
  expect(frameNames("a/x.avi/12")).toEqual([{ stem: "a/x", frame: 12 }]);
  expect(frameNames("a/x/frame_0012")[0]).toEqual({ stem: "a/x", frame: 12 });
  expect(frameNames("a/portrait")).toEqual([]);
  expect(mediaOf("a.b/c.MOV")).toEqual({ stem: "a.b/c", media: "video" });
  expect([mediaOf("a/.jpg"), mediaOf("a.jpg/b"), mediaOf("a/x.face")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test("CSV cells may hold commas, quotes and line breaks", () => {
  expect(csvRows('a,"b, ""c""\nd",e\r\n\r\n,,\nf,g')).toEqual([
    ["a", 'b, "c"\nd', "e"],
    ["f", "g"],
  ]);
});

test("boxes are clipped to the image and refused where nothing is left", () => {
  expect(usableBox([-5, 10, 20, 100], 30, 40)).toEqual([0, 10, 15, 30]);
  expect(usableBox([40, 10, 20, 20], 30, 40)).toBeUndefined();
  expect(usableBox([1, 1, 0, 9], 30, 40)).toBeUndefined();
  expect(usableBox([Number.NaN, 1, 5, 9], 30, 40)).toBeUndefined();
  const files = ["v/train/x.mov", "v/face-locations/train/x.face"];
  const tree = { root: "", files, has: (path: string) => files.includes(path) };
  const box = frameBox(tree, "v/train/x", "face-locations", "corner");
  expect(box?.path).toBe("v/face-locations/train/x.face");
  expect(box?.parse("5 1 2 3 4\n6 2 3 10 12\n", 6, 100, 100)).toEqual([2, 3, 10, 12]);
  expect(box?.parse("5 1 2 3 4\n", 6, 100, 100)).toBeUndefined();
});
