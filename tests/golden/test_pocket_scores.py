"""The scores beside the pocket table: of every cell, failing where theory says so, and the same when scored again."""

import numpy as np
import pytest

from nas_core import benchmarks, scoring, stats
from nas_core.benchmarks import _scores
from nas_core.sources.scores import SECONDS, Scoring
from nas_core.studies import proxy_study

PLAN = Scoring(net="pocket", data="cluttered_digits")
SHIPPED = _scores.SHIPPED[PLAN]
NAMES = ("epe_nas", "fisher", "grad_norm", "jacob_cov", "naswot", "plain", "snip", "swap", "synflow")


def test_every_cell_has_a_score_by_each_and_its_seconds():
    known = _scores.columns(PLAN)
    for name in NAMES:
        assert not np.isnan(known[name]).any()
        assert (known[name + SECONDS] > 0).all()
    assert set(NAMES) <= set(benchmarks.table("pocket_topology", "cluttered_digits").proxies)
    assert SHIPPED.stat().st_size < 1_000_000


@pytest.mark.parametrize("name", ["synflow", "naswot", "jacob_cov"])
def test_it_is_not_finite_for_the_341_cells_that_pass_nothing_on(name):
    """341 of NATS-Bench's 15,625 strings have no path from input to output."""
    assert (~np.isfinite(_scores.columns(PLAN)[name])).sum() == 341


@pytest.mark.torch
@pytest.mark.parametrize("row", [15624, 7002, 3391])
def test_a_cell_that_is_scored_again_has_the_same_scores(row):
    space = PLAN.make_space()
    one = scoring.score(PLAN, space.index(space.canonical(space.arch(row))), ("synflow", "grad_norm", "snip"))
    for name, value in one.values.items():
        assert _scores.columns(PLAN)[name][row] == pytest.approx(value, rel=1e-3)


def test_what_the_page_says_of_them():
    """Signs and orders that hold whatever the last digits: size is a good judge, the control is not."""
    study = proxy_study.Study("pocket_topology", "cluttered_digits", NAMES, PLAN)
    found = {j.name: j for j in proxy_study.judge(proxy_study.tabulated(study))}
    assert found["params"].n == found["synflow"].n == 5260
    assert found["params"].spearman > 0.5 and found["synflow"].spearman > 0.5
    assert abs(found["plain"].spearman) < 0.3
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    assert found["params"].spearman == pytest.approx(
        stats.spearman(table.column("params_m")[study.known()], table.column("test_acc")[study.known()]), abs=1e-6
    )
