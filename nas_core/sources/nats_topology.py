"""Merges the pinned files into the topology table of NATS-Bench: 15,625 cells on three datasets.

Column names: dataset:metric@epochs#seed, e.g. ``cifar10:val_acc@200#777``; without #seed the mean over seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nas_core.sources import catalogue, pickles
from nas_core.sources.catalogue import CLASSES, DATASETS, SIDES, PinnedFile
from nas_core.sources.tables import read_csv, require
from nas_core.spaces.topology import CONV1, CONV3, Topology

CELLS = 15_625
SEEDS = (777, 888, 999)  # of the 200-epoch trainings; 999 for 8,169 cells only
_IMAGES = {"cifar10": (25_000, 10_000), "cifar100": (5_000, 5_000), "ImageNet16-120": (3_000, 3_000)}  # valid, test
_BEST_TEST = {"cifar10": 94.373, "cifar100": 73.513, "ImageNet16-120": 47.311}  # published, arXiv:2009.00437
_BEST_VALID = {"cifar10": 91.607, "cifar100": 73.493, "ImageNet16-120": 46.733}
_IN_PICKLES = {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet"}
_DEVICES = {
    **{f"latency_{d}_ms": f"{d}_latency" for d in ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")},
    **{f"energy_{d}_mj": f"{d}_energy" for d in ("edgegpu", "eyeriss", "fpga")},
}

PROVENANCE = {
    "200 epochs": "NATS-Bench topology v1.0, means over 2 or 3 seeds (777, 888, 999). cifar10: validation accuracy of "
    "the training on 25,000 images, test accuracy of the training on all 50,000. cifar100 and ImageNet16-120: the "
    "published halves of the test set; the validation mean is twice the mean over both halves minus the test mean, "
    "which is exact",
    "12 epochs": "a training of its own with a 12-epoch schedule; seed 111 (cifar10 validation: mean of seeds 111 and "
    "777)",
    "clock": "training seconds on NATS-Bench's GPUs, constant per epoch; cifar10: the training on 25,000 images. "
    "Validation time is not in these files, so it is not charged",
    "parameters and MFLOPs": "by formula, exact, each cell's own; the official parameter count differs for 150 cells, "
    "where it was copied from an isomorphic one",
    "latency and energy": f"measured or simulated by HW-NAS-Bench on six devices; missing on Edge TPU where the device "
    f"cannot run the cell. {catalogue.HW_PAPER}",
    "papers": f"{catalogue.NATS_PAPER}; {catalogue.NB201_PAPER}",
}


@dataclass(frozen=True)
class TaskShape:
    """What the networks of a task read and answer."""

    classes: int
    channels: int
    pixels: int  # of one input


_SHAPES = {dataset: TaskShape(CLASSES[dataset], 3, side**2) for dataset, side in SIDES.items()}


def params_m(cells: np.ndarray, task: TaskShape) -> np.ndarray:
    """float64[n]: trainable parameters, in millions, of cells int[n, 6] in NATS-Bench's network (C=16, N=5)."""
    conv1, conv3 = (cells == CONV1).sum(1), (cells == CONV3).sum(1)
    stem, head = 9 * 16 * task.channels, 65 * task.classes  # to each class 64 weights and a bias
    return (72_224 + stem + head + 28_000 * conv1 + 243_040 * conv3) / 1e6


def flops_m(cells: np.ndarray, task: TaskShape) -> np.ndarray:
    """float64[n]: multiply-adds for one input, in millions, as NATS-Bench counts them."""
    conv1, conv3 = (cells == CONV1).sum(1), (cells == CONV3).sum(1)
    of_a_pixel = 9 * 16 * task.channels + 7_168 + 3_840 * conv1 + 34_560 * conv3
    return (of_a_pixel * task.pixels + 65 * task.classes) / 1e6


