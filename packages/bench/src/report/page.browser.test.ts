/** @file The page in headless Chromium: it loads nothing, says nothing, and fits a desktop, a phone and A4. */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildReport } from "./buildReport.ts";
import { encodePng } from "./charts/encodePng.ts";
import { fakeRun } from "./fixtures/fakeRuns.ts";
import { methodTable } from "./methodTable.ts";
import { writeReport } from "./writeReport.ts";

const browserPath = [
  process.env["CANDOR_CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));

// What A4 leaves between the margins of the style sheet: 210 mm - 2 * 12 mm at 96 pixels an inch.
const printWidth = Math.floor(((210 - 24) / 25.4) * 96);

const files = ["ifas", "ifas-templates", "vit-binary", "flip-v", "flip-mcl"].flatMap((method) =>
  [0, 1].map((seed) => {
    const explains = method.startsWith("ifas");
    const run = fakeRun({ method, seed, separation: 2, explains, subjects: 6 });
    const checkpoint = `runs/one-to-eleven/runs/one-to-eleven/${method}-seed${seed}, step 620`;
    const patchAttention = Float32Array.from({ length: 64 }, (_, patch) => (patch % 4) / 96);
    const rows = run.rows.map((row) => (row.sentence === null ? row : { ...row, patchAttention }));
    return { metadata: { ...run.metadata, sources: "D1", checkpoint }, rows };
  }),
);

describe.skipIf(browserPath === undefined)("the report page in Chromium", () => {
  let folder = "";
  let browser: Browser;
  let page: Page;
  const heard: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "candor-page-"));
    const command = `npx nx run bench:report --scores ${files.map(({ metadata }) => metadata.checkpoint).join(" ")}`;
    const report = buildReport(files, { seed: 0, resamples: 2, created: "2026-01-01", commands: [command] });
    const grey = encodePng(new Uint8Array(64 * 64 * 3).fill(150), 64, 64);
    const thumbnails = new Map(report.samples.map(({ id }) => [id, grey]));
    const table = methodTable(files, { seed: 0, resamples: 2 });
    const url = pathToFileURL((await writeReport(folder, report, files, { thumbnails, table })).html).href;
    browser = await chromium.launch({ executablePath: browserPath!, args: ["--no-sandbox"] });
    page = await browser.newPage();
    page.on("request", (request) => {
      if (!request.url().startsWith("data:") && request.url() !== url) heard.push(request.url());
    });
    page.on("console", (message) => heard.push(message.text()));
    page.on("pageerror", (error) => heard.push(String(error)));
    await page.goto(url);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ["a desktop", 1280, "screen", "light", 10],
    ["a phone", 390, "screen", "light", 8],
    ["a phone in the dark", 390, "screen", "dark", 8],
    ["A4", printWidth, "print", "light", 6],
  ] as const)(
    "fits %s, and its smallest letters can be read",
    async (_, width, media, colorScheme, smallest) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ media, colorScheme });
      expect(await tooWide(page)).toEqual([]);
      expect(await smallestText(page)).toBeGreaterThan(smallest);
      // Paper does not scroll.
      if (media === "print") expect(await cutBoxes(page)).toEqual([]);
    },
    60_000,
  );

  test("asked for nothing, complained of nothing, and shows every image", async () => {
    expect(heard).toEqual([]);
    expect(await brokenImages(page)).toBe(0);
  });
});

function cutBoxes(page: Page): Promise<number[]> {
  return page.$$eval(".scroll", (all) =>
    all.map((box) => box.scrollWidth - box.clientWidth).filter((cut) => cut > 0),
  );
}

/** What reaches over the window's right edge, the inside of boxes that scroll by themselves left out. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll("body, body *")]
      .filter((element) => !element.parentElement?.closest(".scroll, pre, svg"))
      .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
      .map((element) => `${element.tagName} ${element.className}`)
      .concat(document.documentElement.scrollWidth > window.innerWidth ? ["the page scrolls sideways"] : []),
  );
}

function brokenImages(page: Page): Promise<number> {
  return page.$$eval("img", (images) => images.filter((image) => image.naturalWidth === 0).length);
}

/** The smallest letters in pixels, as drawn: plots scale with their boxes. */
function smallestText(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.min(
      ...[...document.querySelectorAll("main *")]
        .filter((element) =>
          [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
        )
        .map((element) => {
          const size = Number.parseFloat(getComputedStyle(element).fontSize);
          const svg = element.closest("svg");
          return svg ? (size * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width : size;
        }),
    ),
  );
}
