"""The embedded table: every cell of the topology space really trained on cluttered digits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from nas_core.benchmarks import Metric, Table
from nas_core.spaces.topology import Topology

FILE = Path(__file__).with_suffix(".parquet")
_TRAINED = "measured here: trained by this project on cluttered digits, one seed, shared among isomorphic cells"
_FORMULA = "counted here: exact, each cell's own"


class PocketTopology(Table):
    """15,625 cells trained for real on a small image task; works without a network connection."""

    datasets = ("cluttered_digits",)
    resumable = True
    space = Topology()

    metrics = {
        "val_acc": Metric("%", "max", "share of 2,048 validation images classified right", _TRAINED, "validation accuracy", True),
        "test_acc": Metric("%", "max", "share of 2,048 test images classified right; for reporting, no search sees it", _TRAINED, "test accuracy", True),
        "train_acc": Metric("%", "max", "share of training images classified right, averaged over the epoch as it ran", _TRAINED, "training accuracy", True),
        "val_loss": Metric("nats", "min", "mean cross-entropy on the validation images", _TRAINED, "validation loss", True),
        "test_loss": Metric("nats", "min", "mean cross-entropy on the test images; for reporting", _TRAINED, "test loss", True),
        "train_loss": Metric("nats", "min", "mean cross-entropy on training images, averaged over the epoch as it ran", _TRAINED, "training loss", True),
        "params_m": Metric("million", "min", "trainable parameters of the whole network", _FORMULA, "parameters"),
        "flops_m": Metric("million", "min", "multiply-adds of convolutions and the linear layer for one image", _FORMULA, "MFLOPs"),
        "memory_mb": Metric("MB", "min", "largest sum of live activations in one forward pass at batch 1, float32", _FORMULA, "peak activation memory"),
        "latency_cpu_ms": Metric("ms", "min", "time of one forward pass at batch 1 on one CPU thread", "modelled: linear in the operations, fitted to a measured sample", "CPU latency"),
        "train_s": Metric("s", "min", "seconds of a full training on one CPU thread", "modelled: linear in the operations, fitted to a measured sample", "training time"),
    }  # fmt: skip

    @property
    def fidelities(self) -> tuple[int, ...]:
        return tuple(range(1, int(_meta()["epochs"]) + 1))

    @classmethod
    def missing(cls, dataset: str) -> str:
        if FILE.exists():
            return ""
        return "The embedded table is not built yet; build it with: python -m nas_core build pocket_topology"

    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        curve = self._known_metric(metric).curve
        if seed not in (None, int(_meta()["seed"])):
            raise ValueError(f"{self.name} was trained with seed {_meta()['seed']} only; there is no seed {seed}")
        if not curve:
            return _columns()[metric]
        epochs = self.fidelities[-1] if epochs is None else self._known(epochs)
        return _columns()[f"{metric}@{epochs}"]

    def seconds(self, epochs: int) -> np.ndarray:
        return self.column("train_s").astype(np.float64) * (self._known(epochs) / self.fidelities[-1])

    def provenance(self) -> Mapping[str, str]:
        return json.loads(_meta()["provenance"])

    def fingerprint(self) -> str:
        return _fingerprint()


@cache
def _columns() -> dict[str, np.ndarray]:
    import pyarrow.parquet as pq

    table = pq.read_table(FILE)
    out = {name: table[name].to_numpy().astype(np.float32) for name in table.column_names}
    for array in out.values():
        array.flags.writeable = False
    return out


@cache
def _meta() -> dict[str, str]:
    import pyarrow.parquet as pq

    if not FILE.exists():
        raise FileNotFoundError(PocketTopology.missing("cluttered_digits"))
    return {k.decode(): v.decode() for k, v in pq.read_schema(FILE).metadata.items() if k != b"ARROW:schema"}


@cache
def _fingerprint() -> str:
    return hashlib.sha256(FILE.read_bytes()).hexdigest()[:12]
