"""What ends or refuses a job: nobody wants it, too many wait, it works too long, it or the server is too large."""

import json
import os
import re
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest

from nas_core import machine
from nas_core.jobs import Jobs
from nas_core.limits import Limits
from nas_core.settings import Settings
from nas_core.turns import Job
from tests.streams import count, grow_and_stay
from tests.unit.test_jobs import wait


def test_a_job_that_waits_ends_too_when_its_last_watcher_has_gone(monkeypatch):
    monkeypatch.setattr("nas_core.turns.GRACE", 0.2)
    jobs, gate = Jobs(Settings(jobs=1)), threading.Event()
    first = jobs.start("first", "", partial(held, gate), detached=True)
    lonely = jobs.start("lonely", "", partial(count, 1))
    kept = jobs.start("kept", "", partial(count, 1), detached=True)
    time.sleep(0.3)
    gate.set()
    assert [wait(job).state for job in (first, lonely, kept)] == ["done", "stopped", "done"]


def test_what_waits_and_is_wanted_no_more_takes_no_place(monkeypatch):
    monkeypatch.setattr("nas_core.turns.GRACE", 0.2)
    jobs, gate = Jobs(Settings(jobs=1, visitor_waiting=1)), threading.Event()
    jobs.start("hold", "", partial(held, gate), detached=True)
    left = jobs.start("left", "", partial(count, 1))
    time.sleep(0.3)
    wanted = jobs.start("wanted", "", partial(count, 1))
    assert (left.state, wanted.state) == ("stopped", "queued")
    gate.set()
    assert wait(wanted).state == "done"


def held(gate):
    gate.wait()
    yield 1


def test_one_too_many_that_would_wait_says_so_and_the_others_are_as_they_were():
    who, gate = ["a"], threading.Event()
    jobs = Jobs(Settings(jobs=1, waiting=3, visitor_waiting=2), visitor=lambda: who[0])
    jobs.start("hold", "", partial(held, gate))
    mine = [jobs.start(f"mine {i}", "", partial(count, 1)) for i in range(3)]
    assert [job.state for job in mine] == ["queued", "queued", "failed"]
    assert mine[2].error == "2 jobs of yours wait already, as many as may here; let one come to its end, or stop one"
    who[0] = "b"
    others = [jobs.start(f"other {i}", "", partial(count, 1)) for i in range(2)]
    assert [job.state for job in others] == ["queued", "failed"]
    assert others[1].error == "3 jobs wait already, as many as may here; try again in a while"
    gate.set()
    assert [wait(job).state for job in (mine[0], mine[1], others[0])] == ["done"] * 3
    assert wait(jobs.start("mine 2", "", partial(count, 1))).state == "done"


def test_a_job_that_works_too_long_is_stopped_with_a_sentence(monkeypatch):
    jobs = Jobs(Settings(job_minutes=1))
    monkeypatch.setattr("nas_core.jobs.LOOK", 0.0)
    monkeypatch.setattr("nas_core.turns.Job.work", property(lambda job: 30.0 * len(job.items)))
    job = wait(jobs.start("k", "", partial(count, 100)))
    assert (job.state, job.items) == ("stopped", [0, 1, 2])
    assert job.error.startswith(
        "It was ended: it has worked for 1 min, as long as a job may here. What is done is kept"
    )


