"""Background work: threads, child processes, the queue, stopping, and jobs that fail or die."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from nas_core.jobs import Jobs, search
from nas_core.store import Store
from nas_core.types import RunSpec, Started, Stopped
from tests.conftest import ROOT
from tests.streams import count, die, silent, unpicklable

SPEC = RunSpec("tiny", "numbers", "random_search", max_trials=20)


def wait(job, state=None, timeout=20.0):
    """The job, over or in `state`."""
    end = time.monotonic() + timeout
    while not (job.over if state is None else job.state == state):
        assert time.monotonic() < end, f"the job is still {job.state} after {timeout} s"
        time.sleep(0.005)
    return job


@pytest.mark.parametrize("process", [False, True])
def test_a_job_keeps_what_it_yields(process):
    job = wait(Jobs().start("k", "counting", partial(count, 5), process=process, total=5))
    assert (job.state, job.items, job.error, job.share) == ("done", [0, 1, 2, 3, 4], "", 1.0)
    assert job.seconds_left is None
    assert job.ended >= job.began


@pytest.mark.parametrize("process", [False, True])
@pytest.mark.parametrize(
    ("error", "said"),
    [(ValueError("give a number"), "give a number"), (KeyError("x"), "KeyError: 'x'"), (RuntimeError("no"), "no")],
)
def test_a_job_that_fails_says_why_and_keeps_what_it_had(process, error, said):
    job = wait(Jobs().start("k", "counting", partial(count, 2, 0.0, error), process=process))
    assert (job.state, job.items, job.error) == ("failed", [0, 1], said)


def test_a_job_that_leaves_by_sys_exit_is_not_done():
    assert wait(Jobs().start("k", "counting", partial(count, 1, 0.0, SystemExit(0)))).state == "failed"


@pytest.mark.parametrize(("how", "status"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15)])
def test_a_child_that_dies_is_noticed_and_what_it_printed_is_no_item(how, status):
    job = wait(Jobs().start("k", "dying", partial(die, how), process=True))
    assert job.items == ["before", "after"]
    assert (job.state, job.error) == ("failed", f"the worker process ended unexpectedly (exit status {status})")


def test_an_item_that_cannot_be_sent_fails_the_job():
    job = wait(Jobs().start("k", "sending", unpicklable, process=True))
    assert job.state == "failed"
    assert "cannot pickle" in job.error


def test_a_generator_that_cannot_be_sent_fails_the_job():
    job = wait(Jobs().start("k", "sending", lambda: iter(()), process=True))
    assert job.state == "failed"
    assert "pickle" in job.error


def test_a_child_process_does_not_run_the_main_file_again(tmp_path):
    """Under Streamlit the main file is the home page: multiprocessing would draw it in every child."""
    (tmp_path / "page.py").write_text(
        "import sys\nfrom functools import partial\nfrom nas_core import child\nfrom tests.streams import loaded\n"
        "print('page', __name__)\n"
        "print([i for i in child.stream(partial(loaded, ['streamlit', 'pytest'])) if i is not child.TICK])\n"
    )
    out = subprocess.run(
        [sys.executable, "page.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.splitlines() == ["page __main__", "[[]]"]


def test_a_child_ends_with_its_parent():
    """A server that is killed leaves no process behind, however silent that one is."""
    code = (
        "import os, time\nfrom functools import partial\nfrom nas_core import child\n"
        "from tests.streams import silent\n"
        "for item in child.stream(silent):\n"
        "    if item is not child.TICK:\n        print(item, flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not alive(pid))


def alive(pid):
    """False once it is gone or waits for its parent, all its threads included."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        with open(f"/proc/{pid}/stat") as file:
            return len(threads) > 1 or file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(condition, timeout=10.0):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("process", [False, True])
def test_stopping_keeps_what_there_is(process):
    jobs = Jobs()
    job = jobs.start("k", "counting", partial(count, 10**6, 0.01), process=process)
    wait_for(lambda: len(job.items) >= 3)
    jobs.stop("k")
    wait(job)
    assert job.state == "stopped"
    assert 3 <= len(job.items) < 10**4


def test_a_silent_child_can_be_stopped():
    jobs = Jobs()
    job = jobs.start("k", "sleeping", silent, process=True)
    wait_for(lambda: job.items)
    jobs.stop("k")
    wait(job, "stopped", timeout=5.0)
    wait_for(lambda: not alive(job.items[0]))


def test_stopping_what_does_not_run_does_nothing():
    jobs = Jobs()
    jobs.stop("nothing")
    job = wait(jobs.start("k", "counting", partial(count, 1)))
    jobs.stop("k")
    assert job.state == "done"


def test_at_most_so_many_at_once_and_the_rest_wait_in_order():
    jobs, gate, order = Jobs(), threading.Event(), []

    def work(name):
        order.append(name)
        gate.wait()
        yield name

    first = [jobs.start(name, name, partial(work, name)) for name in "abcd"]
    wait_for(lambda: len(order) == 2)
    assert [job.state for job in first] == ["running", "running", "queued", "queued"]
    assert [jobs.position(job) for job in first] == [0, 0, 1, 2]
    assert len(jobs.active()) == 4
    jobs.stop("c")
    assert [jobs.position(job) for job in first] == [0, 0, 0, 1]
    gate.set()
    assert [wait(job).state for job in first] == ["done", "done", "stopped", "done"]
    assert order == ["a", "b", "d"]
    assert jobs.active() == []


