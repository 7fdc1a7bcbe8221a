"""The published scores of NATS-Bench's cells against the correlations that the proxies' authors and others report."""

import numpy as np
import pytest

from nas_core import benchmarks, scoring, stats
from nas_core.sources.scores import Scoring
from nas_core.studies import proxy_quality, proxy_reading, proxy_study

pytestmark = pytest.mark.shared
NASWOT = {"cifar10": (0.58, 0.77), "cifar100": (0.62, 0.80), "ImageNet16-120": (0.60, 0.78)}  # Kendall, Spearman
LOG_SYNFLOW = {"cifar10": (0.75, 0.85), "cifar100": (0.75, 0.83), "ImageNet16-120": (0.70, 0.83)}  # Spearman, from, to


@pytest.fixture(params=NASWOT)
def dataset(request, nats_tables):
    return request.param


def test_they_rank_the_cells_as_reported(dataset):
    table = benchmarks.create("nats_topology", dataset)
    truth, scores = table.column("test_acc"), table.published_scores()
    assert set(scores) == {"naswot", "logsynflow"}
    naswot, seconds = scores["naswot"]
    assert (~np.isfinite(naswot)).sum() == 201 and (seconds > 0).all()
    ranked = np.argsort(np.argsort(naswot))
    assert stats.kendall(ranked, truth) == pytest.approx(NASWOT[dataset][0], abs=0.03)
    assert stats.spearman(ranked, truth) == pytest.approx(NASWOT[dataset][1], abs=0.03)
    low, high = LOG_SYNFLOW[dataset]
    assert low < stats.spearman(scores["logsynflow"][0], truth) < high


def test_a_study_takes_them_without_scoring_anything(dataset):
    study = proxy_study.ProxyStudy("nats_topology", dataset, ("naswot",), Scoring("topology", "nats"))
    qualities = proxy_quality.judge(proxy_study.published(study))
    assert {q.name for q in qualities} == {"naswot", "logsynflow", "params", "flops"}
    assert {q.n for q in qualities} == {5260}
    assert proxy_reading.answer(qualities)[0].endswith("than their size does.")


@pytest.mark.torch
def test_log_synflow_here_orders_cells_as_the_published_one(nats_tables):
    table = benchmarks.create("nats_topology", "cifar10")
    rows = np.random.default_rng(3).choice(len(table.space), 12, replace=False)
    settings = Scoring("topology", "nats")
    ours = [scoring.score(settings, int(row), ("logsynflow",)).values["logsynflow"] for row in rows]
    assert stats.spearman(np.array(ours), table.published_scores()["logsynflow"][0][rows]) > 0.9
