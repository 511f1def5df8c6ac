/** @file Loads the bundle in Chromium and computes with it. */

import { chromium } from "playwright-core";
import type { Bundle } from "./bundleTensorCore.ts";
import { chromiumFlags } from "./chromiumFlags.ts";

/** What the page saw. */
export interface BundleTrial {
  readonly adapter: string;
  /** The product of [[1, 2], [3, 4]] and [[5, 6], [7, 8]]. */
  readonly product: readonly number[];
}

// WebGPU needs a secure context, which localhost is; no server answers, the requests are fulfilled here.
const page = "http://localhost/";
const program = `
import { Device, matmul, tensor } from "/bundle.js";
const device = await Device.open();
const a = tensor(device, [1, 2, 3, 4], [2, 2]);
const b = tensor(device, [5, 6, 7, 8], [2, 2]);
window.trial = {
  adapter: [device.info.vendor, device.info.architecture].join(" "),
  product: [...(await matmul(a, b).read())],
};`;

/** The browser is there and does not start, as where a library that it needs is missing. */
export class BrowserStartError extends Error {
  override name = "BrowserStartError";
}

/**
 * Runs a small program on the bundle.
 *
 * @param executablePath the browser
 * @throws BrowserStartError if the browser does not start; Error with the page's own message
 */
export async function tryBundle({ code }: Bundle, executablePath: string): Promise<BundleTrial> {
  const browser = await chromium
    .launch({ executablePath, args: [...chromiumFlags] })
    .catch((cause: unknown) => {
      const [why = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
      throw new BrowserStartError(`${executablePath} does not start: ${why}`, { cause });
    });
  try {
    const tab = await browser.newPage();
    await tab.route("**/*", (route) => {
      if (route.request().url().endsWith("/bundle.js")) {
        return route.fulfill({ contentType: "text/javascript", body: code });
      }
      return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>candor</title>" });
    });
    await tab.goto(page);
    await tab.addScriptTag({ type: "module", content: program });
    const failed = tab.waitForEvent("pageerror").then((error) => Promise.reject(error));
    failed.catch(() => {}); // only the race below is to see it
    await Promise.race([tab.waitForFunction("window.trial"), failed]);
    return (await tab.evaluate("window.trial")) as BundleTrial;
  } finally {
    await browser.close();
  }
}
