/** @file `nx run data:fixtures`: writes the tests' tiny data sets, to try an import without any real data. */
import { join } from "node:path";
import yargs from "yargs";
import { hideBin } from "yargs/helpers";
import { fixtureTrees } from "../loaders/fixtures/fixtureTrees.ts";
import { writeFixture } from "../loaders/fixtures/writeFixture.ts";
import { endCommand } from "./endCommand.ts";

await endCommand(async () => {
  const flags = await yargs(hideBin(process.argv))
    .scriptName("nx run data:fixtures --")
    .usage(
      "$0 --out DIR\n\nWrites a tiny data set in each published layout, with its traps, as the tests use them.",
    )
    .option("out", {
      type: "string",
      default: ".candor/fixtures",
      describe: "Folder; one below it a data set",
    })
    .example(
      "$0",
      "then: nx run data:import -- --dataset siw --root .candor/fixtures/siw --out .candor/siw.arrow",
    )
    .strict()
    .parseAsync();
  for (const [name, tree] of Object.entries(fixtureTrees)) {
    await writeFixture(tree, join(flags.out, name));
    process.stdout.write(`${join(flags.out, name)}: ${tree.files.length} files\n`);
  }
  return 0;
});
