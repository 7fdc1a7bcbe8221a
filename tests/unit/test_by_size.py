"""The recipe of data of one's own: by kind and number of items, the same on the page and on the command line, kept by
the runs that used it."""

import numpy as np
import pytest

from nas_core import benchmarks, marks, plugins, runner
from nas_core.datasets import Dataset
from nas_core.runner import ReplayError
from nas_core.sources import by_size, live, own_data
from nas_core.spaces.topology import Topology
from nas_core.store import Store
from nas_core.training import Protocol
from nas_core.types import RunSpec, Started, Told
from tests import own_files
from tests.command_line import last
from tests.unit.test_own_data import TEXTS, pictures, read, table


@pytest.fixture
def kept(data_folder, tmp_path):
    """{kind: the name of a small dataset}."""
    table(tmp_path / "bank.csv", TEXTS)
    return {
        "image": own_data.save(read(pictures(tmp_path / "pets", each=20), "images"), "pets"),
        "tokens": own_data.save(read(tmp_path / "bank.csv", "text"), "bank"),
        "sequence": own_data.save(read(own_files.signals(tmp_path / "signals"), "arrays"), "signals"),
    }


def test_each_kind_has_its_rate_and_few_items_small_batches_and_many_epochs(kept, monkeypatch):
    for kind, name in kept.items():
        found = benchmarks.create("live_topology", name)
        assert (found.epochs, found.batch, found.rate) == (by_size.LONGEST, by_size.SMALL, by_size.RATES[kind])
        protocol = found.recipe.protocol
        assert (protocol.epochs, protocol.batch, protocol.lr) == (found.epochs, found.batch, found.rate)
        assert live.recipe_on("pocket_topology", name).protocol.epochs == found.epochs  # as `train` and Train do it
    assert by_size.RATES["tokens"] < by_size.RATES["image"]
    for count, epochs, batch in ((1600, 40, 64), (500, 60, 64), (499, 60, 16), (100_000, 4, 64)):
        monkeypatch.setattr(by_size, "count", lambda _, count=count: count)
        found = benchmarks.create("live_topology", kept["tokens"])
        assert (found.epochs, found.batch, found.rate) == (epochs, batch, 0.05)


def test_what_a_table_was_trained_on_is_trained_on_as_there():
    digits = benchmarks.create("live_topology", "cluttered_digits")
    assert (digits.epochs, digits.batch, digits.rate) == (4, 64, 0.1) and digits.run_settings() == {}
    bank = live.recipe("pocket_topology", "banking77").protocol
    assert live.recipe_of(Topology(), "banking77").protocol == bank
    assert benchmarks.create("live_topology", "banking77").run_settings() == {"epochs": bank.epochs}
    assert benchmarks.create("live_topology", "cifar10").epochs == Protocol.epochs  # which is not on this machine


def test_what_is_said_is_kept(kept):
    said = benchmarks.create("live_topology", kept["tokens"], epochs=2, rate=0.2)
    assert said.run_settings() == {"epochs": 2, "batch": 16, "rate": 0.2}
    assert benchmarks.create("live_topology", kept["tokens"], epochs=4).run_settings()["epochs"] == 4
    again = benchmarks.create("live_topology", kept["tokens"], **said.run_settings())
    assert again.recipe == said.recipe and again.fingerprint() == ""


@pytest.mark.torch
def test_a_saved_run_keeps_what_it_used(kept, data_folder, monkeypatch):
    monkeypatch.setattr(by_size, "LONGEST", 1)
    monkeypatch.setattr(by_size, "SHORTEST", 1)
    brief = ("--benchmark", "live_topology", "--dataset", kept["image"], "--strategy", "random_search", "--trials", 1)
    found = last("run", *brief)
    (started, *_) = Store(data_folder / "runs").read(found["run"])
    assert started.spec.benchmark_params == {"epochs": 1, "batch": 16} and started.table[0] == "+"
    untold = RunSpec("live_topology", kept["image"], "random_search", max_trials=2)
    events = list(runner.run(untold))
    assert isinstance(events[0], Started) and events[0].table
    monkeypatch.setattr(by_size, "LONGEST", 2)
    again = benchmarks.create("live_topology", kept["image"], **started.spec.benchmark_params)
    assert again.epochs == 1
    with pytest.raises(ReplayError, match=r"the numbers of live_topology have changed .* since it was started"):
        list(runner.run(untold, log=events[:2]))
    assert marks.replaced(again, started.table) == marks.replaced(again, "") == ""
    data = plugins.get(Dataset, kept["image"])
    monkeypatch.setattr(data, "info", data.info | {"fingerprint": "0123456789ab"})
    assert marks.replaced(again, started.table) == "data or columns of yours that it reads have been replaced"


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["image", "tokens", "sequence"])
def test_strategies_look_by_proxies_at_data_of_ones_own(kept, kind):
    """Also at less than the two batches of 64 that tables are scored by."""
    quick = {"proxy": "naswot", "warm_up": 4, "population_size": 1, "sample_size": 1, "moves": 0.0}
    small = {"epochs": 1, "channels": 2}
    spec = RunSpec("live_topology", kept[kind], "zero_cost_evolution", quick, small, max_trials=1)
    told = [event.trial for event in runner.run(spec) if isinstance(event, Told)]
    looks, (trained,) = told[:-1], told[-1:]
    assert len(looks) == 4 and not any(look.error for look in looks) and all(look.end > look.start for look in looks)
    best = max(looks, key=lambda look: look.metrics["naswot"])
    assert trained.arch == best.arch and not trained.error and "val_acc" in trained.metrics
    again = benchmarks.create("live_topology", kept[kind]).evaluate(looks[0].suggestion, np.random.default_rng(0))
    assert again.metrics == looks[0].metrics
