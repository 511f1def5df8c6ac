"""Judges a score file with scikit-learn, SciPy and the published formulas: the witness of packages/bench.

    python3 tools/witness/metrics.py make   writes seeded score files and their figures (the committed fixture)
    python3 tools/witness/metrics.py FILE.csv [OTHER.csv]   prints the figures of any score files as JSON

Debian: apt-get install python3-sklearn. Nothing of Candor is used. FLIP's loops (koushiksrivats/FLIP,
utils/statistic.py) and SSAN's (wangzhuo2019/SSAN, utils/performance.py) are restated as they are published: a
mask for each of the 10,002 thresholds, a walk over sorted lists. Everything else is scikit-learn, or the definition
written out over all pairs.
"""

import csv
import json
import pathlib
import sys

import numpy
import scipy
import sklearn
from scipy.stats import binomtest, norm
from sklearn.metrics import auc, roc_auc_score, roc_curve

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages/bench/src/metrics/fixtures"
SEED = 7


def videos(rows):
    """Means of the frames' scores, in order of first appearance: (scores, labels with 1 = live, subjects)."""
    groups = {}
    for row in rows:
        groups.setdefault(row["video"], []).append(row)
    scores = numpy.array([sum(float(row["score"]) for row in group) / len(group) for group in groups.values()])
    labels = numpy.array([int(group[0]["label"] == "live") for group in groups.values()])
    return scores, labels, [group[0]["subject"] for group in groups.values()]


def flip(scores, labels):
    thresholds = [0.0 + i * 1.0 / float(10000) for i in range(10001)] + [1.1]
    least, best = 1.0, None
    for threshold in thresholds:
        predict = scores >= threshold
        tn = numpy.sum((labels == 0) & (predict == False))  # noqa: E712
        fn = numpy.sum((labels == 1) & (predict == False))  # noqa: E712
        fp = numpy.sum((labels == 0) & (predict == True))  # noqa: E712
        tp = numpy.sum((labels == 1) & (predict == True))  # noqa: E712
        far, frr = fp / float(fp + tn), fn / float(fn + tp)
        distance = abs(frr - far)
        if distance <= least:
            least, best = distance, (far, frr, threshold)
    far, frr, threshold = best
    fpr, tpr, _ = roc_curve(labels, scores)
    predict = scores >= 0.5
    apcer = float(numpy.sum((labels == 0) & predict)) / numpy.sum(labels == 0)
    npcer = float(numpy.sum((labels == 1) & ~predict)) / numpy.sum(labels == 1)
    return {
        "hter": (far + frr) / 2.0,
        "far": far,
        "frr": frr,
        "threshold": threshold,
        "auc": roc_auc_score(labels, scores),
        "tprAtFpr1": tpr[fpr <= 1 / 100][-1],
        "apcer": apcer,
        "npcer": npcer,
        "acer": (apcer + npcer) / 2.0,
    }


def ssan_tpr(scores, labels, fpr):
    live, hack = sorted(scores[labels == 1]), sorted(scores[labels == 0])
    threshold = live[max(1, int(fpr * len(live))) - 1]
    index = 0
    while index < len(hack) and hack[index] < threshold:
        index += 1
    return index * 1.0 / len(hack)


def ssan(scores, labels):
    fpr, tpr, threshold = roc_curve(labels, scores, pos_label=1)
    best = numpy.argmin(numpy.abs(tpr + fpr - 1.0))
    frr = 1 - tpr
    return {
        "hter": ((fpr + frr) / 2.0)[best],
        "far": fpr[best],
        "frr": frr[best],
        "threshold": threshold[best],
        "auc": auc(fpr, tpr),
        "tprAtFpr10": ssan_tpr(scores, labels, 0.1),
        "tprAtFpr1": ssan_tpr(scores, labels, 0.01),
        "tprAtFpr01": ssan_tpr(scores, labels, 0.001),
    }


