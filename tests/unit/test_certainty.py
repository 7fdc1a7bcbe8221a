"""How sure the best of a table is: against made-up noise of a known size, and what the tables here say."""

import math

import numpy as np
import pytest

from nas_core import benchmarks
from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.studies.certainty import Certainty, certainty
from nas_core.studies.landscape import distinct


def noisy(sd, seeds, missing=0):
    """A table of `seeds` trainings of every network, each off a made-up truth by normal noise of that `sd`."""
    rng, size = np.random.default_rng(5), 15625
    truth = np.linspace(60, 90, size)
    each = truth[:, None] + rng.normal(0, sd, (size, seeds))
    each[:missing, 0] = np.nan

    class Noisy(PocketTopology):
        """Made up."""

        def seeds_of(self, metric, epochs):
            return tuple(range(seeds))

        def column(self, metric, epochs=None, seed=None):
            return np.nanmean(each, 1) if seed is None else each[:, seed]

    return Noisy("banking77")


@pytest.mark.parametrize(("sd", "seeds"), [(0.5, 2), (2.0, 3), (1.0, 8)])
def test_the_noise_of_made_up_trainings_is_found_again(sd, seeds):
    table = noisy(sd, seeds)
    known = certainty(table, "val_acc")
    assert known.trainings == seeds and known.error == pytest.approx(sd / math.sqrt(seeds), rel=0.1)
    values = table.column("val_acc")[distinct(table.space)].tolist()
    near = [v for v in values if max(values) - v <= 1.96 * math.sqrt(2) * known.error]
    assert known.rivals == len(near) - 1 > 0


def test_a_value_of_fewer_trainings_is_known_less_well():
    assert certainty(noisy(1, 3, missing=15625), "val_acc").error == pytest.approx(1 / math.sqrt(2), rel=0.1)


def test_where_noise_hides_nothing_the_best_is_sure():
    known = certainty(noisy(1e-6, 2), "val_acc")
    assert known.rivals == 0 and known.sentence("%").endswith(
        "every other network is further away than chance explains."
    )


def test_what_a_table_of_one_training_says_is_what_its_builder_measured():
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    known = certainty(table, "val_acc")
    assert known.trainings == 1 and known.error == table.noise()["epochs"][-1]["sd"] == pytest.approx(1.34, abs=0.005)
    assert known.rivals == 740
    assert known.sentence("%") == (
        "the best in the table comes from one training and is known to ± 1.3 points (standard error); 740 other "
        "networks cannot be told apart from it."
    )
    assert certainty(table, "test_acc") is None and certainty(table, "params_m") is None
    assert certainty(benchmarks.table("nas_bench_graph", "cora"), "val_acc") is None


def test_three_seeds_say_how_far_they_are_apart():
    """20 cells that were trained again were 0.62 points apart (docs/pocket_topology_banking77.md)."""
    known = certainty(benchmarks.table("pocket_topology", "banking77"), "val_acc")
    assert known.trainings == 3 and 0.35 < known.error < 0.65 and 50 < known.rivals < 200


@pytest.mark.shared
def test_nats_bench_has_two_or_three_trainings_of_a_cell(nats_tables):
    table = benchmarks.create("nats_topology", "cifar10")
    known = certainty(table, "val_acc")
    assert known.trainings in (2, 3) and 0.05 < known.error < 0.3 and known.rivals > 0


def test_one_rival_is_one():
    assert "1 other network cannot" in Certainty(3, 0.1, 1).sentence("%")
