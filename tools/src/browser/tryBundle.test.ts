/** @file A browser that does not start. */

import { expect, it } from "vitest";
import { BrowserStartError, tryBundle } from "./tryBundle.ts";

it("says that the browser does not start", async () => {
  const bundle = { code: "", bytes: 0, gzipBytes: 0, otherFiles: [], imports: [] };
  await expect(tryBundle(bundle, "/no/browser")).rejects.toThrow(BrowserStartError);
  await expect(tryBundle(bundle, "/no/browser")).rejects.toThrow("/no/browser does not start: ");
});
