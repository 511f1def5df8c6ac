/** @file CelebA-Spoof's figures: its authors' `intra_dataset_code/client.py`; ECCV 2020. */

import { scoresByClass } from "../scoredSample.ts";
import { share, type Convention } from "./convention.ts";
import { tprAtLiveQuantile } from "./liveQuantile.ts";

/** CelebA-Spoof's own script, which reports TPR@FPR and nothing else. */
export const celebaSpoof: Convention = {
  name: "celeba-spoof",
  source: "CelebA-Spoof, intra_dataset_code/client.py",
  positive: "spoof",
  note: "scores are turned into P(spoof) = 1 - P(live); TPR counts spoofs found, the opposite of FLIP's",
  figures(samples) {
    const { live, spoof } = scoresByClass(samples, "celebaSpoof");
    const turned = [live.map((score) => 1 - score), spoof.map((score) => 1 - score)] as const;
    return [
      share("tprAtFpr1", "TPR@FPR=1%, positive = spoof", tprAtLiveQuantile(...turned, 0.01)),
      share("tprAtFpr05", "TPR@FPR=0.5%, positive = spoof", tprAtLiveQuantile(...turned, 0.005)),
      share("tprAtFpr01", "TPR@FPR=0.1%, positive = spoof", tprAtLiveQuantile(...turned, 0.001)),
    ];
  },
};
