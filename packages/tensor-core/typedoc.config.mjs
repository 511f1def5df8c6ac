/** @file The API reference, from the docstrings: `nx run tensor-core:docs` writes it to .candor/docs/tensor-core. */

import { OptionDefaults } from "typedoc";

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  name: "@candor/tensor-core",
  entryPoints: ["src/index.ts", "src/device/index.ts"],
  tsconfig: "tsconfig.json",
  out: "../../.candor/docs/tensor-core",
  readme: "README.md",
  blockTags: [...OptionDefaults.blockTags, "@file"],
  excludeTags: ["@file"],
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  hideGenerator: true,
  sort: ["source-order"],
  // A class of the device layer that two entries show is documented once.
  validation: { notExported: false, invalidLink: true, notDocumented: false },
};
