"""Whose work is next: turns of visitors, the extra place, limits, waiting, and a race beside a sweep."""

import threading
import time
from functools import partial

import pytest

from nas_core import child, searches, turns
from nas_core.jobs import Jobs
from nas_core.settings import Settings
from nas_core.store import Store
from nas_core.turns import Job, Turns
from nas_core.types import RunSpec
from tests.unit.test_jobs import wait, wait_for

BENCHMARK = ("pocket_topology", "cluttered_digits")


def waiting(queue, names, rest=None):
    """The jobs "a1", "a2", … of visitor "a" and so on, in the queue."""
    jobs = [Job(name, name, tuple, True, rest=rest, visitor=name[0]) for name in names.split()]
    queue.waiting += jobs
    return jobs


def names(jobs):
    return " ".join(job.key for job in jobs)


def test_visitors_take_turns_and_each_is_served_in_order():
    queue = Turns(2)
    waiting(queue, "a1 a2 a3 b1 c1 b2")
    assert names(queue.order()) == "a1 b1 c1 a2 b2 a3"
    begun = [queue.begin(), queue.begin()]
    assert names(begun) == "a1 b1" and queue.begin() is None
    assert names(queue.order()) == "c1 a2 b2 a3"
    queue.end(begun[0], "done")
    assert names(queue.order()) == "c1 a2 b2 a3"  # c has had nothing yet
    assert names([queue.begin()]) == "c1"
    queue.end(begun[1], "done")
    assert names([queue.begin()]) == "a2"  # whose last turn ended first


def test_new_visitors_go_first_for_a_while_but_nobody_waits_for_ever(monkeypatch):
    """One place; a job that is not done in a turn, and every second another visitor, whose job takes a second."""
    clock = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    queue, order = Turns(1), ""
    waiting(queue, "a1", rest=tuple)
    for newcomer in map(chr, range(ord("b"), ord("b") + 40)):
        waiting(queue, f"{newcomer}1")
        job = queue.begin()
        order += job.visitor
        clock += 1
        queue.end(job, "queued" if job.key == "a1" else "done")
    assert order.startswith("abcdefghijkla") and order.count("a") > 2
    assert len(queue._latest) < 2 * turns.HEAD_START


def test_a_visitor_alone_has_every_place_unless_that_is_limited():
    for each, begun in ((0, "a1 a2 a3"), (2, "a1 a2")):
        queue = Turns(3, each)
        waiting(queue, "a1 a2 a3 a4")
        assert names(iter(queue.begin, None)) == begun


def test_an_extra_place_is_for_who_has_nothing_at_work_and_can_be_divided():
    queue = Turns(2)
    waiting(queue, "a1 b1", rest=tuple)
    assert names(iter(queue.begin, None)) == "a1 b1"
    waiting(queue, "c1")
    assert queue.begin() is None
    waiting(queue, "a2 d1 e1", rest=tuple)
    assert names(iter(queue.begin, None)) == "d1"
    queue = Turns(2)
    waiting(queue, "a1 a2", rest=tuple)
    assert names(iter(queue.begin, None)) == "a1 a2"
    waiting(queue, "b1", rest=tuple)
    assert queue.begin() is None  # a2 will make room at once


def test_a_second_place_is_given_up_at_once_to_who_has_none_and_the_first_between_two_items():
    queue = Turns(2)
    waiting(queue, "a1 a2", rest=tuple)
    first, second = iter(queue.begin, None)
    waiting(queue, "b1")
    assert queue.should_end(first, between=False)
    queue.end(second, "queued")
    assert names(iter(queue.begin, None)) == "b1"
    waiting(queue, "c1")
    assert queue.should_end(first) and not queue.should_end(first, between=False)


def test_a_job_goes_on_unless_a_visitor_with_less_at_work_could_have_its_place():
    queue = Turns(2)
    waiting(queue, "a1 a2", rest=tuple)
    first, second = iter(queue.begin, None)
    waiting(queue, "a3", rest=tuple)
    assert not queue.should_end(first)
    (other,) = waiting(queue, "b1")
    assert queue.should_end(first) and queue.should_end(second)
    queue.end(first, "queued")
    assert queue.begin() is other
    assert names(queue.order()) == "a1 a3"  # it goes on before what its visitor asked for later
    waiting(queue, "b2")
    assert not queue.should_end(second)  # both have one at work


def test_what_a_visitor_watches_goes_before_what_goes_on_by_itself():
    queue = Turns(2, each=1)
    sweep, second, race = waiting(queue, "a1 a2 a3", rest=tuple)
    sweep.detached = second.detached = True
    race.detached = False
    assert names(queue.order()) == "a3 a1 a2"
    queue.waiting.remove(race)
    assert queue.begin() is sweep and not queue.should_end(sweep)
    queue.waiting.append(race)
    assert queue.should_end(sweep) and not queue.should_end(sweep, between=False)
    queue.end(sweep, "queued")
    assert queue.begin() is race and not queue.should_end(race)
    queue.end(race, "done")
    assert queue.begin() is sweep


