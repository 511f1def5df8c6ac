import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

/** The op suite in headless Chromium; `nx run tensor-core:browser` says which one and with which flags. */
export default defineConfig({
  resolve: { conditions: ["@candor/source"] },
  // Named, so that no test is reloaded when the dependency is met.
  optimizeDeps: { include: ["fast-check"] },
  test: {
    // Every family of ops; what stands above them is about the host, which Node tests.
    include: ["src/ops/*/**/*.test.ts"],
    // Snapshots are files, which the suite in Node reads.
    exclude: ["**/wgslSnapshots.test.ts"],
    setupFiles: ["./vitest.browser.setup.ts"],
    isolate: false,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: process.env["CANDOR_CHROMIUM"] ?? "chromium",
          args: (process.env["CANDOR_CHROMIUM_FLAGS"] ?? "").split(" "),
        },
      }),
      instances: [{ browser: "chromium" }],
    },
    reporters: ["default", ["json", { outputFile: ".vitest/browser.json" }]],
  },
});
