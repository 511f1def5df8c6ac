"""Witness fixture of optimisers, computed by PyTorch in f64.

    python3 tools/witness/optimizers.py packages/tensor-core/src/optim/fixtures

writes `adam.json`: parameters, the gradients of each step, and what `torch.optim.Adam` with weight decay made of the
parameters, clipped by `clip_grad_norm_` and not; and `sgd.json`: what `torch.optim.SGD` made of the same, where the bias
has no gradient in one step. Nothing of Candor is used; needs torch alone.
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
SGD = {
    "plain": {"lr": 0.05, "weight_decay": 0.3},
    "momentum": {"lr": 0.05, "weight_decay": 0.3, "momentum": 0.8},
    "nesterov": {"lr": 0.05, "weight_decay": 0.3, "momentum": 0.8, "nesterov": True},
}
# The step without a gradient of the bias, whose velocity must wait.
WITHOUT_BIAS = 1


def run(make, initial, gradients, max_norm=None, without_bias=None):
    params = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in initial.items()}
    optimizer = make(params.values())
    for at, step in enumerate(gradients):
        for name, param in params.items():
            absent = at == without_bias and name == "bias"
            param.grad = None if absent else torch.tensor(step[name], dtype=torch.float64)
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
    provenance = {"script": "tools/witness/optimizers.py", "torch": torch.__version__, "seed": SEED}
    adam = lambda params: torch.optim.Adam(params, **{**OPTIONS, "betas": tuple(OPTIONS["betas"])})
    record = {
        "provenance": provenance,
        "shapes": SHAPES,
        "options": {**OPTIONS, "max_norm": MAX_NORM},
        "initial": flat(initial),
        "gradients": [flat(step) for step in gradients],
        "adam": run(adam, initial, gradients),
        "adamClipped": run(adam, initial, gradients, MAX_NORM),
    }
    sgd = {
        name: {
            "options": options,
            "params": run(lambda params: torch.optim.SGD(params, **options), initial, gradients, None, WITHOUT_BIAS),
        }
        for name, options in SGD.items()
    }
    Path(folder).mkdir(parents=True, exist_ok=True)
    write = lambda name, value: (Path(folder) / name).write_text(json.dumps(value, indent=1) + "\n")
    write("adam.json", record)
    write("sgd.json", {"provenance": provenance, "withoutBias": WITHOUT_BIAS, **sgd})


main(sys.argv[1])
