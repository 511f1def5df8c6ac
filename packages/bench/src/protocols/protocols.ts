/** @file The protocols of the field as data: which data sets are trained on, which are tested, by which rule. */

/** One training and its tests. */
export interface Fold {
  /** Unique within the protocol, in letters that a file name may have, such as `"OCI-M"`. */
  readonly id: string;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
}

/**
 * How rows are used. `"given"`: the manifest's own splits, sources by train and dev, targets by test. `"whole"`: a
 * source trains on train + test and a target is tested on train + test, as FLIP and SSDG do; nobody uses a target's
 * dev split, and a source's dev split gives the deployable threshold.
 */
export type SplitRule = "given" | "whole";

/** A protocol on real data sets, by the names that the loaders write, and on rendered domains that stand in. */
export interface Protocol {
  readonly name: string;
  readonly title: string;
  /** Where it is published. */
  readonly source: string;
  readonly rule: SplitRule;
  readonly folds: readonly Fold[];
  /** The same shape on rendered domains, from which nothing follows for real data sets. */
  readonly rendered: readonly Fold[];
}

const real: Readonly<Record<string, string>> = {
  M: "MSU-MFSD",
  C: "CASIA-MFSD",
  I: "Replay-Attack",
  O: "OULU-NPU",
  W: "WMCA",
  F: "CeFA",
  S: "CASIA-SURF",
};

// The largest domain stands for the largest set; the others have a camera, light and backdrop of their own.
const standIns: Readonly<Record<string, string>> = {
  O: "D1",
  M: "D2",
  C: "D3",
  I: "D4",
  W: "D8",
  F: "D9",
  S: "D12",
};

function foldsOf(ids: readonly string[], names: Readonly<Record<string, string>>): Fold[] {
  return ids.map((id) => {
    const [sources = "", target = ""] = id.split("-");
    return { id, sources: [...sources].map((letter) => names[letter]!), targets: [names[target]!] };
  });
}

function lettered(name: string, title: string, source: string, ids: readonly string[]): Protocol {
  return {
    name,
    title,
    source,
    rule: "whole",
    folds: foldsOf(ids, real),
    rendered: foldsOf(ids, standIns),
  };
}

const letters = ["C", "I", "M", "O"] as const;

/** Every protocol, One-to-Eleven first. */
export const protocols: readonly Protocol[] = [
  {
    name: "one-to-eleven",
    title: "One-to-Eleven",
    source: "I-FAS, arXiv:2501.01720, section 4",
    rule: "given",
    folds: [
      {
        id: "one-to-eleven",
        sources: ["CelebA-Spoof"],
        targets: [
          "CASIA-MFSD",
          "CASIA-SURF-3DMask",
          "HKBU-MARs",
          "HiFiMask",
          "MSU-MFSD",
          "OULU-NPU",
          "Replay-Attack",
          "Rose-Youtu",
          "SiW",
          "SiW-M-v2",
          "WMCA",
        ],
      },
    ],
    rendered: [
      {
        id: "one-to-eleven",
        sources: ["D1"],
        targets: Array.from({ length: 11 }, (_, index) => `D${index + 2}`),
      },
    ],
  },
  lettered("leave-one-out", "Leave one out of M, C, I, O", "MADDG, CVPR 2019; FLIP's Protocol 1", [
    "OCI-M",
    "OMI-C",
    "OCM-I",
    "ICM-O",
  ]),
  lettered("limited-source", "Limited source", "MADDG, CVPR 2019; SSDG, CVPR 2020", ["MI-C", "MI-O"]),
  lettered("wcs", "WMCA, CeFA (F here), CASIA-SURF", "FLIP's Protocol 2, ICCV 2023", [
    "FS-W",
    "SW-F",
    "FW-S",
  ]),
  lettered(
    "single-source",
    "One source, one target",
    "FLIP's Protocol 3, ICCV 2023",
    letters.flatMap((from) => letters.filter((to) => to !== from).map((to) => `${from}-${to}`)),
  ),
];

/**
 * The folds of a protocol for the data sets of a manifest.
 *
 * @param datasets names in the manifest; rendered domains are `D1`, `D2` and so on
 */
export function foldsFor(protocol: Protocol, datasets: readonly string[]): readonly Fold[] {
  return datasets.some((name) => /^D\d+$/.test(name)) ? protocol.rendered : protocol.folds;
}

/** The title of a protocol by its name; the name itself where it is unknown. */
export function protocolTitle(name: string): string {
  return protocols.find((protocol) => protocol.name === name)?.title ?? name;
}
