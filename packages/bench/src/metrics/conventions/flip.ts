/** @file FLIP's figures: koushiksrivats/FLIP, `utils/statistic.py` and `utils/evaluate.py`; ICCV 2023. */

import { hterAt, hterFlipGrid } from "../hter.ts";
import { scoreFigure, share, type Convention } from "./convention.ts";
import { areaUnder, rocCurve } from "./rocCurve.ts";

/** FLIP, SSDG, few_shot_fas, MVP-FAS and InstructFLIP. */
export const flip: Convention = {
  name: "flip",
  source: "koushiksrivats/FLIP, utils/statistic.py and utils/evaluate.py",
  positive: "live",
  note: "the threshold is taken on the tested samples themselves, so HTER lies near the EER and cannot be deployed",
  figures(samples) {
    const { hter, threshold, far, frr } = hterFlipGrid(samples);
    const curve = rocCurve(samples, "flip");
    const atHalf = hterAt(samples, 0.5);
    return [
      share("hter", "HTER, 10,001 grid thresholds and 1.1, last of the smallest |FAR - FRR|", hter),
      share("far", "FAR there", far),
      share("frr", "FRR there", frr),
      scoreFigure("threshold", "threshold, P(live)", threshold),
      share("auc", "AUC", areaUnder(curve)),
      // The last of the curve's corners, which is a lower TPR than could be reached where a slanted piece crosses 1 %.
      share("tprAtFpr1", "TPR@FPR=1%, positive = live", curve.findLast(({ fpr }) => fpr <= 1 / 100)!.tpr),
      share("apcer", "APCER at 0.5, all attacks pooled", atHalf.far),
      share("npcer", "NPCER at 0.5", atHalf.frr),
      share("acer", "ACER at 0.5 (deprecated)", (atHalf.far + atHalf.frr) / 2),
    ];
  },
};
