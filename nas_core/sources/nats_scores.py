"""Scores of NATS-Bench's untrained networks that FreeREA published (Cavagnero et al., WACV 2023, arXiv:2207.05135).

Column names: dataset:proxy, and dataset:proxy:seconds for what a score cost them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nas_core.sources import catalogue
from nas_core.sources.catalogue import PinnedFile
from nas_core.sources.scores import SECONDS
from nas_core.sources.tables import read_csv, require
from nas_core.spaces.topology import Topology

PAPER = "Cavagnero et al. 2023, arXiv:2207.05135"
PROVENANCE = {
    "scores": f"FreeREA, one initialisation of NATS-Bench's own networks, by the authors' code. {PAPER}",
    "not finite": "NASWOT is minus or plus infinity for 201 cells through which nothing flows; here minus infinity",
}


def build(path: Callable[[PinnedFile], Path]) -> dict[str, np.ndarray]:
    """The columns of the table, [cells] each in index order; SourceError if any self-check fails.

    path: where each pinned file lies.
    """
    space = Topology()
    columns: dict[str, np.ndarray] = {}
    rows = space.indices(map(str, range(len(space))), "nats")
    for (dataset, proxy), file in catalogue.SCORES.items():
        table = read_csv(path(file))
        require(table["index"].tolist() == list(range(len(space))), f"{file.name} must have all 15,625 cells once")
        values = table[proxy].astype(float)
        for name, column in (
            (proxy, np.where(np.isinf(values), -np.inf, values)),
            (proxy + SECONDS, table["time=[s]"]),
        ):
            columns[f"{dataset}:{name}"] = np.empty(len(space))
            columns[f"{dataset}:{name}"][rows] = column
        require(not np.isnan(columns[f"{dataset}:{proxy}"]).any(), f"{proxy} must be known for every cell of {dataset}")
    return columns
