"""Every file of nas_core/strategies keeps the contract of its base class; a new one is tested without a new test.

Those that train shared weights are tested in test_weight_sharing.py: they take real time and evaluate once at the end.
"""

import hashlib
import importlib.util
import itertools
import json
import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core import plugins, strategies
from nas_core.history import History
from nas_core.reports import front, report
from nas_core.runner import run
from nas_core.store import Store, encode
from nas_core.strategies import Problem, Strategy
from nas_core.types import Asked, Constraint, Objective, RunSpec, Stopped, Suggestion, Told, Trial
from tests.conftest import ROOT
from tests.tiny import BENCHMARKS, Blocks, Formula

pytestmark = pytest.mark.usefixtures("tables")

FOUND = {n: s for n, s in plugins.find(Strategy).items() if not s.trains_weights}
TWO = (Objective("val_acc"), Objective("flops_m", "min"))
TRIALS = 18  # of each run: with `quick` parameters, several generations
SEEDS, WORKERS, CUTS = st.integers(0, 2**63), st.integers(1, 9), st.floats(0.0, 1.0)


def lacking(name):
    """A package that the strategy needs and that is not installed; "" if there is none."""
    return next((p for p in FOUND[name].requires if importlib.util.find_spec(p) is None), "")


NAMES = [pytest.param(n, marks=pytest.mark.skipif(bool(lacking(n)), reason=f"needs {lacking(n)}")) for n in FOUND]
every_strategy = pytest.mark.parametrize("name", NAMES)


def spec_of(name, benchmark="formula", **change):
    objectives = TWO if FOUND[name].many_objectives else TWO[:1]
    quick = dict(FOUND[name].quick)
    plain = RunSpec(benchmark, "numbers", name, quick, objectives=objectives, max_trials=TRIALS, workers=3)
    return replace(plain, **change)


def told(events):
    return [e.trial for e in events if isinstance(e, Told)]


def trained(events):
    return [t for t in told(events) if t.suggestion.measure == "train"]


@every_strategy
@settings(max_examples=5)
@given(seed=SEEDS, workers=WORKERS, cut=CUTS)
def test_same_seed_same_events_and_resumed_anywhere_they_are_still_the_same(name, seed, workers, cut):
    spec = spec_of(name, seed=seed, workers=workers)
    whole = list(run(spec))
    at = int(cut * len(whole))
    assert whole[:at] + list(run(spec, log=whole[:at])) == whole


