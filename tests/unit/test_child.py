"""Child processes that stay for one generator after another: when they stay, when they are replaced, when they end."""

import gc
import os
import signal
from contextlib import suppress
from functools import partial

import pytest

from nas_core import child
from nas_core.jobs import Jobs
from nas_core.settings import Settings
from tests.streams import count, die, grow, leave_a_mark, pretend, process_id, ticking
from tests.unit.test_jobs import alive, wait, wait_for


@pytest.fixture
def children():
    """One warm process; ended with the test."""
    return child.Children(1)


def items(stream):
    return [item for item in stream if item is not child.TICK]


def test_a_child_takes_one_generator_after_another_and_is_replaced_when_it_dies(children):
    (pid,) = items(children.stream(process_id))
    assert items(children.stream(process_id)) == [pid]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not alive(pid))
    (other,) = items(children.stream(process_id))  # nobody is told: nothing was lost
    with pytest.raises(RuntimeError, match="ended unexpectedly"):
        items(children.stream(partial(die, signal.SIGKILL)))
    (third,) = items(children.stream(process_id))
    assert len({pid, other, third}) == 3


def test_a_child_that_failed_or_was_stopped_or_has_loaded_torch_does_not_stay(children):
    for make in (partial(count, 1, 0.0, ValueError("no")), partial(pretend, "torch")):
        (pid,) = items(children.stream(process_id))
        with suppress(RuntimeError):
            items(children.stream(make))
        wait_for(lambda pid=pid: not alive(pid))
    (pid,) = items(children.stream(process_id))
    stream = children.stream(partial(count, 10**6, 0.01))
    next(stream)
    stream.close()
    wait_for(lambda: not alive(pid))


def test_a_child_that_has_grown_large_does_not_stay(children, monkeypatch):
    (pid,) = items(children.stream(process_id))
    items(children.stream(partial(grow, child.LARGEST)))
    assert items(children.stream(process_id)) != [pid]


def test_a_child_with_the_code_of_before_does_not_stay(children, monkeypatch):
    (pid,) = items(children.stream(process_id))
    monkeypatch.setattr(child, "_code", lambda: 0)  # a file of the package was written
    assert items(children.stream(process_id)) != [pid]


def test_an_extra_child_takes_what_comes_next_and_ends_in_a_lull(monkeypatch):
    """Where work never pauses, each job would else pay for a process of its own."""
    monkeypatch.setattr(child, "LULL", 1.5)
    children = child.Children(1, extra=1)

    def two_at_once():
        streams = [children.stream(process_id) for _ in range(2)]
        pids = {next(item for item in stream if item is not child.TICK) for stream in streams}
        assert [items(stream) for stream in streams] == [[], []]
        return pids

    pids = two_at_once()
    assert len(pids) == 2 and two_at_once() == pids
    wait_for(lambda: sum(map(alive, pids)) == 1 and len(children._idle) == 1)


def test_children_are_prepared_ahead_and_again_where_one_has_ended(tmp_path):
    children = child.Children(2)
    for _ in range(3):  # as every visitor of the home page asks for it
        children.prepare(partial(leave_a_mark, tmp_path))
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2 and len(children._idle) == 2)
    (pid,) = items(children.stream(process_id))
    assert (tmp_path / str(pid)).exists()
    with pytest.raises(RuntimeError):
        items(children.stream(partial(count, 1, 0.0, ValueError("no"))))
    wait_for(lambda: len(list(tmp_path.iterdir())) == 3 and len(children._idle) == 2)


def test_who_comes_while_all_children_are_at_work_waits_for_one(children, tmp_path):
    children.prepare(partial(leave_a_mark, tmp_path, 0.5))
    stream = children.stream(process_id, silence=0.05)
    assert next(stream) is child.TICK
    (pid,) = items(stream)
    assert [file.name for file in tmp_path.iterdir()] == [str(pid)]


def test_children_end_with_their_owner(children):
    (pid,) = items(children.stream(process_id))
    jobs = Jobs(Settings(jobs=1))
    (other,) = wait(jobs.start("k", "one", process_id, process=True)).items
    jobs.stop("k")
    assert alive(pid) and alive(other)
    del jobs
    gc.collect()
    wait_for(lambda: not alive(other))


def test_a_tick_of_the_generator_in_a_child_is_not_an_item(children):
    assert items(children.stream(ticking)) == ["after a tick"]
