"""Real evaluations: in this thread, in threads, in processes; budgets in real seconds, and workers that die."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from nas_core import executors
from nas_core.jobs import search
from nas_core.pools import InfrastructureError
from nas_core.runner import run
from nas_core.store import Store
from nas_core.types import Asked, RunSpec, Stopped, Told
from tests import streams, tiny
from tests.conftest import ROOT

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
    spec = replace(SPEC, benchmark_params={"pause": 0.2}, max_trials=None, max_seconds=0.5, workers=threads)
    with ThreadPoolExecutor(threads) as pool:
        events = list(run(spec, pool if threads > 1 else None))
    assert events[-1] == Stopped("budget", 0.5)
    assert all(t.end <= 0.5 for t in told(events))
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


def test_a_worker_process_that_dies_ends_the_run_in_one_sentence_and_its_training_is_tried_again():
    spec = replace(SPEC, benchmark_params={"deadly": True}, workers=1)
    events = []

    def part():
        with executors.create("processes:1") as pool, pytest.raises(RuntimeError) as error:
            for event in run(spec, pool, log=list(events)):
                events.append(event)
        assert "the workers of this run are gone (BrokenProcessPool" in str(error.value)
        assert "run it again to go on" in str(error.value)

    part()
    assert not any(t.error for t in told(events)) and events[-1].suggestion.arch[0] == 1  # asked, and not judged
    before = len(told(events))
    part()
    assert "BrokenProcessPool" in told(events)[before].error and told(events)[before].arch[0] == 1


@pytest.mark.parametrize("error", [ValueError("I/O operation on closed file"), OSError("handle is closed")])
def test_a_pool_that_breaks_while_it_starts_a_process_is_no_failed_training(error):
    class Breaking(executors.SerialExecutor):
        free = 3  # calls that it takes

        def submit(self, *call):
            self.free -= 1
            if self.free < 0:
                raise error
            return super().submit(*call)

    spec, events = replace(SPEC, workers=1), []
    with pytest.raises(InfrastructureError) as caught:
        for event in run(spec, Breaking()):
            events.append(event)
    why = f"{type(error).__name__}: {error}"
    assert str(caught.value) == f"the workers of this run are gone ({why}); run it again to go on"
    assert len(told(events)) == 3 and seen([*events, *run(spec, log=events)]) == seen(run(spec))


def test_workers_that_do_not_start_are_no_failed_training(monkeypatch):
    spec = replace(SPEC, workers=1)
    with executors.create("processes:1") as pool:
        events = []
        stream = run(spec, pool)
        events += [next(stream) for _ in range(2)]
        stream.close()
    with executors.processes(1) as pool:
        pool._initializer = os._exit  # what a script without a guard does to its workers
        with pytest.raises(RuntimeError, match="the workers of this run are gone"):
            list(run(spec, pool, log=events))
    with executors.processes(1) as pool:
        pool._initializer = os._exit
        with pytest.raises(RuntimeError, match="the workers of this run are gone"):
            list(run(spec, pool))


def test_a_script_without_a_guard_scores_nothing_and_saves_nothing(tmp_path, data_folder):
    pytest.importorskip("torch", reason="torch is not installed")
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from nas_core import scoring\nfrom nas_core.sources.scores import Scoring\n"
        "list(scoring.sweep(Scoring(net='pocket', batch=4), [77], ['params'], 'processes:2'))\n"
    )
    path = os.environ | {"PYTHONPATH": str(ROOT)}
    out = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=path, timeout=120)
    assert out.returncode == 1
    assert "worker processes do not start here (BrokenProcessPool); a script that uses them must" in out.stderr
    assert list((data_folder / "scores").glob("*.jsonl")) == []


@pytest.mark.parametrize(
    "error", [ImportError("libcudart.so.12: cannot open"), OSError("WinError 126"), FileNotFoundError]
)
@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, benchmark="tiny")], ids=["real", "table"])
def test_what_does_not_load_is_no_failed_training_and_the_run_goes_on_once_it_is_mended(
    tmp_path, monkeypatch, error, spec
):
    store = Store(tmp_path / "runs")
    benchmark = tiny.Real if spec.benchmark == "real" else tiny.Tiny

    def broken(self, suggestion, rng):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(benchmark, "evaluate", broken)
        with pytest.raises(RuntimeError, match=r"trainings cannot be done here .*: fix that and run it again"):
            list(search(store, spec))
        assert not told(store.read(spec.id)) and not store.has_ended(spec.id)
    mended = list(search(store, spec))
    assert store.has_ended(spec.id) and len(told(mended)) == 12 and not any(t.error for t in told(mended))


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


class Unhashable(int):
    """As a search with its parameters, or a plan."""

    __hash__ = None


@pytest.mark.parametrize("first", [True, False])
def test_work_that_is_spread_outlives_a_worker_that_dies_once(tmp_path, first):
    results = []
    stream = executors.spread(streams.deadly, [(Unhashable(n), str(tmp_path / "died"), first) for n in range(6)], 2)
    if first:
        results += stream
    else:
        with pytest.raises(RuntimeError, match=r"ended unexpectedly, and again \(BrokenProcessPool\); run it again"):
            results.extend(stream)
    assert sorted(results) == [0, 10, 20, 30, 40, 50] if first else 30 not in results


def wrong(number):
    raise ValueError(f"{number} is no good")


def test_what_a_call_raises_is_raised():
    with pytest.raises(ValueError, match="1 is no good"):
        list(executors.call_all("serial", wrong, [(1,), (2,)]))