def test_who_asks_for_a_running_job_joins_it():
    jobs, gate = Jobs(), threading.Event()

    def work():
        gate.wait()
        yield 1

    job = jobs.start("k", "one", work)
    assert jobs.start("k", "two", work) is job
    gate.set()
    wait(job)
    assert jobs.get("k") is job
    assert jobs.start("k", "again", work) is not job


def test_who_continues_a_job_that_is_stopping_gets_a_new_one_after_it():
    jobs, gate, order = Jobs(), threading.Event(), []

    def work(name):
        order.append(f"{name} begins")
        yield 1
        gate.wait()
        order.append(f"{name} ends")
        yield 2

    first = jobs.start("k", "first", partial(work, "first"))
    wait_for(lambda: first.items)
    jobs.stop("k")
    second = jobs.start("k", "second", partial(work, "second"))
    assert second is not first
    assert jobs.get("k") is second
    assert len(jobs.active()) == 2
    wait(jobs.start("other", "another", partial(count, 1)))  # it does not wait for them
    assert (first.state, second.state) == ("running", "queued")
    gate.set()
    assert (wait(first).state, wait(second).state) == ("stopped", "done")
    assert order == ["first begins", "first ends", "second begins", "second ends"]


def test_a_job_ends_a_while_after_its_last_watcher_has_gone(monkeypatch):
    monkeypatch.setattr("nas_core.turns.GRACE", 0.1)
    jobs = Jobs()
    job = jobs.start("k", "counting", partial(count, 10**6, 0.01))
    for _ in range(10):
        time.sleep(0.04)
        job.touch()
    assert job.state == "running"
    wait(job, "stopped", timeout=5.0)


def test_a_job_that_is_kept_comes_to_its_own_end_without_a_watcher(monkeypatch):
    monkeypatch.setattr("nas_core.turns.GRACE", 0.05)
    jobs = Jobs()
    job = jobs.start("k", "counting", partial(count, 10, 0.03))
    assert jobs.start("k", "counting", partial(count, 10, 0.03), detached=True) is job  # who joins it may want it kept
    assert wait(job).state == "done"


def test_a_watcher_is_who_has_looked_lately_at_a_job_that_is_not_over(monkeypatch):
    jobs = Jobs()
    one, two = (jobs.start(key, "counting", partial(count, 10**6, 0.01)) for key in ("one", "two"))
    assert jobs.watchers() == 0
    for job, visitor in ((one, "a"), (one, "b"), (two, "b"), (two, "")):
        job.touch(visitor)
    assert jobs.watchers() == 2
    jobs.stop("one")
    wait(one)
    assert jobs.watchers() == 1
    monkeypatch.setattr("nas_core.jobs.RECENT", 0.0)
    assert jobs.watchers() == 0
    jobs.stop("two")


def test_progress_is_estimated_from_what_was_done():
    jobs = Jobs()
    job = jobs.start("k", "counting", partial(count, 20, 0.02), total=20)
    wait_for(lambda: len(job.items) >= 10)
    assert 0.5 <= job.share < 1.0
    assert 0.0 < job.seconds_left < 5.0
    jobs.stop("k")
    assert jobs.start("other", "unknown", partial(count, 3)).share is None


def test_the_last_hundred_finished_jobs_are_kept():
    jobs = Jobs()
    for i in range(105):
        wait(jobs.start(f"job {i}", "", partial(count, 1)))
    jobs.start("last", "", partial(count, 1))
    assert jobs.get("job 0") is None
    assert jobs.get("job 104") is not None


# -------------------------------------------------------------------------------------------- searches
@pytest.fixture
def store(tmp_path, tables):
    return Store(tmp_path / "runs")


def test_a_search_is_saved_shown_again_and_repeated_when_asked(store, monkeypatch):
    events = list(search(store, SPEC))
    assert isinstance(events[0], Started) and isinstance(events[-1], Stopped)
    before = store.path(SPEC.id).stat().st_mtime_ns
    assert list(search(store, SPEC)) == events
    assert store.path(SPEC.id).stat().st_mtime_ns == before
    assert list(search(store, SPEC, fresh=True)) == events
    assert store.path(SPEC.id).stat().st_mtime_ns > before


def test_a_search_that_was_stopped_goes_on(store):
    stream = search(store, SPEC)
    head = [next(stream) for _ in range(9)]
    stream.close()
    assert store.read(SPEC.id) == head
    assert list(search(store, SPEC)) == store.read(SPEC.id)
    assert store.has_ended(SPEC.id)


def test_a_damaged_run_can_be_repeated_and_is_kept_aside(store):
    list(search(store, SPEC))
    store.path(SPEC.id).write_text("{\n")
    with pytest.raises(RuntimeError, match="damaged at line 1"):
        list(search(store, SPEC))
    assert isinstance(list(search(store, SPEC, fresh=True))[-1], Stopped)
    assert (store.trash / f"{SPEC.id}.jsonl").read_text() == "{\n"
