/** @file What the ablations vary, as data: I-FAS's three claims and how its judgment is decoded. */

import type { ConnectorConfig, Decoding } from "@candor/models";
import { ProtocolError } from "../protocols/protocolError.ts";

/** One setting of a factor. */
export interface Level {
  /** Unique within the factor, in letters that a file name may have. */
  readonly name: string;
  readonly title: string;
  /** Fields of the run's configuration; none for the baseline's level. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Scores of the same training, decoded otherwise. */
  readonly decoding?: Decoding;
  /** What the paper reports against its best setting. */
  readonly paper: string;
}

/** Something that is varied. */
export interface Factor {
  readonly name: string;
  readonly title: string;
  /** The level of full I-FAS. */
  readonly baseline: string;
  readonly levels: readonly Level[];
}

const notReported = "not reported";

/**
 * The factors about a recipe; its other connectors have the sizes of its globally aware one, and the projector the hidden
 * units of that one's blocks.
 *
 * The paper's effects are those of its ablations (arXiv:2501.01720) as far as we could read them, on the
 * average of the real One-to-Eleven.
 *
 * @param connector the recipe's
 * @throws ProtocolError if that is not the globally aware one
 */
export function factorsOf(connector: ConnectorConfig): readonly Factor[] {
  if (connector.kind !== "gac") {
    throw new ProtocolError(
      `[factorsOf] the factor "connector" starts from a recipe's "gac", got "${connector.kind}"; take another recipe.`,
    );
  }
  const { width, queries, depth, heads, mlpRatio } = connector;
  return [
    {
      name: "captions",
      title: "what explains the judgment",
      baseline: "spoof-aware",
      levels: [
        {
          name: "none",
          title: "no captions: Yes or No alone",
          config: { caption: "none" },
          paper: "HTER +3.17, AUC −3.30",
        },
        {
          name: "template",
          title: "class templates",
          config: { caption: "template" },
          paper: "no gain over Yes or No alone",
        },
        {
          name: "general",
          title: "general captions",
          config: { caption: "captionGeneral" },
          paper: "worse",
        },
        { name: "spoof-aware", title: "spoof-aware captions", config: {}, paper: "best, AUC 93.71" },
      ],
    },
    {
      name: "loss",
      title: "weight of the judgment",
      baseline: "0.7",
      levels: [
        {
          name: "lm",
          title: "plain LM loss",
          config: { loss: "plain" },
          paper: "small drop; slower, less stable",
        },
        ...[0.3, 0.5].map(weight),
        { ...weight(0.7), config: {}, paper: "best" },
        weight(0.9),
      ],
    },
    {
      name: "connector",
      title: "how the image reaches the language model",
      baseline: "gac",
      levels: [
        {
          name: "mlp",
          title: "MLP projector, every patch a token",
          config: { connector: { kind: "linear", hidden: width * mlpRatio } },
          paper: notReported,
        },
        {
          name: "learned-query",
          title: "learned queries, no CLS tokens",
          config: { connector: { kind: "learnedQuery", width, queries, depth, heads, mlpRatio } },
          paper: "a drop about as large as without captions",
        },
        { name: "gac", title: "globally aware connector", config: {}, paper: "best" },
      ],
    },
    {
      name: "decoding",
      title: "calibration of the judgment, without training",
      baseline: "plain",
      levels: [
        { name: "plain", title: "softmax of Yes and No", config: {}, paper: "as published" },
        { name: "vdd", title: "VDD", config: {}, decoding: "vdd", paper: notReported },
        { name: "post-hoc", title: "post-hoc", config: {}, decoding: "post-hoc", paper: notReported },
      ],
    },
  ];
}

function weight(alpha: number): Level {
  return { name: String(alpha), title: `L-LM, α = ${alpha}`, config: { alpha }, paper: notReported };
}
