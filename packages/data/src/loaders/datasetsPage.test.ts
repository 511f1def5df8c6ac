/** @file The committed page says what the loaders say. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { datasetsPage } from "./datasetsPage.ts";
import { loaders } from "./loaders.ts";

test("docs/datasets.md is what the loaders say (nx run data:import -- --describe --markdown > docs/datasets.md)", async () => {
  const page = await readFile(new URL("../../../../docs/datasets.md", import.meta.url), "utf8");
  expect(page).toBe(datasetsPage());
  for (const loader of loaders) expect(page).toContain(`\`${loader.name}\``);
});
