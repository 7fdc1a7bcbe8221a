"""The loop between a strategy and a benchmark: its clock, its budgets, failures, and resuming."""

import math
from dataclasses import replace

import pytest

from nas_core import plugins, runner
from nas_core.runner import ReplayError, run
from nas_core.strategies import Strategy
from nas_core.types import Asked, Constraint, Objective, Outcome, RunSpec, Started, Stopped, Suggestion, Told
from tests import tiny

pytestmark = pytest.mark.usefixtures("tables")

COST = {arch: float(1 + sum(arch)) * 4 for arch in map(tuple, tiny.Blocks().all().tolist())}  # seconds, full training
CHEAP, MIDDLE, DEAR = (0, 0, 0), (0, 1, 1), (1, 2, 3)  # 4, 12 and 28 seconds


class Scripted(Strategy):
    """Asks what a test wrote down, and keeps what it is told."""

    name = "scripted"
    script = ()
    told = ()

    def start(self, problem, rng):
        super().start(problem, rng)
        self.left = list(type(self).script)
        type(self).told = []

    def ask(self):
        return self.left.pop(0) if self.left else None

    def tell(self, trial):
        self.told.append(trial)


@pytest.fixture
def script():
    """script(suggestions, …) -> the events of a run that asks them."""
    plugins.register(Scripted)

    def play(suggestions, log=(), **spec):
        Scripted.script = [s if isinstance(s, Suggestion) else Suggestion(s) for s in suggestions]
        budget = {} if "max_seconds" in spec else {"max_trials": 100}
        return list(run(RunSpec("tiny", "numbers", "scripted", **budget | spec), log=log))

    yield play
    plugins.unregister(Scripted)


def told(events):
    return [e.trial for e in events if isinstance(e, Told)]


def test_one_worker_does_one_trial_after_another(script):
    events = script([DEAR, CHEAP, MIDDLE])
    assert [type(e) for e in events] == [Started, Asked, Told, Asked, Told, Asked, Told, Stopped]
    assert [(t.number, t.start, t.end) for t in told(events)] == [(0, 0, 28), (1, 28, 32), (2, 32, 44)]
    assert events[-1] == Stopped("exhausted", 44.0)
    assert Scripted.told == told(events)


def test_workers_finish_in_the_order_of_their_cost_and_ties_go_to_the_lower_number(script):
    events = script([DEAR, CHEAP, CHEAP, MIDDLE, CHEAP], workers=3)
    assert [(t.number, t.start, t.end) for t in told(events)] == [
        (1, 0, 4),
        (2, 0, 4),
        (4, 4, 8),
        (3, 4, 16),
        (0, 0, 28),
    ]


def test_more_workers_than_trials(script):
    events = script([DEAR, CHEAP], workers=50)
    assert [t.end for t in told(events)] == [4, 28]
    assert events[-1].at == 28


@pytest.mark.parametrize(("seconds", "ended"), [(0, 0), (3.999, 0), (4, 1), (15.999, 1), (16, 2), (43.99, 2), (44, 3)])
def test_a_trial_that_would_end_after_the_budget_is_not_told(script, seconds, ended):
    events = script([CHEAP, MIDDLE, DEAR, CHEAP], max_seconds=seconds)
    assert len(told(events)) == ended
    assert events[-1] == Stopped("budget", seconds)


def test_both_budgets_hold_and_the_first_one_ends_the_run(script):
    assert script([CHEAP] * 9, max_trials=2, max_seconds=100.0)[-1] == Stopped("budget", 8.0)
    assert script([CHEAP] * 9, max_trials=9, max_seconds=9.0)[-1] == Stopped("budget", 9.0)


def test_only_training_counts_as_a_trial(script, monkeypatch):
    def evaluate(self, suggestion, rng):
        return Outcome({suggestion.measure: 7.0}, 0.5) if suggestion.measure == "look" else real(self, suggestion, rng)

    real = tiny.Tiny.evaluate
    monkeypatch.setattr(tiny.Tiny, "evaluate", evaluate)
    look, name = Suggestion(MIDDLE, measure="look"), Suggestion(MIDDLE, measure="derive", seconds=3.0)
    events = script([look, name, CHEAP, look, CHEAP, CHEAP], max_trials=2)
    assert [(t.suggestion.measure, t.end, len(t.losses)) for t in told(events)] == [
        ("look", 0.5, 0),
        ("train", 7.5, 1),
        ("look", 8.0, 0),
        ("train", 12.0, 1),
    ]
    assert [e.at for e in events if isinstance(e, Asked) and e.suggestion.measure == "derive"] == [3.5]


