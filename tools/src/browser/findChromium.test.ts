/** @file Where a browser is looked for. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { findChromium } from "./findChromium.ts";

it("takes the one that is named, else the first on the path", () => {
  const folder = mkdtempSync(join(tmpdir(), "candor-browser-"));
  try {
    const path = join(folder, "chromium-browser");
    writeFileSync(path, "");
    expect(findChromium({ PATH: ["/nowhere", folder].join(delimiter) })).toEqual({ path });
    expect(findChromium({ PATH: folder, CANDOR_CHROMIUM: process.execPath })).toEqual({
      path: process.execPath,
    });
    expect(findChromium({ PATH: folder, CANDOR_CHROMIUM: "/no/browser" })).toEqual({
      why: "CANDOR_CHROMIUM names /no/browser, which does not exist",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.runIf(process.platform === "linux")("says where it looked", () => {
  expect(findChromium({ PATH: "/nowhere" })).toEqual({
    why: "none of chromium, chromium-browser, google-chrome-stable, google-chrome is on the path",
  });
});
