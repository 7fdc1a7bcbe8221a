"""Makes the table of NAS-Bench-Macro from its pinned file: 6,561 networks, each trained three times on CIFAR-10.

All accuracies that it publishes are of test images. The first training is what a search sees (`val_acc`), the mean of
the other two is what is reported (`test_acc`); docs/decisions/0040 says why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from nas_core.sources.catalogue import PinnedFile
from nas_core.sources.tables import require
from nas_core.spaces.macro import Macro

PAPER = "Su et al., Prioritized Architecture Sampling with Monte-Carlo Tree Search, CVPR 2021, arXiv:2103.11922"
FILE = PinnedFile(
    "xiusu/NAS-Bench-Macro",
    "61a2bfc2ca0dce04d0997e6cf498047c27d6acf2",
    "data/nas-bench-macro_cifar10.json",
    1178821,
    "686dee8363cc21cca8c1f321ad5749454f2d9b9ca5972682e137e539bc522297",
    "Apache-2.0",
    PAPER,
    "50 epochs, three trainings: test accuracy on cifar10; number of parameters; multiply-adds",
)
EPOCHS = 50
TRAININGS = (0, 1, 2)
SEEN, REPORTED = TRAININGS[:1], TRAININGS[1:]  # by a search, and of what it found
_BEST = ("22212220", 93.127)  # by the mean of all three trainings

PROVENANCE = {
    "accuracies": "NAS-Bench-Macro publishes test accuracies only, three for each network. By its training script each "
    "is the highest of 50 epochs on the 10,000 test images, after training on all 50,000 training images. What a "
    "search sees is the first training; what is reported is the mean of the other two, which no search sees",
    "isomorphic networks": "3,969 networks were trained; where identities stand within a stage does not matter, and "
    "the other 2,592 have the numbers of the one that they are equal to",
    "clock": "the file has no training times, so a search needs a budget in trials",
    "parameters and MFLOPs": "as published; each equals the formula. Counted here a network has ten multiply-adds "
    "more, because NATS-Bench's rule counts the ten biases of the linear layer",
    "papers": PAPER,
}


def build(path: Callable[[PinnedFile], Path]) -> dict[str, np.ndarray]:
    """The columns of the table, [networks] each in index order; SourceError if any self-check fails.

    path: where each pinned file lies.
    """
    space = Macro()
    published = json.loads(path(FILE).read_bytes())
    texts = [space.text(space.arch(row)) for row in range(len(space))]
    require(sorted(published) == texts, "it must have all 6,561 networks once")
    rows = [published[text] for text in texts]
    require({len(row["test_acc"]) for row in rows} == {len(TRAININGS)}, "every network must have three accuracies")
    by_training = np.array([row["test_acc"] for row in rows])
    mean = by_training.mean(1)
    sizes = np.array([costs(space, text) for text in texts])
    best, accuracy = _BEST
    require(bool(np.all((by_training > 0) & (by_training <= 100))), "accuracies must be percent")
    require(np.allclose(mean, [row["mean_acc"] for row in rows]), "the means must be those of the three accuracies")
    require(abs(mean.max() - accuracy) < 1e-3 and mean[texts.index(best)] == mean.max(), f"the best must be {best}")
    require(sizes.tolist() == [[r["params"], r["flops"]] for r in rows], "what they cost must equal the formula")
    columns = {f"test_all_acc#{training}": by_training[:, training] for training in TRAININGS}
    columns |= {
        "val_acc": by_training[:, SEEN].mean(1),
        "test_acc": by_training[:, REPORTED].mean(1),
        "test_all_acc": mean,
        "params_m": sizes[:, 0] / 1e6,
        "flops_m": sizes[:, 1] / 1e6,
    }
    return {f"cifar10:{name}": values for name, values in columns.items()}


def costs(space: Macro, text: str) -> tuple[int, int]:
    """(parameters, multiply-adds for one image of 32×32) as NAS-Bench-Macro counts them: no bias, no normalisation."""
    side, channels, features, classes = 32, 32, 1280, 10
    layers = [_conv(3, 3, channels, side)]
    for first, *others in space.by_stage(text):
        layers += _block(first, channels, 2 * channels, side, side // 2)
        channels, side = 2 * channels, side // 2
        for option in others:
            layers += _block(option, channels, channels, side, side) if option != "0" else []
    layers.append(_conv(1, channels, features, side))
    params, flops = map(sum, zip(*layers, strict=True))
    return params + (features + 1) * classes, flops + features * classes


def _block(option: str, c_in: int, c_out: int, side: int, smaller: int) -> Sequence[tuple[int, int]]:
    if option == "0":
        return [_conv(1, c_in, c_out, smaller)]
    expansion, kernel = {"1": (3, 3), "2": (6, 5)}[option]
    inside = expansion * c_in
    return [_conv(1, c_in, inside, side), _conv(kernel, 1, inside, smaller), _conv(1, inside, c_out, smaller)]


def _conv(kernel: int, inputs: int, outputs: int, side: int) -> tuple[int, int]:
    """Weights and normalisation, and multiply-adds; `inputs` of each output channel, `side` of the output."""
    weights = kernel * kernel * inputs * outputs
    return weights + 2 * outputs, weights * side * side
