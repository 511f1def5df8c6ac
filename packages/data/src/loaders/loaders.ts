/** @file All loaders, in the order in which they are listed. */
import { casiaMfsd } from "./casiaMfsd.ts";
import { casiaSurf } from "./casiaSurf.ts";
import { casiaSurf3dMask } from "./casiaSurf3dMask.ts";
import { cefa } from "./cefa.ts";
import { celebASpoof } from "./celebASpoof.ts";
import { csvList } from "./csvList.ts";
import type { DatasetLoader } from "./datasetLoader.ts";
import { flipLists } from "./flipLists.ts";
import { folders } from "./folders.ts";
import { hifiMask } from "./hifiMask.ts";
import { hkbuMars } from "./hkbuMars.ts";
import { msuMfsd } from "./msuMfsd.ts";
import { ouluNpu } from "./ouluNpu.ts";
import { replayAttack } from "./replayAttack.ts";
import { roseYoutu } from "./roseYoutu.ts";
import { siw } from "./siw.ts";
import { siwM } from "./siwM.ts";
import { siwMv2 } from "./siwMv2.ts";
import { ssdgLists } from "./ssdgLists.ts";
import { threeDMad } from "./threeDMad.ts";
import { wffd } from "./wffd.ts";
import { wmca } from "./wmca.ts";

/** The twelve data sets of One-to-Eleven, then others, then lists and a user's own data. */
export const loaders: readonly DatasetLoader[] = [
  celebASpoof,
  casiaMfsd,
  casiaSurf3dMask,
  hkbuMars,
  hifiMask,
  msuMfsd,
  ouluNpu,
  replayAttack,
  roseYoutu,
  siw,
  siwMv2,
  wmca,
  casiaSurf,
  cefa,
  threeDMad,
  siwM,
  wffd,
  flipLists,
  ssdgLists,
  folders,
  csvList,
];

/**
 * A loader by its name.
 * @param name as on the command line
 * @throws Error that lists the names
 */
export function loaderNamed(name: string): DatasetLoader {
  const found = loaders.find((loader) => loader.name === name);
  if (!found) {
    throw new Error(
      `[import] there is no loader "${name}"; there are ${loaders.map((loader) => loader.name).join(", ")}`,
    );
  }
  return found;
}