def test_the_clock_never_goes_back_when_the_strategy_itself_spends_time(script):
    busy = Suggestion(CHEAP, seconds=20.0)
    events = script([CHEAP, busy, CHEAP], workers=2)
    assert [(t.number, t.start, t.end) for t in told(events)] == [(0, 0, 4), (1, 20, 24), (2, 20, 24)]
    ats = [e.at for e in events if isinstance(e, Asked)]
    assert ats == sorted(ats)


def test_what_ends_in_time_is_told_though_the_strategy_spent_the_rest_of_the_budget(script):
    events = script([CHEAP, Suggestion(CHEAP, seconds=20.0), CHEAP], workers=2, max_seconds=10.0)
    assert [t.number for t in told(events)] == [0]
    assert events[-1] == Stopped("budget", 10.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_objective_that_is_no_number_is_the_worst_and_no_failure(script, monkeypatch, value):
    monkeypatch.setattr(tiny.Tiny, "evaluate", lambda *_: Outcome({"val_acc": value, "flops_m": 1.0}, 1.0))
    (trial,) = told(script([CHEAP]))
    assert trial.losses == (math.inf,)
    assert trial.error == ""


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome({}, 1.0), "tiny gave no val_acc for this architecture"),
        (Outcome({"val_acc": 1.0}, math.nan), "cannot say how long (0, 0, 0) takes: nan s"),
        (Outcome({"val_acc": 1.0}, -3.0), "cannot say how long (0, 0, 0) takes: -3.0 s"),
        (Outcome({"val_acc": 1.0}, math.inf), "cannot say how long (0, 0, 0) takes: inf s"),
        (None, "AttributeError"),
    ],
)
def test_an_answer_that_cannot_be_used_fails_the_trial_and_not_the_run(script, monkeypatch, outcome, said):
    monkeypatch.setattr(tiny.Tiny, "evaluate", lambda *_: outcome)
    trials = told(script([CHEAP, CHEAP]))
    assert len(trials) == 2
    assert said in trials[0].error
    assert trials[0].losses == (math.inf,)


def test_a_failed_trial_counts_and_says_why(script, monkeypatch):
    def evaluate(self, suggestion, rng):
        raise RuntimeError("CUDA out of memory: tried to allocate ☠ 20 GiB")

    monkeypatch.setattr(tiny.Tiny, "evaluate", evaluate)
    events = script([CHEAP] * 9, max_trials=3)
    assert [t.error for t in told(events)] == ["RuntimeError: CUDA out of memory: tried to allocate ☠ 20 GiB"] * 3
    assert events[-1].reason == "budget"


def test_a_budget_in_seconds_that_never_passes_is_noticed(monkeypatch):
    monkeypatch.setattr(runner, "STANDSTILL", 50)
    monkeypatch.setattr(tiny.Tiny, "evaluate", lambda *_: Outcome({"val_acc": 1.0}, 0.0))
    spec = RunSpec("tiny", "numbers", "random_search", max_seconds=10.0)
    with pytest.raises(RuntimeError, match="the last 50 trials took no time, so 10 seconds never pass"):
        list(run(spec))
    assert len(told(run(replace(spec, max_trials=200)))) == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"benchmark": "nothing"}, "no benchmark named 'nothing'; there are:"),
        ({"dataset": "letters"}, "tiny has no dataset 'letters'; there are: numbers, more numbers"),
        ({"strategy": "luck"}, "no strategy named 'luck'; there are:"),
        ({"params": {"luck": 1}}, "random_search has no parameter 'luck'"),
        ({"benchmark_params": {"luck": 1}}, "tiny has no parameter 'luck'"),
        ({"benchmark_params": {"search_epochs": 3}}, "tiny has no numbers at 3 epochs; there are: 1, 2, 4"),
        ({"objectives": (Objective("test_acc"),)}, "a search may not see test_acc"),
        ({"constraints": (Constraint("flops_m / 2", high=9.0),)}, "a limit is set on one metric, and 'flops_m / 2' is"),
        ({"objectives": (Objective("speed"),)}, "tiny has no metric 'speed' to search on; there are: val_acc, flops_m"),
    ],
)
def test_a_spec_that_cannot_run_says_so_before_anything_happens(change, said):
    spec = replace(RunSpec("tiny", "numbers", "random_search", max_trials=3), **change)
    with pytest.raises(ValueError) as error:
        next(run(spec))
    assert said in str(error.value)


