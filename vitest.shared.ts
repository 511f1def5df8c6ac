import { defineConfig } from "vitest/config";

/** Settings that every package shares. Dawn keeps one device a process, so workers are not isolated from each other. */
export default defineConfig({
  resolve: { conditions: ["@candor/source"] },
  ssr: { resolve: { conditions: ["@candor/source"], externalConditions: ["@candor/source"] } },
  test: {
    include: ["src/**/*.test.ts"],
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", ["json", { outputFile: ".vitest/results.json" }]],
  },
});
