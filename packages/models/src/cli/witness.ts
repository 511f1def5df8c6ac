/** @file `nx run models:witness`: models beside independent implementations of them. */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Device } from "@candor/tensor-core";
import { failedRows, showWitnessTable, witnessTable } from "../testing/witnessTable.ts";

const help = `nx run models:witness -- [--json FILE]

Compares models of random weights with PyTorch's values in f64, which lie in fixtures made by tools/witness: logits, every
hidden state, gradients of every parameter, a step of AdamW. Ends with status 1 if one differs by more than its tolerance.

  --json FILE  also write the rows there
  --help       this text

  nx run models:witness -- --json runs/witness.json`;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "string" }, help: { type: "boolean" } } });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const device = await Device.open();
  const rows = await witnessTable(device);
  console.log(`${showWitnessTable(rows)}\n\n${device.info.description}, against PyTorch 1.13 in f64`);
  if (values.json !== undefined) {
    const file = resolve(values.json);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(
      file,
      `${JSON.stringify({ adapter: { ...device.info, features: [...device.info.features] }, rows }, null, 2)}\n`,
    );
  }
  return failedRows(rows).length > 0 ? 1 : 0;
}

const status = await main().catch((error: Error) => {
  console.error(`candor: ${error.message}`);
  return 1;
});
process.exit(status);
