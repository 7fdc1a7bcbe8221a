"""NAS-Bench-Graph (Qin et al., NeurIPS 2022, arXiv:2206.09166): the numbers in the package `nas_bench_graph`.

Only the data files of the installed package are read, by the unpickler of this project; none of its code is imported.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from nas_core.sources import pickles, tables
from nas_core.sources.download import SourceError
from nas_core.spaces import representatives
from nas_core.spaces.graph import LINKS, NODES, OPERATIONS, Graph

PACKAGE = "nas_bench_graph"
PAPER = "Qin, Zhang, Wang, Zhang & Zhu: NAS-Bench-Graph, NeurIPS 2022 (Datasets and Benchmarks), arXiv:2206.09166"
DATASETS = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins")
COLUMNS = {"val_acc": ("valid_perf", 100), "test_acc": ("perf", 100), "latency_ms": ("latency", 1000)} | {
    "params_m": ("para", 1)
}  # our name: theirs, and what theirs is multiplied by

_WHOLE = Graph()
_PROTEINS = Graph(operations="gcn:sage:arma:fc:skip")  # the authors left the others out, which need too much memory


def space(dataset: str) -> Graph:
    """The networks that were trained on `dataset`."""
    return _PROTEINS if dataset == "proteins" else _WHOLE


def missing() -> str:
    """ "" if the package is installed, else one sentence with the way out."""
    if importlib.util.find_spec(PACKAGE):
        return ""
    return f"The package {PACKAGE} is not installed; install it with: python -m pip install {PACKAGE}"


def version() -> str:
    """That of the installed package."""
    return importlib.metadata.version(PACKAGE)


def file(dataset: str) -> Path:
    """Where the table of `dataset` is kept once it was read."""
    return tables.tables_dir() / f"{PACKAGE}_{version()}_{dataset}.parquet"


def read(dataset: str) -> dict[str, np.ndarray]:
    """{name of COLUMNS: float32[architectures]} in index order of the space; nan for the network of skips alone.

    FileNotFoundError if the package is not installed, SourceError or UnsafePickle if its file is not what it should be.
    """
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(missing())
    path = Path(package.submodule_search_locations[0]) / "light" / f"{dataset}.bench"
    keys, numbers = next(pickles.apart(partial(_load, path), path.name, path.stat().st_size))
    graphs, first = space(dataset), representatives(space(dataset))
    rows = first[_rows(keys, graphs)]
    classes = np.unique(first)
    alone = first[graphs.index((0, *[graphs.options[1].index("skip")] * NODES))]
    if not np.array_equal(np.sort(rows), classes[classes != alone]):
        raise SourceError(f"{path.name} does not have each architecture once; install {PACKAGE} again")
    out = {}
    for name, column in zip(COLUMNS, numbers.T, strict=True):
        values = np.full(len(graphs), np.nan, np.float32)
        values[rows] = column
        out[name] = values[first]
    return out


def _load(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(keys int64[n], float64[n, COLUMNS]) of a file of the package."""
    content = pickles.read_file(path)
    try:
        numbers = [[entry[theirs] * factor for theirs, factor in COLUMNS.values()] for entry in content.values()]
        yield np.array(list(content), np.int64), np.array(numbers, np.float64)
    except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
        raise SourceError(f"{path.name} holds no numbers of architectures; install {PACKAGE} again") from error


def _rows(keys: np.ndarray, graphs: Graph) -> np.ndarray:
    """int64[n]: the architectures that the authors' keys name: the links, then a decimal digit for each operation."""
    links, digits = keys // 10**NODES, keys[:, None] // 10 ** np.arange(NODES)[::-1] % 10
    ours = np.array([graphs.options[1].index(op) if op in graphs.options[1] else -1 for op in OPERATIONS] + [-1])
    ops = ours[digits]
    if (links < 0).any() or (links >= len(LINKS)).any() or (ops < 0).any():
        raise SourceError(
            f"{PACKAGE} names architectures that the {graphs.title()} space does not have; install it again"
        )
    return np.ravel_multi_index((links, *ops.T), graphs.radix)


def provenance(dataset: str) -> Mapping[str, str]:
    """{label: text}"""
    return {
        "numbers": f"light/{dataset}.bench of the package {PACKAGE} {version()}, which comes with this app",
        "seeds": "mean over three trainings",
        "training": "the package does not say how long each training was; epoch 1 stands for all of it",
        "isomorphic architectures": "one entry each, costs included",
        "paper": PAPER,
        "licence": "Apache-2.0",
    }