@pytest.mark.parametrize(
    ("limit", "own", "sentence"),
    [
        ("visitor_minutes", True, "your jobs have worked for 2 min within a day, as long as they may here; go on"),
        ("server_minutes", False, "jobs have worked here for 2 min within a day, as long as they may; go on tomorrow"),
    ],
)
def test_who_has_had_all_minutes_of_a_day_is_told_so_at_once_and_may_go_on_after_it(limit, own, sentence, monkeypatch):
    monkeypatch.setattr("nas_core.jobs.LOOK", 0.0)
    later, who = [0.0], ["a"]
    for module in ("turns", "limits"):
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + later[0])
        monkeypatch.setattr(f"nas_core.{module}.time", clock)
    jobs = Jobs(Settings(jobs=4, **{limit: 2}), visitor=lambda: who[0])

    def works(seconds):
        for _ in range(2):
            later[0] += seconds / 2
            yield seconds

    assert wait(jobs.start("first", "", partial(works, 90), detached=True)).state == "done"
    ended = wait(jobs.start("second", "", partial(works, 300), detached=True))
    assert (ended.state, ended.items) == ("stopped", [300]) and sentence in ended.error
    refused = jobs.start("third", "", partial(count, 1))
    assert refused.state == "failed" and refused.error.startswith(sentence)
    who[0] = "b"
    assert (wait(jobs.start("other", "", partial(count, 1))).state == "done") is own
    who[0], later[0] = "a", later[0] + 86_401
    assert wait(jobs.start("third", "", partial(count, 1))).state == "done"


def test_a_server_that_starts_again_goes_on_counting_the_minutes_of_a_day(tmp_path):
    def worked(limits, visitor, seconds):
        limits.has_worked(Job("k", "", partial(count, 1), False, visitor=visitor, turn=time.monotonic() - seconds))

    def refusal(visitor, **settings):
        limits = Limits(Settings(**settings), folder=tmp_path)
        return limits, limits.refusal(Job("k", "", partial(count, 1), False, visitor=visitor), [])

    own = {"visitor_minutes": 2}
    worked(refusal("a", **own)[0], "a", 70)
    limits, sentence = refusal("a", **own)
    assert not sentence
    worked(limits, "a", 70)
    assert refusal("a", **own)[1].startswith("your jobs have worked for 2 min within a day")
    assert not refusal("b", **own)[1] and refusal("b", server_minutes=2)[1]
    file = max(tmp_path.glob("*.jsonl"))
    yesterday = json.dumps([time.time() - 86_500, "b", 999])
    file.write_bytes(f"{yesterday}\n[1, damaged\n{{}}\n".encode() + file.read_bytes())
    old = tmp_path / "2001-01-01.jsonl"
    old.write_text(f"{json.dumps([time.time(), 'b', 999])}\n")
    assert not refusal("b", **own)[1] and refusal("a", **own)[1] and not old.exists()


def test_what_is_the_same_for_all_is_not_stopped_for_those_who_look_at_it():
    who, gate = ["a"], threading.Event()
    jobs = Jobs(Settings(jobs=2), visitor=lambda: who[0])
    race, own = (jobs.start(name, "", partial(held, gate), shared=name == "race") for name in ("race", "own"))
    for job in (race, own):
        for visitor in ("a", "b"):
            job.touch(visitor)
        jobs.stop(job.key)
    assert (race.stop.is_set(), own.stop.is_set()) == (False, True) and jobs.others(race) and not jobs.others(own)
    race.looks["b"] -= 60
    jobs.stop("race")
    assert race.stop.is_set() and not jobs.others(race)
    gate.set()
    assert {wait(job).state for job in (race, own)} == {"stopped"}


def test_processes_are_counted_for_a_visitor_and_for_all():
    who, gate = ["a"], threading.Event()
    jobs = Jobs(Settings(jobs=9, processes=4, visitor_processes=3, server_processes=5), visitor=lambda: who[0])
    assert jobs.settings.most_processes == 3
    refused = jobs.start("too many", "", partial(count, 1), processes=4)
    assert refused.error == "this needs 4 processes, and at most 3 are allowed here; take fewer"
    started = []
    for who[0], number in (("a", 2), ("a", 2), ("a", 1), ("b", 3), ("b", 2)):
        started.append(jobs.start(f"{len(started)}", "", partial(held, gate), processes=number))
    assert [job.state for job in started] == ["running", "queued", "running", "queued", "running"]
    gate.set()
    assert {wait(job).state for job in started} == {"done"}


