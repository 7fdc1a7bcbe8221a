"""NAS-Bench-Graph: graph neural networks on nine graphs (Qin et al., NeurIPS 2022, arXiv:2206.09166)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from nas_core.arrays import read_only
from nas_core.benchmarks import Metric, Table, _table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.sources import nas_bench_graph as source
from nas_core.sources import tables
from nas_core.sources.download import SourceError

_SOURCE = "tabulated: NAS-Bench-Graph (arXiv:2206.09166), mean over three trainings"


class _Space:
    """The class attribute `space`: that of the dataset, or of most where none is chosen."""

    def __get__(self, table: NasBenchGraph | None, _: object) -> Any:
        return source.space(table.dataset if table else "")


class NasBenchGraph(Table):
    """All graph neural networks of the graph space, trained on nine graphs; comes with the app.

    On proteins networks have five operations, on the other graphs nine. The network of skips alone was not trained.
    """

    label = "NAS-Bench-Graph"
    datasets = source.DATASETS
    dataset_titles: ClassVar = {
        "cora": "Cora",
        "citeseer": "CiteSeer",
        "pubmed": "PubMed",
        "cs": "Coauthor CS",
        "physics": "Coauthor Physics",
        "photo": "Amazon Photo",
        "computers": "Amazon Computers",
        "arxiv": "ogbn-arxiv",
        "proteins": "ogbn-proteins",
    }
    fidelities = (1,)
    timed = False
    space: ClassVar[Any] = _Space()

    @classmethod
    def missing(cls, dataset: str) -> str:
        return source.missing()

    @property
    def metrics(self) -> Mapping[str, Metric]:
        return {**_metrics(self.dataset), **proxy_scores.metrics(self.space)}

    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        self._metric(metric)
        if epochs is not None:
            self._fidelity(epochs)
        if seed is not None:
            raise ValueError(f"{self.name} has means over three seeds only; there is no seed {seed}")
        return (
            _columns(self.dataset)[metric]
            if metric in _metrics(self.dataset)
            else proxy_scores.column(self.space, metric)
        )

    def seconds(self, epochs: int) -> np.ndarray:
        """float64[len(space)]: zeros, for the package says nothing of times."""
        self._fidelity(epochs)
        return np.zeros(len(self.space))

    def provenance(self) -> Mapping[str, str]:
        return source.provenance(self.dataset)

    def fingerprint(self) -> str:
        return tables.fingerprint(_columns(self.dataset))


@lru_cache(maxsize=len(source.DATASETS))
def _columns(dataset: str) -> Mapping[str, np.ndarray]:
    """Every column, read-only; the package's pickle is read once and kept as a table."""
    if sentence := source.missing():
        raise FileNotFoundError(sentence)
    with suppress(OSError):  # not there yet, damaged, or no folder can be made
        return _table.columns(source.file(dataset))
    columns = source.read(dataset)
    with suppress(SourceError, OSError):
        tables.write(source.file(dataset), columns, source.provenance(dataset))
    return {name: read_only(values) for name, values in columns.items()}


@lru_cache(maxsize=len(source.DATASETS))
def _metrics(dataset: str) -> Mapping[str, Metric]:
    score, how = "accuracy", "share of the {} nodes classified right"
    if dataset == "proteins":
        score, how = "ROC-AUC", "area under the ROC curve on the {} nodes, mean over the 112 tasks; 50 is chance"
    latency = "time as the package gives it, which does not say on which device"
    return {
        "val_acc": Metric("%", "max", how.format("validation"), _SOURCE, f"validation {score}", shared=True),
        "test_acc": Metric(
            "%", "max", f"for reporting, no search sees it: {how.format('test')}", _SOURCE, f"test {score}", shared=True
        ),
        "latency_ms": Metric("ms", "min", latency, _SOURCE, "latency", shared=True),
        "params_m": Metric("million", "min", "trainable parameters of the network", _SOURCE, "parameters", shared=True),
    }
