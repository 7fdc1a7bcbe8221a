"""How fast simulated searches run, measured in processor time and against a fixed loop of plain Python.

10,000 trials a second on one core is the aim. A core that does 6 million steps of the loop a second has room for 600
of them in each trial; so the bound holds on slow and fast machines alike. Run with -s to see the numbers.
"""

import itertools
import time

import pytest

from nas_core.runner import run
from nas_core.store import Store
from nas_core.types import RunSpec, Told

pytestmark = pytest.mark.usefixtures("tables")
TRIALS, MOST_STEPS, STEPS = 5_000, 600, 500_000
SPEC = RunSpec("formula", "numbers", "regularized_evolution", max_trials=TRIALS)


def loop():
    x = 1
    for _ in range(STEPS):
        x = (x * 1103515245 + 12345) % 2147483648
    return x


def seconds(work):
    """Processor seconds of `work()`."""
    began = time.process_time()
    work()
    return time.process_time() - began


def ratio(work, other):
    """How many times as long `work` takes as `other`, each timed right after the other: the best of five."""
    return min(seconds(work) / seconds(other) for _ in range(5))


def steps_per_trial(what, work):
    """Steps of the loop that take as long as one of the trials of `work()`."""
    steps = ratio(work, loop) * STEPS / TRIALS
    print(f"\n{what}: {steps:,.0f} steps of the loop a trial")  # noqa: T201
    return steps


@pytest.fixture
def events():
    return list(run(SPEC))


@pytest.mark.parametrize("workers", [1, 8])
def test_ten_thousand_simulated_trials_a_second(workers):
    spec = RunSpec("formula", "numbers", "regularized_evolution", max_trials=TRIALS, workers=workers)
    what = f"regularized evolution, {workers} workers"
    assert steps_per_trial(what, lambda: sum(isinstance(e, Told) for e in run(spec))) < MOST_STEPS


def test_replay_is_no_slower_than_the_run(events):
    assert ratio(lambda: list(run(SPEC, log=events[:-1])), lambda: list(run(SPEC))) < 1.2


def test_saving_and_reading_a_run_keep_up(events, tmp_path):
    """Both together take at most twice what is allowed for the trials themselves."""
    stores = (Store(tmp_path / str(n)) for n in itertools.count())

    def save_and_read():
        store = next(stores)
        list(store.record(SPEC.id, iter(events)))
        assert len(store.read(SPEC.id)) == len(events)

    assert steps_per_trial("save and read", save_and_read) < 2 * MOST_STEPS