def test_a_job_that_takes_too_much_memory_is_ended_with_a_sentence(monkeypatch):
    monkeypatch.setattr("nas_core.child.WEIGH", 0.05)
    jobs = Jobs(Settings(job_memory_mb=200))
    job = wait(jobs.start("k", "", partial(grow_and_stay, 400 * 2**20), process=True))
    assert job.state == "failed"
    assert re.match(r"this work has taken \d+ MB of memory, and at most 200 MB are allowed here; ", job.error)
    assert wait(jobs.start("small", "", partial(count, 2), process=True)).state == "done"


def occupy(monkeypatch, server, **jobs):
    """The server has so many MB with all jobs, and they, by visitor, have theirs: as if they were looked at."""
    sizes = {os.getpid(): server, **{number: mb for number, mb in enumerate(jobs.values())}}
    monkeypatch.setattr("nas_core.machine.occupied_by_family", lambda pid: sizes[pid] << 20)
    return [Job(name, "", partial(count, 1), True, visitor=name.partition("_")[0]) for name in jobs], sizes


def test_the_largest_job_of_a_visitor_ends_where_theirs_take_too_much_together(monkeypatch):
    limits = Limits(Settings(visitor_memory_mb=500))
    jobs, _ = occupy(monkeypatch, 0, a_1=300, a_2=210, b_1=400)
    for number in (0, 1, 2):
        if number != 1:
            limits.weigh(jobs[number], number, jobs)
    limits.weigh(jobs[1], 1, jobs)  # not the largest
    with pytest.raises(RuntimeError, match=r"^your jobs have taken 510 MB of memory together, and at most 500 "):
        limits.weigh(jobs[0], 0, jobs)


def test_the_largest_job_ends_where_the_server_has_too_much_but_only_if_idle_processes_do_not_help(monkeypatch):
    given = []

    def shrink():
        given.append(sizes[os.getpid()])
        sizes[os.getpid()] -= 60

    limits = Limits(Settings(memory_mb=650), shrink)
    jobs, sizes = occupy(monkeypatch, 700, a=300, b=120)
    monkeypatch.setattr("nas_core.limits.FRESH", -1.0)
    for number, job in enumerate(jobs):
        limits.weigh(job, number, jobs)
    assert given == [] or given == [700]
    for number, job in enumerate(jobs):
        limits.weigh(job, number, jobs)
    assert given == [700], "640 MB are not too much"
    sizes[os.getpid()] = 760
    limits.weigh(jobs[1], 1, jobs)
    with pytest.raises(RuntimeError, match=r"^this server has run out of memory, and of all jobs this one"):
        limits.weigh(jobs[0], 0, jobs)
    limits.weigh(jobs[1], 1, jobs[1:])  # for a while
    monkeypatch.setattr("nas_core.limits.PEACE", 0.0)
    limits._quiet = 0.0
    sizes[os.getpid()] = 900
    limits.weigh(jobs[1], 1, jobs[1:])  # alone, and no larger than a process that waits


def test_a_job_that_makes_the_server_too_large_is_ended(monkeypatch):
    monkeypatch.setattr("nas_core.child.WEIGH", 0.05)
    here = machine.occupied_by_family(os.getpid()) >> 20
    jobs = Jobs(Settings(memory_mb=here + 250))
    job = wait(jobs.start("k", "", partial(grow_and_stay, 400 * 2**20), process=True))
    assert job.state == "failed" and job.error.startswith("this server has run out of memory")
    assert wait(jobs.start("small", "", partial(count, 2), process=True)).state == "done"


def test_no_second_job_begins_while_the_server_is_too_large():
    jobs, gate = Jobs(Settings(memory_mb=1)), threading.Event()  # this process alone is larger
    first, second = (jobs.start(name, "", partial(held, gate)) for name in "ab")
    time.sleep(0.1)
    assert (first.state, second.state) == ("running", "queued")
    gate.set()
    assert (wait(first).state, wait(second).state) == ("done", "done")