def build(path: Callable[[PinnedFile], Path]) -> dict[str, np.ndarray]:
    """The columns of the table, [cells] each in index order; SourceError if any self-check fails.

    path: where each pinned file lies.
    """
    space = Topology()
    hardware = {d: read_csv(path(f)) for d, f in catalogue.HARDWARE.items()}
    nets = hardware["cifar10"]["net"].tolist()
    order = space.indices(nets, "naslib")  # in NATS-Bench's own order
    require(len(order) == CELLS and len(set(order.tolist())) == CELLS, "it must have all 15,625 cells once")
    row = np.argsort(order)  # NATS-Bench's number of the cell with each index
    cells = space.all()
    columns: dict[str, np.ndarray] = {"nats_index": row.astype(np.int32)}
    columns |= _at_200_epochs(path, row)
    columns |= _at_12_epochs(path(catalogue.TWELVE_EPOCHS), space)
    for dataset in DATASETS:
        require(hardware[dataset]["net"].tolist() == nets, "the three device files must agree on order")
        columns[f"{dataset}:params_m"] = params_m(cells, _SHAPES[dataset])
        columns[f"{dataset}:flops_m"] = flops_m(cells, _SHAPES[dataset])
        for metric, name in _DEVICES.items():
            values = hardware[dataset][name][row]
            columns[f"{dataset}:{metric}"] = np.where(values < 0, np.nan, values)
    _check(columns)
    return columns


def _at_200_epochs(path: Callable[[PinnedFile], Path], row: np.ndarray) -> dict[str, np.ndarray]:
    runs = pickles.load(path(catalogue.PER_SEED))
    key = np.stack([runs["cifar10"]["runtime"], runs["cifar10"]["size_in_mb"]])
    start = np.concatenate([[True], (key[:, 1:] != key[:, :-1]).any(0)])  # a new cell's first seed
    cell = np.cumsum(start) - 1
    seed = np.arange(len(cell)) - np.flatnonzero(start)[cell]
    require(cell[-1] + 1 == CELLS and set(np.bincount(cell)) == {2, 3}, "every cell must have two or three seeds")
    columns: dict[str, np.ndarray] = {}
    for dataset, name in _IN_PICKLES.items():
        by_seed = np.full((CELLS, len(SEEDS)), np.nan)
        by_seed[cell, seed] = 100 - runs[name]["loss"]
        by_seed = by_seed[row]
        mean = np.nanmean(by_seed, 1)
        test = read_csv(path(catalogue.TOPOLOGY_TEST[dataset]))["accuracy"][row]
        what = "val_acc" if dataset == "cifar10" else "test_full_acc"  # validation and test half together
        columns |= {f"{dataset}:{what}@200#{s}": by_seed[:, i] for i, s in enumerate(SEEDS)}
        columns[f"{dataset}:{what}@200"] = mean
        if dataset != "cifar10":
            columns[f"{dataset}:val_acc@200"] = 2 * mean - test
        columns[f"{dataset}:test_acc@200"] = test
        seconds = runs[name]["runtime"][start][row]
        columns[f"{dataset}:train_s@200"] = seconds
        columns[f"{dataset}:train_s@12"] = seconds * 12 / 200  # NATS-Bench's times are the same for every epoch
    return columns


def _at_12_epochs(file: Path, space: Topology) -> dict[str, np.ndarray]:
    frame = pickles.load_frame(file)
    order = np.argsort(space.indices(frame["cellstr"]))
    return {
        f"{dataset}:{split}_acc@12": frame[f"{name}-{split}"][order]
        for dataset, name in _IN_PICKLES.items()
        for split in ("val", "test")
    }


def _check(columns: dict[str, np.ndarray]) -> None:
    seeds = np.sum([~np.isnan(columns[f"cifar10:val_acc@200#{s}"]) for s in SEEDS], 0)
    for dataset in DATASETS:
        for split, images, best in zip(
            ("val", "test"), _IMAGES[dataset], (_BEST_VALID[dataset], _BEST_TEST[dataset]), strict=True
        ):
            values = columns[f"{dataset}:{split}_acc@200"]
            require(abs(values.max() - best) < 1e-3, f"the best {split} accuracy on {dataset} must be {best}")
            correct = values * seeds * images / 100
            require(
                np.abs(correct - correct.round()).max() < 1e-2, f"{dataset} {split} accuracies must count whole images"
            )
        for name in (f"{dataset}:val_acc@12", f"{dataset}:test_acc@12", f"{dataset}:train_s@200"):
            require(bool(np.all(columns[name] > 0)), f"{name} must be known for every cell")
