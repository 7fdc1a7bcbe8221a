"""Scores of some networks of a space that come with the code: the page of proxies opens with them."""

import numpy as np
import pytest

from nas_core import scoring
from nas_core.benchmarks.tables import proxy_scores
from nas_core.sources.scores import Scoring
from nas_core.studies import proxy_quality, proxy_reading, proxy_study
from nas_core.studies.proxy_study import ProxyStudy

SIZES, MACRO = Scoring("size", "nats", "cluttered_digits"), Scoring("macro", "macro", "cluttered_digits")
TABLES = [
    ("nats_size", "cifar10", SIZES),
    ("nats_size", "cifar100", SIZES),
    ("nats_size", "ImageNet16-120", SIZES),
    ("nas_bench_macro", "cifar10", MACRO),
]


@pytest.mark.shared
@pytest.mark.parametrize(("table", "dataset", "plan"), TABLES)
def test_they_answer_whether_a_proxy_beats_size(table, dataset, plan, nats_tables):
    study = ProxyStudy(table, dataset, proxy_study.USUAL, plan, once=table != "nats_size")
    found = proxy_study.from_table(study)
    assert 100 <= len(found.rows) <= 110 and set(proxy_study.USUAL) <= set(found.names)
    assert "their size" in proxy_reading.answer(proxy_quality.judge(found))[0]


@pytest.mark.parametrize("plan", [SIZES, MACRO], ids=lambda plan: plan.space)
def test_no_search_looks_at_them(plan):
    """A look must know every network."""
    assert proxy_scores.looks(plan) == {}


@pytest.mark.torch
@pytest.mark.parametrize("plan", [SIZES, MACRO], ids=lambda plan: plan.space)
def test_a_network_that_is_scored_again_has_the_same_scores(plan):
    known = proxy_scores.columns(plan)
    row = scoring.sample(plan, 3)[2]
    assert np.isfinite(known["synflow"][row])
    one = scoring.score(plan, row, ("synflow", "params"))
    for name, value in one.values.items():
        assert known[name][row] == pytest.approx(value, rel=1e-3)
