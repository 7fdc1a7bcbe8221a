"""Proxies that look at images, on CIFAR-10's, against the correlations that others printed.

It runs where the published archive lies beside the repository, ../shared/cifar/cifar-10-python.tar.gz, and takes about
a quarter of an hour on two cores.
"""

from __future__ import annotations

import math
import os

import pytest

from nas_core import benchmarks, scoring, stats
from nas_core.proxies import ranks
from nas_core.sources import cifar
from nas_core.sources.scores import Scoring
from tests.conftest import SHARED

pytestmark = [pytest.mark.torch, pytest.mark.shared]

ARCHIVE = SHARED / "cifar" / "cifar-10-python.tar.gz"
CELLS = 100
PUBLISHED = {  # Spearman with CIFAR-10 test accuracy
    "grad_norm": (0.594, 0.63),  # Abdelfattah et al. 2021, notebook; Li et al. 2023 (ZiCo), table 3
    "snip": (0.596, 0.63),
    "jacob_cov": (0.731,),
    "naswot": (0.77,),
    "zico": (0.80,),
}


@pytest.fixture
def images():
    if not ARCHIVE.is_file():
        pytest.skip(f"CIFAR-10 is not here: no ../shared/cifar/{ARCHIVE.name}")
    list(cifar.take("cifar10", ARCHIVE))


def test_proxies_on_cifar_rank_as_published(images, nats_tables):
    """Within 0.05 and two standard errors of a sample of this size."""
    plan = Scoring(data="cifar10")
    rows, names = scoring.sample(plan, CELLS), list(PUBLISHED)
    known = {one.row: one for one in scoring.sweep(plan, rows, names, f"processes:{os.cpu_count()}")}
    truth = benchmarks.table("nats_topology", "cifar10").column("test_acc")[rows]
    for name, published in PUBLISHED.items():
        scores = [known[scoring.parts(plan, row, [name])[0][0]].values[name] for row in rows]
        found = stats.spearman(ranks(scores), truth)
        room = 0.05 + 2 * (1 - found**2) / math.sqrt(CELLS)
        assert min(published) - room <= found <= max(published) + room, f"{name}: {found:.3f} against {published}"
