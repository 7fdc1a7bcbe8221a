"""NAS-Bench-Macro's published numbers, and that a search sees one training and is reported by the other two."""

import numpy as np
import pytest

from nas_core import benchmarks
from nas_core.spaces import representatives
from nas_core.types import Suggestion
from tests.command_line import last, refused

pytestmark = pytest.mark.shared


@pytest.fixture
def table(nats_tables):
    return benchmarks.create("nas_bench_macro", "cifar10")


def row(table, text):
    return table.space.index(table.space.parse(text))


def test_the_best_network_is_the_published_one(table):
    mean = table.column("test_all_acc")
    assert table.n_architectures == 6561 and round(float(mean.max()), 2) == 93.13
    assert mean[row(table, "22212220")] == mean.max()
    assert [table.space.text(table.space.arch(int(i))) for i in np.flatnonzero(mean == mean.max())] == [
        "22212202",  # the same network
        "22212220",
    ]


def test_trainings_are_kept_apart(table):
    """Published of 22212220: 93.28, 93.33 and 92.77."""
    best = row(table, "22212220")
    assert table.column("val_acc")[best] == table.column("val_acc", seed=0)[best] == pytest.approx(93.28)
    assert [table.column("test_acc", seed=s)[best] for s in (1, 2)] == pytest.approx([93.33, 92.77], abs=1e-4)
    assert table.column("test_acc")[best] == pytest.approx((93.33 + 92.77) / 2, abs=1e-4)
    with pytest.raises(ValueError, match="test_acc of nas_bench_macro has no seed 0; there is: 1, 2"):
        table.column("test_acc", seed=0)
    with pytest.raises(ValueError, match="val_acc of nas_bench_macro has no seed 1; there is: 0"):
        table.column("val_acc", seed=1)


def test_a_search_sees_the_first_training_only(table):
    assert table.searchable == ("val_acc", "params_m", "flops_m") and table.twin("val_acc") == "test_acc"
    outcome = table.evaluate(Suggestion(table.space.parse("22212220")), np.random.default_rng(0))
    assert outcome.metrics["val_acc"] == pytest.approx(93.28, abs=1e-4) and outcome.seconds == 0
    assert set(outcome.metrics) == {"val_acc", "params_m", "flops_m"}
    assert "test" in table.metrics["val_acc"].help and "first training" in table.metrics["val_acc"].title


def test_networks_of_one_class_share_every_number(table):
    first = representatives(table.space)
    assert len(np.unique(first)) == 3969
    for name in table.metrics:
        np.testing.assert_array_equal(table.column(name), table.column(name)[first])


def test_a_run_reports_what_the_search_did_not_see(nats_tables):
    search = ("run", "--benchmark", "nas_bench_macro", "--dataset", "cifar10", "--strategy", "regularized_evolution")
    result = last(*search, "--trials", 300)
    assert result["val_acc"] > 92.5 and result["test_acc"] != result["val_acc"] and result["regret"] >= 0
    assert "does not know how long trainings take" in refused(2, *search, "--seconds", 1000)