def test_nothing_happens_unless_someone_iterates_and_closing_ends_it(monkeypatch):
    asked = []
    real = tiny.Tiny.evaluate
    monkeypatch.setattr(tiny.Tiny, "evaluate", lambda *a: asked.append(1) or real(*a))
    events = run(RunSpec("tiny", "numbers", "random_search", max_trials=1000))
    assert not asked
    for _ in range(6):
        next(events)
    events.close()
    assert len(asked) == 2
    assert list(events) == []


@pytest.mark.parametrize("seed", [0, 2**31, 2**64, 10**40])
def test_any_seed_is_a_seed(seed):
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=5, seed=seed)
    assert list(run(spec)) == list(run(spec))


def test_what_a_trial_sees_depends_on_its_number_only():
    spec = RunSpec(
        "tiny",
        "numbers",
        "random_search",
        max_trials=20,
        seed=3,
        benchmark_params={"reward_noise": "redrawn", "noise_size": 5.0},
    )
    one, many = (sorted(told(run(replace(spec, workers=w))), key=lambda t: t.number) for w in (1, 7))
    assert [(t.arch, t.metrics) for t in one] == [(t.arch, t.metrics) for t in many]
    errors = [
        t.metrics["val_acc"] - float(tiny.Tiny("numbers").column("val_acc")[tiny.Blocks().index(t.arch)]) for t in one
    ]
    assert len(set(errors)) == 20


def test_what_a_trial_sees_does_not_depend_on_an_interruption():
    noise = {"reward_noise": "redrawn", "noise_size": 5.0}
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=12, workers=4, benchmark_params=noise)
    whole = list(run(spec))
    for cut in range(len(whole)):
        assert whole[:cut] + list(run(spec, log=whole[:cut])) == whole


def test_a_run_goes_on_from_any_event(script):
    asks = [DEAR, CHEAP, Suggestion(MIDDLE, seconds=3.0), CHEAP, Suggestion(CHEAP, measure="derive", seconds=1.0), DEAR]
    whole = script(asks, workers=2, max_seconds=70.0)
    for cut in range(len(whole)):
        assert whole[:cut] + script(asks, workers=2, max_seconds=70.0, log=whole[:cut]) == whole
    assert script(asks, workers=2, max_seconds=70.0, log=whole) == []


def test_a_run_is_not_continued_with_the_events_of_another(script):
    log = script([CHEAP, DEAR])[:-1]
    with pytest.raises(ReplayError, match=r"run \w+ cannot be continued with the events of run \w+"):
        script([CHEAP, DEAR], log=log, seed=1)


def test_a_run_is_not_continued_on_other_numbers(script, monkeypatch):
    log = script([CHEAP, DEAR])[:-1]
    monkeypatch.setattr(tiny.Tiny, "fingerprint", lambda self: "abc")
    with pytest.raises(ReplayError, match=r"the numbers of tiny have changed \(table none, now abc\) since"):
        script([CHEAP, DEAR], log=log)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda log: log[:1] + log[3:], "is damaged: trial 0 is missing"),
        (lambda log: log[:2] + log[3:], None),  # an evaluation whose end was never written is done again
        (lambda log: [*log[:3], log[2], *log[3:]], "is damaged: trial 0 was answered but not asked"),
        (lambda log: [log[0], replace(log[1], suggestion=Suggestion(MIDDLE)), *log[2:]], "trial 0 asked for (0, 1, 1)"),
        (lambda log: [*log, Asked(3, Suggestion(DEAR), 60.0)], "would now ask for nothing"),
    ],
)
def test_a_log_that_does_not_follow_from_its_spec(script, break_it, said):
    asks = [CHEAP, DEAR, MIDDLE]
    log = break_it(script(asks)[:-1])
    if said is None:
        assert sorted(t.number for t in told(script(asks, log=log))) == [0]
        return
    with pytest.raises(ReplayError) as error:
        script(asks, log=log)
    assert said in str(error.value)
