"""The NATS-Bench tables as benchmarks, and the checks that a merged table must pass."""

import re
import shutil

import numpy as np
import pytest

from nas_core import benchmarks, runner
from nas_core.charts.quantities import quantities
from nas_core.history import History
from nas_core.sources import catalogue, nats_size, nats_topology
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.download import SourceError
from nas_core.types import Objective, RunSpec, Suggestion, Told
from tests.nats_files import UPSTREAM
from ui import run_moment, run_player, space_map, supernet_views

pytestmark = pytest.mark.shared


@pytest.fixture
def topology(nats_tables):
    return benchmarks.create("nats_topology", "cifar10")


def test_fidelities_and_the_default_of_a_search(topology, nats_tables):
    assert topology.fidelities == (12, 200) and topology.search_epochs == 12 and topology.timed
    size = benchmarks.create("nats_size", "cifar100")
    assert size.fidelities == (90,) and size.search_epochs == 90 and not size.timed


def test_every_description_says_split_epochs_and_seeds(nats_tables):
    for dataset in DATASETS:
        help = benchmarks.create("nats_topology", dataset).metrics["val_acc"].help
        assert "images" in help and "12 epochs" in help and "200 epochs" in help and "777, 888" in help
    assert "90 epochs: seed 777" in benchmarks.create("nats_size", "cifar10").metrics["test_acc"].help


def test_accuracies_on_axes_say_split_and_epochs_where_there_are_several(topology):
    labels = [q.label for q in quantities(topology).values() if "accuracy" in q.title]
    assert len(labels) == 6 and all(re.search(r"(validation|training|test) accuracy", label) for label in labels)
    assert all(re.search(r"\b(12|200) epochs", label) for label in labels)
    spec = RunSpec("nats_topology", "cifar10", "random_search", max_trials=3)
    played = run_player.whole(topology, History.of(runner.run(spec)), run_moment.axes(topology), ())
    assert played["title"] == "validation accuracy, 12 epochs (%)"
    assert supernet_views._by_table(topology) == "test accuracy, 200 epochs by the table"
    assert space_map._axis(quantities(topology)["validation accuracy"])["after"] == ", 200 epochs"


def test_seeds(topology):
    by_seed = np.stack([topology.column("val_acc", 200, s) for s in (777, 888, 999)])
    assert np.isnan(by_seed[2]).sum() == 7456 and not np.isnan(by_seed[:2]).any()
    assert np.allclose(np.nanmean(by_seed, 0), topology.column("val_acc"), atol=1e-4)
    with pytest.raises(ValueError, match="has no seed 5 at 200 epochs; there is: 777, 888, 999"):
        topology.column("val_acc", 200, 5)
    with pytest.raises(ValueError, match="has no seed 777 at 12 epochs; there is: only the mean"):
        topology.column("val_acc", 12, 777)
    assert np.isnan(topology.column("test_acc", 200, 777)).all()  # a known seed, of which this metric is not known


def test_errors_list_what_there_is(topology):
    with pytest.raises(ValueError, match="no numbers at 90 epochs; there are: 12, 200"):
        topology.column("val_acc", 90)
    with pytest.raises(ValueError, match="no metric 'accuracy'; there are: val_acc, test_acc"):
        topology.column("accuracy")


def test_both_halves_of_the_test_set_together(nats_tables):
    table = benchmarks.create("nats_topology", "cifar100")
    halves = (table.column("val_acc") + table.column("test_acc")) / 2
    assert np.allclose(halves, table.column("test_full_acc"), atol=1e-4)
    with pytest.raises(ValueError, match="a search may not see test_full_acc"):
        runner.check(
            RunSpec(
                "nats_topology", "cifar100", "random_search", objectives=(Objective("test_full_acc"),), max_trials=1
            )
        )


def test_the_clock_is_training_time_at_the_search_fidelity(topology):
    short, full = topology.seconds(12), topology.seconds(200)
    assert np.allclose(full / short, 200 / 12) and np.allclose(full, topology.column("train_s"))
    hundred = benchmarks.create("nats_topology", "cifar100").seconds(12)
    assert np.allclose(hundred / short, 2, rtol=1e-4)


def test_a_search_at_full_training_draws_a_seed_for_each_trial(topology):
    table = benchmarks.create("nats_topology", "cifar10", search_epochs=200)
    arch = table.space.arch(15624)
    row = table.space.index(arch)
    known = {float(v) for s in (777, 888, 999) if not np.isnan(v := table.column("val_acc", 200, s)[row])}
    seen = {table.evaluate(Suggestion(arch), np.random.default_rng(k)).metrics["val_acc"] for k in range(30)}
    assert len(seen) == len(known) >= 2
    assert np.allclose(sorted(seen), sorted(known), atol=1e-4)
    assert benchmarks.create("nats_topology", "cifar10", reward_seed="mean").random is False


def test_without_times_a_budget_is_in_trials(nats_tables):
    with pytest.raises(ValueError, match="does not know how long trainings take, so a budget in seconds"):
        runner.check(RunSpec("nats_size", "cifar10", "random_search", max_seconds=100.0))
    events = list(runner.run(RunSpec("nats_size", "cifar10", "regularized_evolution", max_trials=30)))
    assert sum(isinstance(e, Told) for e in events) == 30


def spoiled(tmp_path, file, change):
    """Where the pinned files lie, `file` being a changed copy."""
    made = tmp_path / "spoiled"
    shutil.copy(UPSTREAM / file.repository / file.commit / file.path, made)
    change(made)
    return lambda f: made if f is file else UPSTREAM / f.repository / f.commit / f.path


def edit(old, new):
    def change(path):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (catalogue.TOPOLOGY_TEST["cifar10"], edit("93.66000000000001", "93.6612"), "must count whole images"),
        (catalogue.TOPOLOGY_TEST["cifar10"], edit("93.66000000000001", "94.4"), "the best test accuracy on cifar10"),
        (catalogue.HARDWARE["cifar100"], edit('"(4, 3, 3, 0, 0, 0)"', '"(2, 2, 0, 4, 2, 0)"'), "must agree on order"),
        (catalogue.HARDWARE["cifar10"], edit('"(4, 3, 3, 0, 0, 0)"', '"(2, 2, 0, 4, 2, 0)"'), "all 15,625 cells once"),
    ],
)
def test_a_topology_table_that_cannot_be_right_is_not_written(tmp_path, file, change, says):
    with pytest.raises(SourceError, match=rf"does not pass its own check: .*{says}"):
        nats_topology.build(spoiled(tmp_path, file, change))


@pytest.mark.parametrize(
    ("old", "new", "says"), [(",11714,", ",11715,", "must equal the formula"), ("\n1,1,", "\n1,2,", "must be in order")]
)
def test_a_size_table_that_cannot_be_right_is_not_written(tmp_path, old, new, says):
    with pytest.raises(SourceError, match=says):
        nats_size.build(spoiled(tmp_path, catalogue.SIZE_TEST["cifar10"], edit(old, new)))
