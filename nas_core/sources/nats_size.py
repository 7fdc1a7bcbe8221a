"""Merges the pinned files into the size table of NATS-Bench: 32,768 choices of five layer widths on three datasets.

Column names as in `nas_core.sources.nats_topology`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nas_core import arrays
from nas_core.sources import catalogue
from nas_core.sources.catalogue import CLASSES, DATASETS, SIDES, PinnedFile
from nas_core.sources.tables import read_csv, require
from nas_core.spaces.size import NATS_WIDTHS, Size

AGAIN = "fetch it again on the Data page or with: python -m nas_core fetch nats"
_BEST_VALID = {"cifar10": 90.712, "cifar100": 70.92, "ImageNet16-120": 46.733}  # published, arXiv:2009.00437

PROVENANCE = {
    "90 epochs": "NATS-Bench size v1.0, seed 777. cifar10: validation accuracy of the training on 25,000 images, test "
    "accuracy of the training on all 50,000; cifar100 and ImageNet16-120: the published halves of the test set",
    "clock": "training times are only in the official archives; until they are imported a search needs a budget in "
    "trials",
    "parameters and MFLOPs": "by formula, exact",
    "papers": catalogue.NATS_PAPER,
}


def costs(widths: np.ndarray, dataset: str) -> tuple[np.ndarray, np.ndarray]:
    """(millions of parameters, millions of multiply-adds for one image), float64[n] each, of widths int[n, 5].

    A stem, then cell, residual block (halving the image), cell, residual block, cell, and a linear layer. The cell is
    |3x3|+|3x3,3x3|+|skip,3x3,3x3|. Batch normalisation counts two parameters a channel and no multiply-adds.
    """
    c0, c1, c2, c3, c4 = np.asarray(widths, np.int64).T
    side, classes = SIDES[dataset], CLASSES[dataset]
    layers = [
        _conv(3, 3, c0, side),
        *_cell(c0, c0, side),
        *_residual(c0, c1, side // 2),
        *_cell(c1, c2, side // 2),
        *_residual(c2, c3, side // 4),
        *_cell(c3, c4, side // 4),
    ]
    head = (c4 + 1) * classes
    params = sum(p for p, _ in layers) + 2 * c4 + head
    flops = sum(f for _, f in layers) + head
    return params / 1e6, flops / 1e6


def _conv(kernel: int, inputs: np.ndarray | int, outputs: np.ndarray, side: int, norm: bool = True) -> tuple:
    weights = kernel * kernel * inputs * outputs
    return weights + (2 * outputs if norm else 0), weights * side * side


def _cell(inputs: np.ndarray, outputs: np.ndarray, side: int) -> list[tuple]:
    skip = [count * (inputs != outputs) for count in _conv(1, inputs, outputs, side)]
    return [_conv(3, inputs, outputs, side)] * 2 + [_conv(3, outputs, outputs, side)] * 3 + [(skip[0], skip[1])]


def _residual(inputs: np.ndarray, outputs: np.ndarray, side: int) -> list[tuple]:
    return [
        _conv(3, inputs, outputs, side),
        _conv(3, outputs, outputs, side),
        _conv(1, inputs, outputs, side, norm=False),
    ]


def build(path: Callable[[PinnedFile], Path]) -> dict[str, np.ndarray]:
    """The columns of the table, [architectures] each in index order; SourceError if any self-check fails.

    path: where each pinned file lies.
    """
    widths = np.array(NATS_WIDTHS.split(":"), int)[Size().all()]
    (texts,) = arrays.load(path(catalogue.SIZE_ARCHS), AGAIN)
    require(
        texts.tolist() == [":".join(map(str, w)) for w in widths.tolist()], "it must have all 32,768 widths in order"
    )
    columns: dict[str, np.ndarray] = {}
    for dataset in DATASETS:
        (valid,) = arrays.load(path(catalogue.SIZE_VALIDATION[dataset]), AGAIN)
        test = read_csv(path(catalogue.SIZE_TEST[dataset]))
        params, flops = costs(widths, dataset)
        require(test["index"].tolist() == list(range(len(widths))), "test accuracies must be in order")
        require(bool(np.all(test["num_param"] == np.rint(params * 1e6))), "parameters must equal the formula")
        require(bool(abs(valid.max() - _BEST_VALID[dataset]) < 1e-3), f"the best validation accuracy on {dataset}")
        require(bool(np.all(valid > 0) and np.all(test["accuracy"] > 0)), "accuracies must be known everywhere")
        columns[f"{dataset}:val_acc@90"] = valid
        columns[f"{dataset}:test_acc@90"] = test["accuracy"]
        columns[f"{dataset}:params_m"] = params
        columns[f"{dataset}:flops_m"] = flops
    return columns
