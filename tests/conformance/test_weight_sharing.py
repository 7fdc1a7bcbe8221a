"""Every strategy that trains shared weights: what it asks, that it repeats, and that it goes on from its checkpoint."""

import importlib.util
import math
from dataclasses import replace

import numpy as np
import pytest

from nas_core import plugins, strategies
from nas_core.checkpoints import Checkpoints
from nas_core.runner import run
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._cell_sharing import CellSharing
from nas_core.strategies.weight_sharing import OWN
from nas_core.types import Asked, RunSpec, Stopped, Told
from tests.kinds import OF_KIND, made_up_data  # noqa: F401  (a fixture)
from tests.tiny import Formula, Tiny, Widths

FOUND = {n: s for n, s in plugins.find(Strategy).items() if s.trains_weights}
pytestmark = [
    pytest.mark.usefixtures("tables"),
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch"),
]
every_strategy = pytest.mark.parametrize("name", FOUND)


def table_of(name):
    """A made-up table of the space that the strategy searches."""
    return next(table for table in (Formula, Widths) if FOUND[name].searches(table.space))


def spec_of(name, **params):
    return RunSpec(table_of(name).name, "numbers", name, {**FOUND[name].quick, **params}, max_trials=1, seed=3)


def timeless(events):
    """The events without what a clock said."""
    out = []
    for event in events:
        if isinstance(event, Asked):
            event = replace(event, at=0.0, suggestion=replace(event.suggestion, seconds=0.0))
        elif isinstance(event, Told):
            event = replace(event, trial=replace(event.trial, start=0.0, end=0.0))
        elif isinstance(event, Stopped):
            event = replace(event, at=0.0)
        out.append(event)
    return out


@every_strategy
def test_an_epoch_an_ask_and_at_last_a_training_of_the_cell(name):
    events = list(run(spec_of(name)))
    *epochs, last = [e.suggestion for e in events if isinstance(e, Asked)]
    assert [s.measure for s in epochs] == ["derive"] * 2 and last.measure == "train"
    assert all(s.seconds > 0 for s in epochs) and last.arch == epochs[-1].arch
    assert [s.info["epoch"] for s in epochs] == [1, 2]
    options = table_of(name).space.options
    for said in epochs:
        alpha = np.array(said.info["alpha"])
        assert (
            alpha.shape == (len(options), len(options[0]))
            and np.allclose(alpha.sum(1), 1, atol=1e-3)
            and (alpha >= 0).all()
        )
        assert {len(v) for v in said.info["scores"].values()} == {3}
    (told,) = [e.trial for e in events if isinstance(e, Told)]
    assert told.end >= sum(s.seconds for s in epochs)  # real seconds of the supernet, then simulated ones
    assert events[-1].reason == "budget"


@every_strategy
def test_the_same_seed_gives_the_same_run_and_another_seed_another(name):
    first, again = (timeless(run(spec_of(name))) for _ in range(2))
    assert first == again
    other = timeless(run(replace(spec_of(name), seed=4)))
    assert [e.suggestion.info for e in first if isinstance(e, Asked)] != [
        e.suggestion.info for e in other if isinstance(e, Asked)
    ]


@every_strategy
@pytest.mark.parametrize("cut", [2, 3])
def test_it_goes_on_from_its_checkpoint_as_if_nothing_had_happened(name, cut, tmp_path, monkeypatch):
    spec, kept = spec_of(name, epochs=3), Checkpoints(tmp_path, "x")
    whole = timeless(run(spec))
    stream = run(spec, checkpoints=kept)
    head = [next(stream) for _ in range(cut + 1)][:cut]  # its last line was never written
    stream.close()
    asked = []
    plain = FOUND[name].ask
    monkeypatch.setattr(FOUND[name], "ask", lambda self: asked.append(self.epoch) or plain(self))
    assert timeless(head + list(run(spec, log=head, checkpoints=kept))) == whole
    assert asked[0] == cut - 1  # nothing is trained again
    assert not list(tmp_path.iterdir())  # a finished run needs no weights


