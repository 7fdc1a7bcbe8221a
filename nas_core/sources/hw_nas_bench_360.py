"""Makes a table of signals, fields and two more devices for the 15,625 topology cells, from HW-NAS-Bench-360's file.

It adds to `nats_topology`: accuracies on NinaPro (muscle signals) and Darcy flow, and latency and energy on a
Raspberry Pi 5 and a Pixel phone for networks that read those inputs or images of cifar100. Columns are named as in
`nas_core.sources.nats_topology`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nas_core.sources.catalogue import PinnedFile
from nas_core.sources.nats_topology import TaskShape, flops_m, params_m
from nas_core.sources.tables import require
from nas_core.spaces.topology import Topology

NB360_PAPER = "Tu et al., NAS-Bench-360, NeurIPS 2022, arXiv:2110.05668"
FILE = PinnedFile(
    "roldebijvank/HW-NAS-Bench-360",
    "a9b243e07fb8f0671ee56587696e7b8ef1ca702d",
    "results/dataset.parquet",
    3119939,
    "d3ce4198e31564486b7194ba28507bea3867cb16a2587d68d82e3b62cfff4cce",
    "none stated in its repository",
    NB360_PAPER,
    "latency and energy on Raspberry Pi 5 (three runtimes), latency on a Pixel phone; test accuracy on NinaPro and "
    "Darcy flow after 200 epochs, one seed; rows in NATS-Bench's own order",
)

TASKS = {"ninapro": TaskShape(18, 1, 52 * 16), "darcy": TaskShape(1, 1, 88 * 88)}  # Darcy's 85×85 with zeros around it
DEVICES = {"pi5": ("litert", "onnx", "torchmobile"), "pixel": ("litert",)}
_INPUTS = ("cifar100", *TASKS)
_BEST_CELL, _BEST = 9930, 73.5133  # NATS-Bench's number of the best cell on cifar100, and its published accuracy
_RECORDINGS = 659  # NinaPro's test part

PROVENANCE = {
    "ninapro": "18 gestures told apart by muscle signals, 52 × 16. The share of 659 test windows classified right "
    "after 200 epochs, seed 777, as NAS-Bench-360 published it",
    "darcy": "the pressure of a fluid in a porous medium, predicted from the medium, 85 × 85. 100 minus the relative "
    "ℓ2 error in percent on test fields after 200 epochs, seed 777. The file calls it accuracy and does not define it; "
    "that it is this follows from its values: cells that let nothing through, which predict one field for all, "
    "have 74.7",
    "what a search sees": "both tasks have one published number for each cell, of test data. A search sees it, and "
    "what it found is reported by it too, so its regret looks smaller than it is",
    "Raspberry Pi 5 and Pixel": "median latency of one input; energy on the Pi. 6,466 cells were measured, and the "
    "others have the numbers of an isomorphic one. LiteRT folds cells that let nothing through to nothing",
    "parameters and MFLOPs": "by formula, exact, of the networks whose latency was measured; for Darcy flow with one "
    "output",
    "papers": NB360_PAPER,
}


def build(path: Callable[[PinnedFile], Path]) -> dict[str, np.ndarray]:
    """The columns of the table, [cells] each in index order; SourceError if any self-check fails.

    path: where each pinned file lies.
    """
    import pyarrow.parquet as pq

    file = pq.read_table(path(FILE))
    rows = {name: file[name].to_numpy() for name in file.column_names}
    space = Topology()
    cells = space.all()
    published = np.array([space.numbers(tuple(cell))["nats"] for cell in cells.tolist()])
    columns: dict[str, np.ndarray] = {}
    for dataset in _INPUTS:
        for device, runtimes in DEVICES.items():
            for runtime in runtimes:
                setting = {"task": dataset, "device": device, "framework": runtime}
                part = _part(rows, setting, len(space))
                columns[f"{dataset}:latency_{device}_{runtime}_ms"] = part["lat_ms_median"][published]
                if device == "pi5":
                    columns[f"{dataset}:energy_{device}_{runtime}_mj"] = part["energy_mj"][published]
        accuracy = part["accuracy"]
        if dataset == "cifar100":  # only to see that the rows are in NATS-Bench's order
            require(
                accuracy.argmax() == _BEST_CELL and abs(accuracy.max() - _BEST) < 1e-3,
                "the best cell on cifar100 must be the published one",
            )
            continue
        percent = accuracy[published] * (1 if dataset == "ninapro" else 100)
        columns |= {f"{dataset}:{split}_acc@200": percent for split in ("val", "test")}
        columns[f"{dataset}:params_m"] = params_m(cells, TASKS[dataset])
        columns[f"{dataset}:flops_m"] = flops_m(cells, TASKS[dataset])
    _check(columns)
    return columns


def _part(rows: dict[str, np.ndarray], setting: dict[str, str], count: int) -> dict[str, np.ndarray]:
    """The rows that have the values of `setting`, sorted by NATS-Bench's number."""
    mask = np.all([rows[name] == value for name, value in setting.items()], axis=0)
    order = np.argsort(rows["arch_idx"][mask])
    part = {name: values[mask][order] for name, values in rows.items()}
    names = ", ".join(setting.values())
    require(np.array_equal(part["arch_idx"], np.arange(count)), f"all 15,625 cells must be there once ({names})")
    return part


def _check(columns: dict[str, np.ndarray]) -> None:
    for name, values in columns.items():
        require(bool(np.isfinite(values).all()), f"{name} must be known for every cell")
        require("acc" in name or bool((values > 0).all()), f"{name} must be positive")
    right = columns["ninapro:val_acc@200"] * _RECORDINGS / 100
    require(np.abs(right - right.round()).max() < 1e-2, "accuracies on NinaPro must count whole windows")
    require(bool(np.all(columns["darcy:val_acc@200"] <= 100)), "no error on Darcy flow can be below zero")
