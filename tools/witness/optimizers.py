"""Witness fixture of optimisers, computed by PyTorch in f64.

    python3 tools/witness/optimizers.py packages/tensor-core/src/optim/fixtures

writes `adam.json`: parameters, the gradients of each step, and what `torch.optim.Adam` with weight decay made of the
parameters, clipped by `clip_grad_norm_` and not. Nothing of Candor is used; needs torch alone.
"""

import json
import sys
from pathlib import Path

import torch

SEED = 20261124
STEPS = 4
SHAPES = {"weight": [3, 5], "bias": [6]}
OPTIONS = {"lr": 0.02, "betas": [0.8, 0.95], "eps": 1e-6, "weight_decay": 0.3}
MAX_NORM = 2.5


def run(initial, gradients, max_norm):
    params = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in initial.items()}
    optimizer = torch.optim.Adam(params.values(), **{**OPTIONS, "betas": tuple(OPTIONS["betas"])})
    for step in gradients:
        for name, param in params.items():
            param.grad = torch.tensor(step[name], dtype=torch.float64)
        if max_norm is not None:
            torch.nn.utils.clip_grad_norm_(params.values(), max_norm)
        optimizer.step()
    return {name: param.flatten().tolist() for name, param in params.items()}


def main(folder):
    torch.manual_seed(SEED)
    # Rounded to f32, as both sides must begin with the same numbers.
    draw = lambda: {name: torch.randn(shape).tolist() for name, shape in SHAPES.items()}
    initial, gradients = draw(), [draw() for _ in range(STEPS)]
    flat = lambda named: {name: torch.tensor(value).flatten().tolist() for name, value in named.items()}
    record = {
        "provenance": {"script": "tools/witness/optimizers.py", "torch": torch.__version__, "seed": SEED},
        "shapes": SHAPES,
        "options": {**OPTIONS, "max_norm": MAX_NORM},
        "initial": flat(initial),
        "gradients": [flat(step) for step in gradients],
        "adam": run(initial, gradients, None),
        "adamClipped": run(initial, gradients, MAX_NORM),
    }
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / "adam.json").write_text(json.dumps(record, indent=1) + "\n")


main(sys.argv[1])
