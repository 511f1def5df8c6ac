/** @file SSAN's figures: wangzhuo2019/SSAN, `utils/performance.py`; CVPR 2022. */

import { scoresByClass } from "../scoredSample.ts";
import { scoreFigure, share, type Convention } from "./convention.ts";
import { tprAtLiveQuantile } from "./liveQuantile.ts";
import { areaUnder, rocCurve } from "./rocCurve.ts";

/** SSAN and SAFAS. */
export const ssan: Convention = {
  name: "ssan",
  source: "wangzhuo2019/SSAN, utils/performance.py",
  positive: "spoof",
  note: "the threshold is taken on the tested samples themselves; TPR counts spoofs found, the opposite of FLIP's",
  figures(samples) {
    const curve = rocCurve(samples, "ssan");
    // NumPy's argmin: the first of equal ones.
    const distances = curve.map(({ fpr, tpr }) => Math.abs(tpr + fpr - 1));
    const point = curve[distances.indexOf(Math.min(...distances))]!;
    const { live, spoof } = scoresByClass(samples, "ssan");
    const negated = [live.map((score) => -score), spoof.map((score) => -score)] as const;
    return [
      share(
        "hter",
        "HTER, first corner of the ROC with the smallest |TPR + FPR - 1|",
        (point.fpr + (1 - point.tpr)) / 2,
      ),
      share("far", "FAR there", point.fpr),
      share("frr", "FRR there", 1 - point.tpr),
      scoreFigure("threshold", "threshold, P(live)", point.threshold),
      share("auc", "AUC", areaUnder(curve)),
      share("tprAtFpr10", "TPR@FPR=10%, positive = spoof", tprAtLiveQuantile(...negated, 0.1)),
      share("tprAtFpr1", "TPR@FPR=1%, positive = spoof", tprAtLiveQuantile(...negated, 0.01)),
      share("tprAtFpr01", "TPR@FPR=0.1%, positive = spoof", tprAtLiveQuantile(...negated, 0.001)),
    ];
  },
};
