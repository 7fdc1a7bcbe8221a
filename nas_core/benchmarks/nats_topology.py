"""NATS-Bench's topology space (Dong et al. 2021, arXiv:2009.00437), which is also NAS-Bench-201's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nas_core.benchmarks import _table
from nas_core.benchmarks.tables.nats import NatsTable
from nas_core.sources import nats
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.hw_nas_bench_360 import TASKS
from nas_core.sources.scores import SECONDS
from nas_core.spaces.topology import Topology


class NatsTopology(NatsTable):
    """15,625 cells trained by NATS-Bench on three datasets; needs one download.

    A search sees the validation accuracy of a 12-epoch training, as in the paper, and is charged its seconds. Another
    download adds signals (ninapro) and fields (darcy), of which one test accuracy is known, and two more devices.
    """

    label = "NATS-Bench topology"
    space = Topology()
    datasets = (*DATASETS, *TASKS)
    dataset_titles: ClassVar = {"ninapro": "NinaPro", "darcy": "Darcy flow"}
    further = dict.fromkeys(("cifar100", *TASKS), "hw_nas_bench_360")
    trainings = {
        12: "12 epochs: a short training of its own, seed 111 (cifar10 validation: mean of seeds 111 and 777).",
        200: "200 epochs: mean over seeds 777, 888 and, for 8,169 cells, 999.",
    }

    def published_scores(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """FreeREA's, which come with the download."""
        if not (file := nats.file(nats.SCORES.table)).exists():
            return {}
        columns = _table.columns(file, self.dataset)
        return {n: (values, columns[n + SECONDS]) for n, values in columns.items() if not n.endswith(SECONDS)}
