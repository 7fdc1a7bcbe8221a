"""One dataset against another: the numbers by definition, the published correlations, the picture, the panel."""

import numpy as np
import pytest
import streamlit as st
from scipy.stats import kendalltau, spearmanr
from streamlit.testing.v1 import AppTest

from nas_core import benchmarks
from nas_core.charts import transfer as charts
from nas_core.studies.landscape import distinct
from nas_core.studies.transfer import Transfer, transfer
from tests.play import TOPOLOGY
from tests.tiny import Formula, Tiny


class Other(Formula):
    """The same cells in another order, some of them missing."""

    name = "other"

    def column(self, metric, epochs=None, seed=None):
        values = np.roll(super().column(metric, epochs, seed), 1).copy()
        values[::7] = np.nan
        return values


@pytest.fixture
def found():
    return transfer(Formula("numbers"), Other("numbers"))


def test_the_numbers_by_definition(found):
    x, y = Formula("numbers").column("test_acc").astype(float), Other("numbers").column("test_acc").astype(float)
    known = ~np.isnan(y)
    assert found.rows.tolist() == np.flatnonzero(known).tolist()
    x, y = x[known], y[known]
    top = x >= np.quantile(x, 0.9)
    assert found.spearman == pytest.approx(spearmanr(x, y).statistic)
    assert found.kendall == pytest.approx(kendalltau(x, y).statistic)
    assert found.top_spearman == pytest.approx(spearmanr(x[top], y[top]).statistic)
    assert found.regret == pytest.approx(y.max() - y[x.argmax()])
    assert 0 <= found.top_share <= 1
    assert found.x_rank.max() == found.y_rank.max() == 100 and found.x_rank.min() > 0
    assert np.array_equal(np.argsort(found.x_rank, kind="stable"), np.argsort(found.x, kind="stable"))


def test_intervals_are_those_of_a_normal_approximation_where_there_are_many_and_the_same_each_time():
    rng = np.random.default_rng(3)
    x, noise = rng.normal(size=(2, 3000))
    for slope in (0.0, 1.0):
        y = slope * x + noise
        found = Transfer(np.arange(3000), x, y, spearmanr(x, y).statistic, 0, 0, 0, 0)
        (low, high), (low_top, high_top) = found.intervals
        half = 1.96 * np.sqrt((1 + found.spearman**2 / 2) / 3000)  # of Fisher's z, after Bonett and Wright 2000
        assert np.arctanh([low, high]) == pytest.approx(np.arctanh(found.spearman) + np.array([-half, half]), abs=0.02)
        assert high_top - low_top > 2 * (high - low)  # a tenth of them
        assert found.intervals == Transfer(np.arange(3000), x, y, 0, 0, 0, 0, 0).intervals


@pytest.mark.parametrize(
    ("first", "second", "top"),
    [("cluttered_digits", "banking77", (-0.127, 0.030)), ("banking77", "cluttered_digits", (-0.489, -0.342))],
)
def test_intervals_of_images_and_texts_as_documented(first, second, top):
    tables = [benchmarks.table("pocket_topology", name) for name in (first, second)]
    found = transfer(*tables, mask=distinct(tables[0].space))
    assert found.intervals[0] == pytest.approx((-0.407, -0.362), abs=0.0006)
    assert found.intervals[1] == pytest.approx(top, abs=0.006)


def test_a_table_predicts_itself():
    found = transfer(Formula("numbers"), Formula("more numbers"))
    assert np.allclose([found.spearman, found.kendall, found.top_spearman, found.top_share], 1) and found.regret == 0


def test_only_counted_architectures_count():
    counted = np.zeros(15625, bool)
    counted[:100] = True
    assert transfer(Formula("numbers"), Formula("numbers"), mask=counted).rows.tolist() == list(range(100))


def test_what_cannot_be_compared_is_said():
    with pytest.raises(ValueError, match="different search spaces"):
        transfer(Formula("numbers"), Tiny("numbers"))
    with pytest.raises(ValueError, match="has no latency; it has: val_acc"):
        transfer(Formula("numbers"), Formula("numbers"), "latency")
    with pytest.raises(ValueError, match="share 0 architectures"):
        transfer(Formula("numbers"), Formula("numbers"), mask=np.zeros(15625, bool))


def test_the_picture_counts_every_architecture_and_shows_the_best_tenth(found):
    drawn = charts.scatter(TOPOLOGY, found, "first", "second", int(found.rows[5])).to_dict()
    tables = list(drawn["datasets"].values())
    squares = next(rows for rows in tables if "count" in rows[0])
    assert sum(s["count"] for s in squares) == len(found.rows)
    assert all(0 <= s["x"] < 100 and s["x2"] - s["x"] == pytest.approx(2) for s in squares)
    best = next(rows for rows in tables if "row" in rows[0] and len(rows) > 1)
    assert all(b["label"] == TOPOLOGY.number_label(TOPOLOGY.arch(b["row"])) for b in best)
    assert 500 < len(best) <= charts.MARKS and min(b["x"] for b in best) > 90
    assert len(charts.frame_of(found, "first", "second")) == len(found.rows)
    assert (
        len(charts.scatter(TOPOLOGY, found, "a", "b", 0).to_dict()["layer"]) == 3
    )  # row 0 is missing, so nothing is ringed


@pytest.mark.shared
@pytest.mark.parametrize(
    ("first", "second", "rho"),
    [("cifar10", "cifar100", 0.980), ("cifar10", "ImageNet16-120", 0.959), ("cifar100", "ImageNet16-120", 0.964)],
)
def test_published_correlations_between_the_datasets_of_nats_bench(nats_tables, first, second, rho):
    found = transfer(*(benchmarks.create("nats_topology", d) for d in (first, second)))
    assert abs(found.spearman - rho) < 0.001
    assert found.top_spearman < found.spearman - 0.05


def draw():
    from nas_core import benchmarks
    from ui import transfer

    transfer.panel(benchmarks.create("formula", "numbers"))


def test_the_panel(tables):
    st.cache_resource.clear()
    page = AppTest.from_function(draw, default_timeout=60).run()
    assert not page.exception
    page.selectbox(key="against").select("Formula · more numbers").run()
    assert not page.exception
    assert [m.value for m in page.metric] == ["1.00", "1.00", "100 %", "0.00 points"]
    assert len(page.get("vega_lite_chart")) == 1
