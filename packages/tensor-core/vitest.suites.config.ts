import { defineConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** As ever, but with a report of its own: `nx run tools:suites` says where. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    reporters: [["json", { outputFile: process.env["CANDOR_SUITE_REPORT"] ?? ".vitest/suite.json" }]],
  },
});
