/** @file Folding of a one-dimensional grid into two, since an axis holds at most 65,535 workgroups. */

import { wgsl } from "../kernelSpec.ts";

/** `flatGroup(wid, nwg)`: the number of the workgroup in a grid that the recorder folded. */
export const flatGroup = wgsl`
fn flatGroup(wid: vec3<u32>, nwg: vec3<u32>) -> u32 {
  return wid.y * nwg.x + wid.x;
}
`;