def digest(name):
    lines = (encode(event) for event in run(spec_of(name)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_same_in_another_process_with_other_hashes():
    """What depends on the order of a set or on a global generator differs there."""
    names = [n for n in FOUND if not lacking(n)]
    code = (
        "from nas_core import plugins\n"
        "from tests.conformance import test_strategies as t\n"
        "for b in t.BENCHMARKS: plugins.register(b)\n"
        f"import json; print(json.dumps({{n: t.digest(n) for n in {names}}}))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    there = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout) == {n: digest(n) for n in names}


@every_strategy
def test_asking_again_after_none_leaves_no_trace(name):
    def drive(extra):
        strategy = strategies.create(name, **FOUND[name].quick)
        objectives = TWO if FOUND[name].many_objectives else TWO[:1]
        problem = Problem(Formula.space, objectives, (), Formula.fidelities, True, 2 * TRIALS, proxies=("flops",))
        strategy.start(problem, np.random.default_rng(5))
        asks, pending = [], []
        while len(asks) < 2 * TRIALS:
            suggestion = strategy.ask() if len(pending) < 4 else None
            if suggestion is not None:
                asks.append(suggestion)
                if suggestion.measure != "derive":
                    pending.append((len(asks) - 1, suggestion))
                continue
            if len(pending) < 4:
                assert [strategy.ask() for _ in range(extra)] == [None] * extra
            if not pending:
                return asks
            number, asked = pending.pop(len(asks) % len(pending))  # not in the order they were asked
            losses = tuple(float(sum(asked.arch) * (i + 1) % 7) for i in range(len(objectives)))
            metrics = {"val_acc": -losses[0], "flops_m": losses[-1], "flops": losses[-1]}
            strategy.tell(Trial(number, asked, 0.0, 1.0, metrics, losses if asked.measure == "train" else ()))
        return asks

    assert drive(0) == drive(3)


@every_strategy
@pytest.mark.parametrize("share", [3, 10])
def test_failed_trials_are_survived(name, share, monkeypatch):
    real, calls = Formula.evaluate, itertools.count()

    def flaky(self, suggestion, rng):
        if next(calls) * 7 % 10 < share:
            raise RuntimeError("CUDA out of memory")
        return real(self, suggestion, rng)

    monkeypatch.setattr(Formula, "evaluate", flaky)
    events = list(run(spec_of(name, max_trials=2 * TRIALS)))
    trials = trained(events)
    assert isinstance(events[-1], Stopped)
    failed = [t for t in trials if t.error]
    assert len(failed) >= 0.2 * len(trials)
    assert all(t.loss == math.inf for t in failed)


@every_strategy
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_values_that_are_missing_are_survived(name, monkeypatch):
    real = Formula.evaluate

    def blank(self, suggestion, rng):
        outcome = real(self, suggestion, rng)
        return replace(outcome, metrics=dict.fromkeys(outcome.metrics, math.nan))

    monkeypatch.setattr(Formula, "evaluate", blank)
    events = list(run(spec_of(name, max_trials=2 * TRIALS)))
    assert isinstance(events[-1], Stopped)
    assert all(t.loss == math.inf for t in trained(events))


@every_strategy
def test_a_missing_objective_is_survived(name, monkeypatch):
    column = Formula.column

    def holes(self, metric, epochs=None, seed=None):
        out = column(self, metric, epochs, seed).copy()
        out[:: 2 if metric == "val_acc" else 3] = math.nan
        return out

    monkeypatch.setattr(Formula, "column", holes)
    trials = trained(run(spec_of(name)))
    assert any(t.loss == math.inf for t in trials) and any(t.loss < math.inf for t in trials)
    assert not any(t.error for t in trials)


@every_strategy
def test_saved_crashed_in_the_middle_of_a_line_and_continued(name, tmp_path):
    spec, store = spec_of(name), Store(tmp_path)
    events = list(store.record(spec.id, run(spec)))
    assert store.read(spec.id) == events
    path = store.path(spec.id)
    text = path.read_text()
    path.write_text(text[: 2 * len(text) // 3])
    log = store.read(spec.id)
    list(store.record(spec.id, run(spec, log=log), after=len(log)))
    assert path.read_text() == text


@every_strategy
@pytest.mark.parametrize("workers", [1, 2, 100])
def test_any_number_of_workers(name, workers):
    events, pending = list(run(spec_of(name, workers=workers))), set()
    for event in events:
        if isinstance(event, Asked) and event.suggestion.measure != "derive":
            pending.add(event.number)
        elif isinstance(event, Told):
            pending.remove(event.trial.number)
        assert len(pending) <= workers
    assert not pending
    assert events[-1].reason in ("budget", "exhausted")
    assert len(trained(events)) == TRIALS or events[-1].reason == "exhausted"


@every_strategy
@pytest.mark.parametrize("table", [b for b in BENCHMARKS if b.simulated])
def test_only_what_the_benchmark_can_answer_is_asked(name, table):
    paid = {}
    for event in run(spec_of(name, table.name)):
        if isinstance(event, Asked):
            asked = event.suggestion
            assert table.space.valid(asked.arch)
            assert all(type(option) is int for option in asked.arch)
            assert asked.epochs in (0, *table.fidelities)
            assert paid.get(asked.arch, 0) >= asked.resume, "it resumes what was never trained"
            assert isinstance(asked, Suggestion) and asked.seconds >= 0.0
            for parent in asked.info.get("parents", ()):
                assert parent < event.number
        elif isinstance(event, Told) and event.trial.suggestion.measure == "train":
            asked = event.trial.suggestion
            paid[asked.arch] = max(paid.get(asked.arch, 0), asked.epochs or table.fidelities[-1])
            assert not event.trial.error


@every_strategy
def test_several_objectives_are_used_or_refused_in_words(name):
    spec = spec_of(name, objectives=TWO)
    if FOUND[name].many_objectives:
        assert {len(t.losses) for t in trained(run(spec))} == {2}
        assert {len(t.losses) for t in trained(run(replace(spec, objectives=TWO[:1])))} == {1}
        return
    with pytest.raises(ValueError, match=f"{name} searches on one objective, not on 2; choose a multi-objective"):
        next(run(spec))


LIMITS = [
    pytest.param(name, f.name, value, id=f"{name}-{f.name}={value}")
    for name, plugin in FOUND.items()
    if not lacking(name)
    for f in plugins.params(plugin)
    for value in dict.fromkeys(
        f.metadata["options"] or ((True, False) if type(f.default) is bool else (f.metadata["low"], f.metadata["high"]))
    )
    if value is not None
]


@pytest.mark.parametrize(("name", "parameter", "value"), LIMITS)
def test_every_parameter_runs_at_its_limits(name, parameter, value):
    events = list(run(spec_of(name, params={**FOUND[name].quick, parameter: value}, max_trials=12)))
    assert trained(events)
    assert isinstance(events[-1], Stopped)


@every_strategy
def test_it_ends_by_itself_or_runs_to_its_budget(name):
    events = list(run(spec_of(name, "tiny", max_trials=60)))
    archs = {t.arch for t in trained(events)}
    if events[-1].reason == "exhausted":
        assert len(archs) == len(Blocks()), "it stops before it has seen the whole space"
    else:
        assert len(trained(events)) == 60


@every_strategy
def test_a_budget_in_seconds_is_kept(name):
    events = list(run(spec_of(name, max_trials=None, max_seconds=300.0, workers=2)))
    assert events[-1] == Stopped("budget", 300.0)
    ends = [t.end for t in told(events)]
    assert ends == sorted(ends)
    assert len(ends) > 0 and ends[-1] <= 300.0


@every_strategy
@pytest.mark.parametrize("share", [0.5, 0.05])
def test_under_a_limit_the_incumbent_keeps_it_and_the_limit_is_used(name, share):
    table = Formula("numbers")
    most = float(np.quantile(table.search_column("flops_m"), share))
    limits = (Constraint("flops_m", high=most),)
    events = list(run(spec_of(name, constraints=limits, max_trials=4 * TRIALS)))
    history = History.of(events)
    best = history.incumbent()
    kept = history.metrics["flops_m"] <= most
    assert (best >= 0).tolist() == np.logical_or.accumulate(kept).tolist()
    assert all(kept[i] for i in best[best >= 0])
    found = report(events, table)
    column, inside = table.column("test_acc"), table.search_column("flops_m") <= most
    if best[-1] >= 0:
        row = table.space.index(found.incumbent)
        assert inside[row] and found.regret == pytest.approx(column[inside].max() - column[row], abs=1e-4)
    assert all(history.spec.constraints[0].allows(t.metrics["flops_m"]) for t in front(events))


@every_strategy
def test_what_breaks_a_limit_is_told_as_bad_and_recorded_as_it_is(name, monkeypatch):
    plugin, heard = FOUND[name], []
    tell = plugin.tell
    monkeypatch.setattr(plugin, "tell", lambda self, trial: (heard.append(trial), tell(self, trial)))
    limits = (Constraint("flops_m", high=9.0),)
    recorded = {t.number: t for t in trained(run(spec_of(name, constraints=limits)))}
    outside = [t for t in heard if t.losses and t.number in recorded and t.metrics["flops_m"] > 9.0]
    assert outside, "the limit never came into play"
    for trial in outside:
        assert recorded[trial.number].loss < math.inf
        assert (trial.loss == math.inf) != plugin.many_objectives