def celeba_spoof(scores, labels):
    spoofness = 1 - scores

    def rate(fpr):
        live = sorted(spoofness[labels == 1], reverse=True)
        hack = sorted(spoofness[labels == 0], reverse=True)
        threshold = live[max(1, int(fpr * len(live))) - 1]
        index = 0
        while index < len(hack) and hack[index] > threshold:
            index += 1
        return index * 1.0 / len(hack)

    return {"tprAtFpr1": rate(0.01), "tprAtFpr05": rate(0.005), "tprAtFpr01": rate(0.001)}


def eer_threshold(scores, labels):
    """Half-way between neighbouring scores; smallest |FAR - FRR|, the highest of equal ones."""
    values = numpy.unique(scores)
    thresholds = [0.0, *((values[:-1] + values[1:]) / 2), 1.1]
    distances = [abs(numpy.mean(scores[labels == 0] >= t) - numpy.mean(scores[labels == 1] < t)) for t in thresholds]
    return [t for t, d in zip(thresholds, distances) if d <= min(distances) + 1e-12][-1]


def hter(scores, labels, threshold):
    return (numpy.mean(scores[labels == 0] >= threshold) + numpy.mean(scores[labels == 1] < threshold)) / 2


def candor(scores, labels, attacks, dev_threshold):
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    gap = fpr - (1 - tpr)
    after = int(numpy.argmax(gap >= 0))
    step = gap[after] - gap[after - 1]
    eer = fpr[after - 1] + (fpr[after] - fpr[after - 1]) * (-gap[after - 1] / step)
    fpr_spoof, tpr_spoof, _ = roc_curve(1 - labels, -scores, drop_intermediate=False)
    own = eer_threshold(scores, labels)
    accepted = scores >= dev_threshold
    return {
        "auc": roc_auc_score(labels, scores),
        "eer": eer,
        "hterLiterature": hter(scores, labels, own),
        "literatureThreshold": own,
        "hterAtDevThreshold": hter(scores, labels, dev_threshold),
        "tprAtFpr1Live": tpr[fpr <= 0.01][-1],
        "tprAtFpr1Spoof": tpr_spoof[fpr_spoof <= 0.01][-1],
        "apcerByAttack": {name: numpy.mean(accepted[attacks == name]) for name in sorted(set(attacks) - {"none"})},
        "bpcer": numpy.mean(~accepted[labels == 1]),
    }


def delong(first, second, labels, subjects):
    """Obuchowski 1997 over all pairs, for the difference of two AUCs."""

    def components(scores):
        pairs = numpy.array([[(a > b) + 0.5 * (a == b) for b in scores[labels == 0]] for a in scores[labels == 1]])
        return pairs.mean(), pairs.mean(axis=1), pairs.mean(axis=0)

    (auc_a, live_a, spoof_a), (auc_b, live_b, spoof_b) = components(first), components(second)
    difference = auc_a - auc_b
    live, spoof = live_a - live_b - difference, spoof_a - spoof_b - difference
    names = numpy.array(subjects)
    live_names, spoof_names = names[labels == 1], names[labels == 0]
    everyone = sorted(set(subjects))
    a = numpy.array([live[live_names == name].sum() for name in everyone])
    b = numpy.array([spoof[spoof_names == name].sum() for name in everyone])
    m, n = len(live), len(spoof)
    many, some, others = len(everyone), len(set(live_names)), len(set(spoof_names))
    variance = some / ((some - 1) * m) * (a**2).sum() / m + others / ((others - 1) * n) * (b**2).sum() / n
    variance += 2 * many / ((many - 1) * m * n) * (a * b).sum()
    error = float(numpy.sqrt(variance))
    return {
        "difference": difference,
        "standardError": error,
        "p": 2 * norm.sf(abs(difference) / error) if error > 0 else None,
    }


