"""Real evaluations: in this thread, in threads, in processes; budgets in real seconds, and workers that die."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from nas_core import executors
from nas_core.runner import run
from nas_core.types import Asked, RunSpec, Stopped, Told
from tests import streams

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("real", "numbers", "random_search", max_trials=12, workers=3)


def told(events):
    return [e.trial for e in events if isinstance(e, Told)]


def seen(events):
    """What does not depend on the time it took."""
    return sorted((t.number, t.arch, t.metrics["val_acc"]) for t in told(events))


@pytest.fixture(scope="module")
def processes():
    with executors.create("processes:2") as pool:
        yield pool


def test_threads_processes_and_none_give_the_same_trials(processes):
    alone = list(run(SPEC))
    with ThreadPoolExecutor(3) as threads:
        assert seen(run(SPEC, threads)) == seen(alone)
    assert seen(run(SPEC, processes)) == seen(alone)
    assert alone[-1].reason == "budget"


def test_real_time_passes_while_workers_work_side_by_side():
    spec = replace(SPEC, benchmark_params={"pause": 0.05}, max_trials=6)
    with ThreadPoolExecutor(3) as threads:
        began = time.monotonic()
        events = list(run(spec, threads))
        took = time.monotonic() - began
    trials = told(events)
    assert all(t.end - t.start >= 0.05 for t in trials)
    assert [t.end for t in trials] == sorted(t.end for t in trials)
    assert events[-1].at <= took
    assert sum(t.end - t.start for t in trials) > events[-1].at  # they overlapped


@pytest.mark.parametrize("threads", [1, 3])
def test_what_ends_after_the_budget_in_real_seconds_is_not_told(threads):
    spec = replace(SPEC, benchmark_params={"pause": 0.06}, max_trials=None, max_seconds=0.15, workers=threads)
    with ThreadPoolExecutor(threads) as pool:
        events = list(run(spec, pool if threads > 1 else None))
    assert events[-1] == Stopped("budget", 0.15)
    assert all(t.end <= 0.15 for t in told(events))
    assert sum(isinstance(e, Asked) for e in events) > len(told(events))


def test_closing_cancels_what_has_not_begun():
    spec = replace(SPEC, benchmark_params={"pause": 0.2}, workers=10)
    with ThreadPoolExecutor(1) as pool:
        events = run(spec, pool)
        began = time.monotonic()
        while not isinstance(next(events), Told):
            pass
        events.close()
    assert time.monotonic() - began < 1.5  # of 2 s, had all ten been waited for


def test_a_run_of_real_evaluations_goes_on_where_it_stopped():
    spec = replace(SPEC, benchmark_params={"pause": 0.02}, workers=2)
    with ThreadPoolExecutor(2) as pool:
        stream = run(spec, pool)
        head = [next(stream) for _ in range(8)]
        stream.close()
        tail = list(run(spec, pool, log=head))
    assert seen(head + tail) == seen(run(SPEC))
    before = max(t.end for t in told(head))
    assert all(t.end > before for t in told(tail))  # the clock goes on as well
    lost = {e.number for e in head if isinstance(e, Asked)} - {t.number for t in told(head)}
    assert lost <= {t.number for t in told(tail)}


def test_a_resumed_evaluation_is_charged_the_time_it_takes():
    spec = replace(SPEC, benchmark_params={"pause": 0.1}, workers=1, max_trials=2)
    head = list(run(spec))[:2]
    assert isinstance(head[-1], Asked)
    first = told(run(spec, log=head))[0]
    assert first.end - first.start >= 0.1


def test_a_worker_process_that_dies_fails_its_trials_and_ends_the_run_in_one_sentence():
    spec = replace(SPEC, benchmark_params={"deadly": True}, workers=1)
    events = []
    with executors.create("processes:1") as pool, pytest.raises(RuntimeError) as error:
        for event in run(spec, pool):
            events.append(event)
    assert "the workers of this run are gone (BrokenProcessPool" in str(error.value)
    assert "run it again to go on" in str(error.value)
    assert "BrokenProcessPool" in told(events)[-1].error
    assert told(events)[-1].arch[0] == 1


@pytest.mark.parametrize("text", ["", "gpu", "processes", "processes:0", "processes:-1", "processes:two", "dask:"])
def test_an_executor_that_does_not_exist_is_answered_with_those_that_do(text):
    with pytest.raises(ValueError, match=f"no executor '{text}'; there are: serial, processes:N, dask:ADDRESS"):
        executors.create(text)


@pytest.mark.parametrize("first", [True, False])
def test_a_worker_that_dies_is_replaced_and_a_call_that_kills_is_told(tmp_path, first):
    calls = [(n, str(tmp_path / "died"), first) for n in range(6)]
    done = list(executors.call_all("processes:2", streams.deadly, calls))
    results = {call[0]: result for call, result, error in done if error is None}
    assert results == {n: 10 * n for n in range(6) if first or n != 3}
    assert [type(error).__name__ for *_, error in done if error is not None] == [] if first else ["BrokenProcessPool"]


def wrong(number):
    raise ValueError(f"{number} is no good")


def test_what_a_call_raises_is_raised():
    with pytest.raises(ValueError, match="1 is no good"):
        list(executors.call_all("serial", wrong, [(1,), (2,)]))
