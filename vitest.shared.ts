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
    // For what hangs: a busy machine compiles a kernel for ten times as long as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ["default", ["json", { outputFile: ".vitest/results.json" }]],
  },
});
