/** @file Tests of the check for kernels that do not fold their grid, and the check itself. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workspaceRoot } from "../process/workspaceRoot.ts";
import { bareGroups, findBareGroups } from "./bareGroups.ts";

it("names kernels that take one axis for the grid, and a list that says something else", () => {
  const root = mkdtempSync(join(tmpdir(), "candor-groups-"));
  try {
    const folder = "packages/tensor-core/src/ops";
    mkdirSync(join(root, folder), { recursive: true });
    const write = (name: string, text: string) => writeFileSync(join(root, folder, name), text);
    write(
      "folded.wgsl.ts",
      "fn main(@builtin(workgroup_id) wid: vec3<u32>) {\n  let i = flatGroup(wid, nwg);\n}",
    );
    write("axis.wgsl.ts", "fn main(@builtin(workgroup_id) wid: vec3<u32>) {\n  let i = wid.x;\n}");
    write("global.wgsl.ts", "fn main(@builtin(global_invocation_id) id: vec3<u32>) {}");
    write("named.wgsl.ts", "fn main(@builtin(workgroup_id) group: vec3<u32>) { let i = group.x; }");
    write("axis.test.ts", "const kernel = `let i = wid.x;`;");
    const message = (name: string, line: number) =>
      `${folder}/${name}.wgsl.ts:${line} takes the workgroup's number by axis: ` +
      "use flatGroup(wid, nwg), and leave where it is past the last";
    const others = [message("global", 1), message("named", 1)];
    expect(findBareGroups(root, {})).toEqual([message("axis", 2), ...others]);
    const reason = "few workgroups";
    expect(findBareGroups(root, { [`${folder}/axis.wgsl.ts`]: { uses: 1, reason } })).toEqual(others);
    expect(findBareGroups(root, { [`${folder}/axis.wgsl.ts`]: { uses: 2, reason } })[0]).toBe(
      `${folder}/axis.wgsl.ts is on the list with 2 uses of the workgroup's number by axis and has 1`,
    );
    expect(findBareGroups(root, { "packages/gone.ts": { uses: 1, reason } })[0]).toBe(
      "packages/gone.ts is on the list and not there",
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

it("finds none in this workspace beside those that have few workgroups", () => {
  expect(findBareGroups(workspaceRoot)).toEqual([]);
  expect(Object.values(bareGroups).every(({ reason }) => reason !== "")).toBe(true);
});
