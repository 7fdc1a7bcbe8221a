"""What ends or refuses a job: nobody wants it, too many wait, it works too long, it or the server is too large."""

import re
import threading
import time
from functools import partial

from nas_core.jobs import Jobs
from nas_core.settings import Settings
from tests.streams import count, grow_and_stay
from tests.unit.test_jobs import wait


def test_a_job_that_waits_ends_too_when_its_last_watcher_has_gone(monkeypatch):
    monkeypatch.setattr("nas_core.turns.GRACE", 0.2)
    jobs, gate = Jobs(Settings(jobs=1)), threading.Event()
    first = jobs.start("first", "", partial(held, gate), kept=True)
    lonely = jobs.start("lonely", "", partial(count, 1))
    kept = jobs.start("kept", "", partial(count, 1), kept=True)
    time.sleep(0.3)
    gate.set()
    assert [wait(job).state for job in (first, lonely, kept)] == ["done", "stopped", "done"]


def test_what_waits_and_is_wanted_no_more_takes_no_place(monkeypatch):
    monkeypatch.setattr("nas_core.turns.GRACE", 0.2)
    jobs, gate = Jobs(Settings(jobs=1, visitor_waiting=1)), threading.Event()
    jobs.start("hold", "", partial(held, gate), kept=True)
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
    monkeypatch.setattr("nas_core.turns.Job.work", property(lambda job: 30.0 * len(job.items)))
    job = wait(jobs.start("k", "", partial(count, 100)))
    assert (job.state, job.items) == ("stopped", [0, 1, 2])
    assert job.error.startswith("It has worked for 1 min, as long as a job may here.")


def test_a_job_that_takes_too_much_memory_is_ended_with_a_sentence(monkeypatch):
    monkeypatch.setattr("nas_core.child.WEIGH", 0.05)
    jobs = Jobs(Settings(job_memory_mb=200))
    job = wait(jobs.start("k", "", partial(grow_and_stay, 400 * 2**20), process=True))
    assert job.state == "failed"
    assert re.match(r"this work has taken \d+ MB of memory, and at most 200 MB are allowed here; ", job.error)
    assert wait(jobs.start("small", "", partial(count, 2), process=True)).state == "done"


def test_no_second_job_begins_while_the_server_is_too_large():
    jobs, gate = Jobs(Settings(memory_mb=1)), threading.Event()  # this process alone is larger
    first, second = (jobs.start(name, "", partial(held, gate)) for name in "ab")
    time.sleep(0.1)
    assert (first.state, second.state) == ("running", "queued")
    gate.set()
    assert (wait(first).state, wait(second).state) == ("done", "done")
