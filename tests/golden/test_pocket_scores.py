"""The scores beside the pocket tables: of every network, failing where theory says so, the same when scored again."""

import numpy as np
import pytest

from nas_core import benchmarks, scoring, stats
from nas_core.benchmarks.tables import proxy_scores
from nas_core.sources.scores import SECONDS, Scoring
from nas_core.studies import proxy_quality, proxy_reading, proxy_study
from tests.command_line import call
from tests.conftest import SHARED

PLAN, SIZES = (Scoring(space, "pocket", "cluttered_digits") for space in ("topology", "size"))
TEXTS = Scoring("topology", "pocket", "banking77")
SPACE = TEXTS.make_space()
NAMES = ("epe_nas", "fisher", "grad_norm", "jacob_cov", "naswot", "plain", "snip", "swap", "synflow")


@pytest.mark.parametrize("plan", [PLAN, TEXTS, SIZES], ids=lambda plan: f"{plan.space}-{plan.data}")
def test_every_network_has_a_score_by_each_and_its_seconds(plan):
    known = proxy_scores.columns(plan)
    for name in NAMES:
        assert not np.isnan(known[name]).any()
        assert (known[name + SECONDS] > 0).all()
    assert set(NAMES) <= set(benchmarks.table(f"pocket_{plan.space}", plan.data).proxies)
    assert proxy_scores.SHIPPED[plan].stat().st_size < 1_000_000


def test_every_choice_of_widths_can_be_scored():
    assert all(np.isfinite(proxy_scores.columns(SIZES)[name]).all() for name in NAMES)


@pytest.mark.parametrize("plan", [PLAN, TEXTS], ids=lambda plan: plan.data)
@pytest.mark.parametrize("name", ["synflow", "naswot", "jacob_cov"])
def test_it_is_not_finite_for_the_341_cells_that_pass_nothing_on(plan, name):
    """341 of NATS-Bench's 15,625 strings have no path from input to output."""
    assert (~np.isfinite(proxy_scores.columns(plan)[name])).sum() == 341


@pytest.mark.torch
@pytest.mark.parametrize(("plan", "row"), [(PLAN, 15624), (PLAN, 7002), (PLAN, 3391), (SIZES, 0), (SIZES, 747)])
def test_a_network_that_is_scored_again_has_the_same_scores(plan, row):
    space = plan.make_space()
    one = scoring.score(plan, space.index(space.canonical(space.arch(row))), ("synflow", "grad_norm", "snip"))
    for name, value in one.values.items():
        assert proxy_scores.columns(plan)[name][row] == pytest.approx(value, rel=1e-3)


def test_what_the_page_says_of_them():
    """Signs and orders that hold whatever the last digits: size is a good judge, the control is not."""
    study = proxy_study.ProxyStudy("pocket_topology", "cluttered_digits", NAMES, PLAN)
    found = {j.name: j for j in proxy_quality.judge(proxy_study.from_table(study))}
    assert found["params"].n == found["synflow"].n == 5260
    assert found["params"].spearman > 0.5 and found["synflow"].spearman > 0.5
    assert abs(found["plain"].spearman) < 0.3
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    assert found["params"].spearman == pytest.approx(
        stats.spearman(table.column("params_m")[study.pool()], table.column("test_acc")[study.pool()]),
        abs=1e-6,
    )


def test_on_texts_size_and_what_follows_it_rank_good_cells_low():
    """As docs/proxies.md says: what is good on images is bad on texts."""
    study = proxy_study.ProxyStudy("pocket_topology", "banking77", NAMES, TEXTS)
    found = {j.name: j for j in proxy_quality.judge(proxy_study.from_table(study))}
    assert {j.n for j in found.values()} == {5260}
    assert all(found[name].spearman < -0.4 for name in ("params", "flops", "synflow", "naswot", "snip"))
    assert found["snip"].spearman < found["params"].spearman and found["plain"].spearman < 0.3
    assert proxy_reading.answer(list(found.values()))[0].startswith("Larger networks are worse here, and 8 of 9")


@pytest.mark.torch
@pytest.mark.shared
def test_a_network_of_texts_that_is_scored_again_has_the_same_scores():
    call("import", "banking77", SHARED / "text" / "banking77")
    for row in (7002, 15624):
        one = scoring.score(TEXTS, SPACE.index(SPACE.canonical(SPACE.arch(row))), ("synflow", "grad_norm", "snip"))
        for name, value in one.values.items():
            assert proxy_scores.columns(TEXTS)[name][row] == pytest.approx(value, rel=1e-3)


def test_on_widths_synflow_knows_more_than_the_size_of_the_network():
    """As docs/proxies.md says; that more than noise is in it is a matter of standard errors."""
    study = proxy_study.ProxyStudy("pocket_size", "cluttered_digits", NAMES, SIZES)
    found = {j.name: j for j in proxy_quality.judge(proxy_study.from_table(study))}
    assert {j.n for j in found.values()} == {1024}
    assert found["synflow"].spearman > found["params"].spearman > 0.7
    assert found["synflow"].above_size > 3 and found["synflow"].partial > 0.5
    assert abs(found["plain"].spearman) < 0.1