def mcnemar(first, second, labels, thresholds):
    right = [(scores >= threshold) == (labels == 1) for scores, threshold in zip((first, second), thresholds)]
    a, b = int(numpy.sum(right[0] & ~right[1])), int(numpy.sum(~right[0] & right[1]))
    p = binomtest(a, a + b, 0.5).pvalue if a + b else 1.0
    return {"firstOnlyRight": a, "secondOnlyRight": b, "p": p}


def read(path):
    with open(path, newline="", encoding="utf8") as file:
        return list(csv.DictReader(file))


def judge(path, other=None):
    files = [read(path)] + ([read(other)] if other else [])
    dev = [videos([row for row in rows if row.get("split") == "dev"]) for rows in files]
    thresholds = [eer_threshold(scores, labels) for scores, labels, _ in dev]
    result = {"devThreshold": thresholds[0], "datasets": {}}
    tested = [[row for row in rows if row.get("split", "test") == "test"] for rows in files]
    for name in dict.fromkeys(row["dataset"] for row in tested[0]):
        of = [[row for row in rows if row["dataset"] == name] for rows in tested]
        scores, labels, subjects = videos(of[0])
        kinds = {row["video"]: row["attack"] for row in of[0]}
        figures = {
            "candor": candor(scores, labels, numpy.array(list(kinds.values())), thresholds[0]),
            "flip": flip(scores, labels),
            "ssan": ssan(scores, labels),
            "celeba-spoof": celeba_spoof(scores, labels),
        }
        if other:
            second = videos(of[1])[0]
            figures["delong"] = delong(scores, second, labels, subjects)
            figures["mcnemar"] = mcnemar(scores, second, labels, thresholds)
        result["datasets"][name] = figures
    return result


def make():
    """Four sets: smooth, a hundred and one spoofs, coarse ties, worse than chance; two frames a video, twenty subjects a set."""
    random = numpy.random.default_rng(SEED)
    plans = [("dev", "source", 24, 24, 0.2, 1e-6), ("test", "smooth", 40, 60, 0.3, 1e-6), ("test", "hundred", 100, 101, 0.1, 1e-6)]
    plans += [("test", "ties", 34, 120, 0.15, 0.05), ("test", "reversed", 30, 30, -0.1, 0.1)]
    head = "dataset,split,subject,video,frame,label,attack,score"
    lines = [[head], [head]]
    for split, dataset, live, spoof, shift, step in plans:
        for video in range(live + spoof):
            genuine = video < live
            attack = "none" if genuine else ("print", "replay", "rigidMask")[video % 3]
            # The two frames agree where ties are wanted, so that the means stay tied.
            hard = random.normal(0.35 + shift * genuine, 0.17)
            for frame in range(2):
                for file, bonus in enumerate((0.0, 0.05 if genuine else -0.02)):
                    noise = random.normal(0, 0.08 if step < 0.01 or (file and not frame) else 0)
                    score = float(numpy.clip(numpy.round((hard + bonus + noise) / step) * step, 0, 1))
                    cells = [dataset, split, f"s{video % 20}", f"{dataset}-{video}", frame, "live" if genuine else "spoof"]
                    lines[file].append(",".join(map(str, [*cells, attack, round(score, 6)])))
    FIXTURES.mkdir(exist_ok=True)
    paths = [FIXTURES / "witness.csv", FIXTURES / "witnessOther.csv"]
    for path, content in zip(paths, lines):
        path.write_text("\n".join(content) + "\n", encoding="utf8")
    provenance = {
        "script": "python3 tools/witness/metrics.py make",
        "seed": SEED,
        "sklearn": sklearn.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
    }
    (FIXTURES / "witness.json").write_text(
        json.dumps({"provenance": provenance, **judge(*paths)}, indent=1) + "\n", encoding="utf8"
    )


if len(sys.argv) < 2:
    sys.exit(__doc__)
if sys.argv[1] == "make":
    make()
else:
    print(json.dumps(judge(*sys.argv[1:3]), indent=1))