@every_strategy
def test_without_its_checkpoint_it_trains_again_and_asks_the_same(name):
    whole = list(run(spec_of(name)))
    assert timeless(whole[:2] + list(run(spec_of(name), log=whole[:2]))) == timeless(whole)


@every_strategy
def test_a_budget_in_seconds_ends_it(name):
    spec = replace(spec_of(name, epochs=1000), max_trials=None, max_seconds=0.05)
    events = list(run(spec))
    assert events[-1] == Stopped("budget", 0.05)
    assert not [e for e in events if isinstance(e, Told)]


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, s in FOUND.items() for kind in s.reads])
def test_it_takes_a_step_on_every_kind_of_input_that_it_reads(name, kind, made_up_data):  # noqa: F811
    strategy, space = (
        strategies.create(name, **FOUND[name].quick | {"epochs": 1, "steps": 1, "images": OWN}),
        table_of(name).space,
    )
    strategy.start(Problem(space, dataset=OF_KIND[kind].name), np.random.default_rng(0))
    epoch, chosen = strategy.ask(), strategy.ask()
    assert epoch.measure == "derive" and chosen.measure == "train" and space.valid(chosen.arch)
    assert math.isfinite(epoch.info["loss"]) and {len(v) for v in epoch.info["scores"].values()} == {3}


@every_strategy
def test_asking_again_after_the_end_leaves_no_trace(name):
    strategy = strategies.create(name, **FOUND[name].quick)
    strategy.start(Problem(table_of(name).space, dataset="numbers"), np.random.default_rng(0))
    asks = [strategy.ask() for _ in range(5)]
    assert [a.measure for a in asks[:3]] == ["derive", "derive", "train"] and asks[3:] == [None, None]


LONG = (
    "epochs",
    "steps",
    "channels",
    "cells",
    "batch",
    "judged_on",
    "scored",
    "candidates",
    "controller_steps",
    "cells_a_step",
)  # their upper limits take too long for a test


def _limits(field):
    if isinstance(field.default, bool):
        return (True,)  # the default is False
    return (
        field.metadata["options"] or (field.metadata["low"], field.metadata["high"])[: 1 if field.name in LONG else 2]
    )


LIMITS = [
    pytest.param(name, f.name, value, id=f"{name}-{f.name}={value}")
    for name, plugin in FOUND.items()
    for f in plugins.params(plugin)
    if f.name not in ("images", "device") and (f.name not in dir(CellSharing) or name == "rsps")
    for value in _limits(f)
]


@pytest.mark.parametrize(("name", "parameter", "value"), LIMITS)
def test_every_parameter_runs_at_its_limits(name, parameter, value):
    quick = {"epochs": 1, "steps": 1, parameter: value}
    assert isinstance(list(run(spec_of(name, **quick)))[-1], Stopped)


@every_strategy
def test_another_space_than_that_of_its_supernet_is_refused_in_words(name):
    with pytest.raises(ValueError, match=f"{name} trains a supernet of .*; it cannot search the blocks space"):
        strategies.create(name).start(Problem(Tiny.space), np.random.default_rng(0))


@every_strategy
def test_a_dataset_without_images_is_refused_with_the_way_out(name):
    with pytest.raises(ValueError, match=r"no dataset named 'numbers'.*Set images=cluttered_digits"):
        strategies.create(name).start(Problem(table_of(name).space, dataset="numbers"), np.random.default_rng(0))


@every_strategy
def test_without_torch_it_says_how_to_get_it(name, without_torch):
    with pytest.raises(RuntimeError, match=r"needs torch, which is not installed; .*: python -m pip install torch"):
        strategies.create(name, **FOUND[name].quick).start(Problem(table_of(name).space), np.random.default_rng(0))


@every_strategy
def test_it_says_which_spaces_it_searches(name):
    assert [FOUND[name].searches(table.space) for table in (Formula, Widths, Tiny)].count(True) == 1
