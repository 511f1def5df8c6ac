/** @file Prints the adapter that tests run on, for nx to key its cache by: `.candor` is ignored by git, and so by nx. */
import { readFileSync } from "node:fs";

try {
  const { kind, env, measured } = JSON.parse(
    readFileSync(new URL("../.candor/adapter.json", import.meta.url), "utf8"),
  );
  const threads = process.env.LP_NUM_THREADS ?? env.LP_NUM_THREADS;
  const driver = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES ?? env.VK_ICD_FILENAMES;
  console.log(
    JSON.stringify([
      kind,
      measured?.description,
      measured?.features,
      driver,
      threads,
      process.env.CANDOR_WITHOUT,
    ]),
  );
} catch {
  console.log("no adapter");
}
