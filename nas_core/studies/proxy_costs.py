"""What a table knows of its networks without their training, in the place of scores where none can be built."""

from __future__ import annotations

import numpy as np

from nas_core.benchmarks import Table
from nas_core.studies import landscape
from nas_core.studies.proxy_study import BASELINES, TRUTH, ProxyScores


def of_table(table: Table) -> ProxyScores:
    """What the table knows of its networks that no training changes, each network once: their sizes, and other costs
    under their titles."""
    sizes = {f"{b}_m": b for b in BASELINES}
    costs = [n for n, m in table.metrics.items() if m.goal == "min" and table.epochs_of(n) is None and not m.local]
    comparable = np.isfinite(table.column(TRUTH)) & landscape.distinct(table.space)
    rows = np.flatnonzero(comparable)
    columns = {sizes.get(n) or table.metrics[n].title or n: table.column(n)[rows].astype(float)[None] for n in costs}
    return ProxyScores(rows, table.column(TRUTH)[rows].astype(float), columns, {}, {})