def test_no_place_is_given_up_for_who_could_not_have_it():
    queue = Turns(1)
    waiting(queue, "a1")
    queue.begin()
    (extra,) = waiting(queue, "b1", rest=tuple)
    assert queue.begin() is extra
    waiting(queue, "c1")
    assert not queue.should_end(extra)  # one place is left then, and the undivided a1 has that


def test_the_wait_is_until_a_place_is_free_and_then_a_turn_for_each_before(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(turns.time, "monotonic", lambda: now[0])
    queue = Turns(1)
    (long,) = waiting(queue, "a1")
    queue.begin()
    first, second = waiting(queue, "b1 c1")
    assert queue.wait(first) is None  # nothing is known of what works
    long.total, long.items = 10, [None] * 2
    now[0] += 4.0
    assert queue.wait(first) == pytest.approx(16.0)  # eight more items of 2 s
    assert queue.wait(second) == pytest.approx(16.0 + turns.TURN)
    assert queue.wait(long) is None
    long.rest, long.total = tuple, 100
    assert queue.wait(first) == pytest.approx(0.0)  # its turn is over, and it is between two items
    now[0] += 0.5  # with pauses of 2.25 s, two items and a third one that is not there yet
    assert queue.wait(first) == pytest.approx(0.0, abs=2.3)


def test_who_has_all_that_a_visitor_may_have_waits_for_their_own(monkeypatch):
    monkeypatch.setattr(turns.time, "monotonic", lambda: 104.0)
    queue = Turns(2, each=1)
    (mine, more, most) = waiting(queue, "a1 a2 a3", rest=tuple)
    queue.begin()
    assert queue.begin() is None
    mine.began = mine.turn = 100.0
    assert queue.wait(more) is None
    mine.total, mine.items = 10, [None] * 2
    assert queue.wait(more) == pytest.approx(16.0)  # eight more items of 2 s, though its turn is over before
    assert queue.wait(most) is None
    (other,) = waiting(queue, "b1")
    assert names([queue.begin()]) == "b1"
    other.rest, other.turn = tuple, 104.0
    (third,) = waiting(queue, "c1")
    assert queue.wait(third) == pytest.approx(0.0)  # a1 makes room; a2 and a3, which were there before, may not begin


@pytest.fixture
def two():
    """(jobs, who): the jobs of a server with two places, which `who[0]` starts."""
    who = [""]
    return Jobs(visitor=lambda: who[0]), who


def specs(strategy, seeds, trials=150):
    return [RunSpec(*BENCHMARK, strategy, max_trials=trials, seed=seed) for seed in seeds]


def test_what_is_divided_is_done_whole(monkeypatch, tmp_path, two):
    """In one place, with the shortest turns: two visitors' searches alternate, none is lost or done twice."""
    monkeypatch.setattr(turns, "TURN", 0.0)
    monkeypatch.setattr(child, "AGAIN", 0.0)
    jobs, who = two
    jobs.settings, jobs._turns.places = Settings(jobs=1), 1
    began = []
    begin = jobs._turns.begin
    monkeypatch.setattr(jobs._turns, "begin", lambda: began.append(job := begin()) or job)
    saved = specs("random_search", range(12), 30)
    raced = specs("local_search", range(12), 30)
    who[0] = "c"
    gate = threading.Event()
    jobs.start("long", "it cannot be divided", partial(holding, gate))  # so that there is the extra place only
    who[0] = "a"
    one = searches.start(jobs, Store(tmp_path / "runs"), saved)
    who[0] = "b"
    two = searches.start_race(jobs, raced)
    assert {item.run for item in wait(one).items} == {spec.id for spec in saved} and len(one.items) == 12
    assert sorted(trace.spec.seed for trace in wait(two).items) == list(range(12))
    order = [job.visitor for job in began if job]
    assert order[:4] == ["c", "a", "b", "a"] and order.count("a") > 2 and order.count("b") > 1
    gate.set()


def holding(gate):
    gate.wait()
    yield None


def test_a_race_beside_fifty_gaussian_processes_of_another_is_at_most_twice_as_long(tmp_path, two):
    """Fifty in one experiment, and fifty more in jobs of their own."""
    jobs, who = two
    searches.prepare(jobs, specs("random_search", [0])[0])
    store = Store(tmp_path / "runs")

    def race(first):
        racers = ("random_search", "regularized_evolution", "local_search")
        job = searches.start_race(jobs, [s for name in racers for s in specs(name, range(first, first + 25))])
        began = time.monotonic()
        assert wait(job, timeout=60.0).state == "done"
        return time.monotonic() - began

    race(0)  # reads the table
    who[0] = "b"
    before = race(100)
    who[0] = "a"
    searches.start(jobs, store, specs("gp_hamming", range(50)))
    for seed in range(50):
        searches.start(jobs, store, specs("gp_wl", [seed]))
    assert len(jobs.active()) == 51
    who[0] = "b"
    beside = [race(300), race(400)]
    assert sum(job.visitor == "a" for job in jobs.active()) >= 50
    who[0] = "a"
    for job in jobs.active():
        jobs.stop(job.key)
    wait_for(lambda: not jobs.active())
    who[0] = "b"
    alone = max(before, race(500))  # others may use this machine as well, now more and now less
    assert min(beside) < 2 * alone, f"{beside} s beside them, {alone} s alone"
