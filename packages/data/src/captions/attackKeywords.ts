/** @file The keyword dictionary of SCF: which words name which attack. */
import type { Attack } from "../manifest/manifest.ts";

/** The words of one attack. */
export interface AttackWords {
  /** Phrases that name the presentation itself. */
  names: readonly string[];
  /** Words for what can be seen; they decide only where no presentation is named. */
  cues: readonly string[];
}

/**
 * K of I-FAS's SCF (attack type to keywords), most specific attack first. The paper's full dictionary is not
 * published; these words are our choice and contain the examples that it gives.
 */
export const attackKeywords: Readonly<Record<Attack, AttackWords>> = {
  partial: {
    names: ["partial attack", "partial spoof", "partly covered", "partially covered"],
    cues: ["paper glasses", "covered part", "strip over", "flat eyes"],
  },
  cutout: {
    names: ["cut-out", "cutout", "cut out", "paper mask"],
    cues: ["eye holes", "eye-holes", "holes in the paper", "cut edge", "cut line"],
  },
  softMask: {
    names: ["soft mask", "silicone mask", "rubber mask", "latex mask", "flexible mask", "transparent mask"],
    cues: ["silicone", "latex", "rubber", "skin without pores", "edge at the neck", "soft folds"],
  },
  rigidMask: {
    names: ["rigid mask", "hard mask", "plastic mask", "resin mask", "plaster mask", "3d mask", "mannequin"],
    cues: ["mask rim", "rim around", "mask texture", "plastic", "frozen mouth", "stiff lips", "mask"],
  },
  replay: {
    names: [
      "screen replay",
      "video replay",
      "replay attack",
      "on a screen",
      "on a display",
      "on a tablet",
      "on a phone",
      "on the display",
      "on the screen",
    ],
    cues: [
      "screen",
      "display",
      "tablet",
      "moire",
      "bezel",
      "pixel",
      "pixels",
      "frame of a device",
      "on the glass",
    ],
  },
  print: {
    names: ["printed photo", "printed picture", "printed image", "photo print", "on paper", "paper photo"],
    cues: ["halftone", "print dots", "ink", "paper", "printed", "curved sheet", "wrinkles"],
  },
  none: {
    names: ["live face", "live person", "real person", "real face", "living person", "genuine face"],
    cues: [
      "skin texture",
      "skin detail",
      "pores of the skin",
      "natural",
      "moist eyes",
      "highlights in the eyes",
    ],
  },
};
