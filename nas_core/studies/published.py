"""Published numbers about searches on NATS-Bench, which `nas_core.studies.reproduce` compares with ours.

A mark says how a number was found: T, in a published table that was read; M, recomputed by this project with other
code from the same public numbers; R, cited from a copy, so it is shown and neither a test nor a count relies on it. F
is added where a parameter of ours was chosen with the published number known, so that its nearness shows nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from nas_core.sources.catalogue import DATASETS

RUNS = 500  # of the published searches and random samples, where nothing else is said
MARKS = {
    "T": "read in a published table",
    "M": "recomputed by other code",
    "R": "cited from a copy, not checked",
    "F": "fitted: a parameter was chosen with the published number known",
}
NB201 = "NAS-Bench-201 results, as in arXiv:2006.04647, table 2"
NATS = "NATS-Bench, arXiv:2009.00437"
MF_NAS = "MF-NAS, doi:10.1145/3638529.3654027, as in docs/MF-NAS.md of github.com/ELO-Lab/MF-NAS"

UNKNOWN_RATE = (
    "the learning rate of the published run is not known; ours, 0.05, is that of six whose means lie nearest; "
    "NATS-Bench's later 0.01 ends up to 6 standard errors lower, 0.1 up to 3 higher"
)


AREA_LOOKS = "NASWOT’s seconds are those of this machine’s CPU, published: of a GPU"
HALVING = (
    "two rungs, 32 networks for 12 epochs and 2 for 200, published: 12, 25, 50, 100 and 200 epochs; of the last two "
    "the better by validation, in the published code by test accuracy; a look at a count is free, and one at SynFlow "
    "takes the seconds of this machine’s CPU"
)


class Accuracies(NamedTuple):
    """Means over the runs, and standard deviations between them, in percent; nan where none is published."""

    val: float
    val_std: float
    test: float
    test_std: float


@dataclass(frozen=True, eq=False)
class Search:
    """One line of a published table: a strategy with a budget on NATS-Bench's clock."""

    benchmark: str
    strategy: str
    params: Mapping[str, Any]
    search_dataset: str
    seconds: float
    values: Mapping[str, Accuracies]  # by dataset
    mark: str
    source: str
    note: str = ""  # what is not known of the published run, or cannot be the same
    runs: int = RUNS  # of the published mean
    fitted: bool = False  # a parameter of ours was chosen with the published means known

    @property
    def proxy(self) -> str:
        """The proxy that it looks at; "" for none."""
        return self.params.get("proxy", "")


_EVOLUTION = ("regularized_evolution", {"mutation": "node then edge"})  # the reference's own way to mutate
_RANDOM: tuple[str, dict] = ("random_search", {})
_REINFORCE: tuple[str, dict] = ("reinforce", {"learning_rate": 0.01})  # as NATS-Bench runs it
_FASTER_REINFORCE: tuple[str, dict] = ("reinforce", {"learning_rate": 0.05})  # see docs/decisions/0017


def _at_12000_s(method: tuple[str, dict], *numbers: tuple[float, float, float, float]) -> Search:
    fitted = method is _FASTER_REINFORCE
    note = UNKNOWN_RATE if fitted else ""
    values = {d: Accuracies(*accuracies) for d, accuracies in zip(DATASETS, numbers, strict=True)}
    return Search("nats_topology", *method, "cifar10", 12_000.0, values, "T", NB201, note, fitted=fitted)


def _on_each(
    benchmark: str,
    budgets: tuple[float, ...],
    mark: str,
    source: str,
    method: tuple[str, dict],
    *numbers: tuple[float, float, float, float],
) -> list[Search]:
    return [
        Search(benchmark, *method, dataset, seconds, {dataset: Accuracies(*accuracies)}, mark, source)
        for dataset, seconds, accuracies in zip(DATASETS, budgets, numbers, strict=True)
    ]


def _mf_nas(proxy: str, *numbers: tuple[float, float]) -> list[Search]:
    """Test accuracy and its standard deviation on each dataset."""
    params = {"proxy": proxy, "keep": 32, "eta": 16, "looks": 2000}
    nothing = (math.nan, math.nan)
    return [
        Search(
            "nats_topology", "mf_nas", params, d, seconds, {d: Accuracies(*nothing, *accuracies)}, "T", MF_NAS, HALVING
        )
        for d, seconds, accuracies in zip(DATASETS, _TSS[1], numbers, strict=True)
    ]


_AREA = Search(
    "nats_topology",
    "area",
    {"proxy": "naswot", "mutation": "node then edge"},
    "cifar10",
    12_000.0,
    {
        d: Accuracies(mean, std, math.nan, math.nan)
        for d, mean, std in zip(DATASETS, (91.20, 71.95, 45.70), (0.27, 0.99, 1.05), strict=True)
    },
    "T",
    NB201,
    AREA_LOOKS,
    50,
)

_TSS = ("nats_topology", (20_000.0, 40_000.0, 120_000.0), "R", f"{NATS}, topology space")
_SSS = ("nats_size", (20_000.0, 40_000.0, 60_000.0), "T", f"{NATS}, size space, as in arXiv:2006.04647, table 2")

SEARCHES = (
    _at_12000_s(_EVOLUTION, (91.19, 0.31, 93.92, 0.30), (71.81, 1.12, 71.84, 0.99), (45.15, 0.89, 45.54, 1.03)),
    _at_12000_s(_RANDOM, (90.93, 0.36, 93.70, 0.36), (70.93, 1.09, 71.04, 1.07), (44.45, 1.10, 44.57, 1.25)),
    _at_12000_s(_FASTER_REINFORCE, (91.09, 0.37, 93.85, 0.37), (71.61, 1.12, 71.71, 1.09), (45.05, 1.02, 45.24, 1.18)),
    *_on_each(*_TSS, _EVOLUTION, (91.25, 0.31, 94.02, 0.31), (72.28, 0.95, 72.23, 0.84), (45.71, 0.77, 45.77, 0.80)),
    *_on_each(*_TSS, _RANDOM, (91.07, 0.26, 93.86, 0.23), (71.46, 0.97, 71.55, 0.97), (45.03, 0.91, 45.28, 0.97)),
    *_on_each(*_TSS, _REINFORCE, (91.12, 0.25, 93.90, 0.26), (71.80, 0.94, 71.86, 0.89), (45.37, 0.74, 45.64, 0.78)),
    *_on_each(*_SSS, _EVOLUTION, (90.37, 0.20, 93.22, 0.16), (70.23, 0.50, 70.11, 0.61), (45.30, 0.69, 45.54, 0.92)),
    *_on_each(*_SSS, _RANDOM, (90.10, 0.26, 93.03, 0.25), (69.57, 0.57, 69.72, 0.61), (45.01, 0.74, 45.42, 0.86)),
    *_on_each(*_SSS, _REINFORCE, (90.25, 0.23, 93.16, 0.21), (69.84, 0.59, 69.96, 0.57), (45.06, 0.77, 45.24, 1.18)),
    _AREA,
    *_mf_nas("synflow", (94.36, 0.05), (73.51, 0.0), (46.34, 0.0)),
    *_mf_nas("params", (94.36, 0.0), (73.51, 0.0), (46.34, 0.0)),
)
