"""How fast simulated searches run, measured in processor time and against a fixed loop of plain Python.

10,000 trials a second on one core is the aim. A core that does 6 million steps of the loop a second has room for 600
of them in each trial; so the bound holds on slow and fast machines alike. Run with -s to see the numbers.
"""

import time

import pytest

from nas_core.runner import run
from nas_core.store import Store
from nas_core.types import RunSpec, Told

pytestmark = pytest.mark.usefixtures("tables")
TRIALS, STEPS_PER_TRIAL = 5_000, 600
SPEC = RunSpec("formula", "numbers", "regularized_evolution", max_trials=TRIALS)


def seconds(work):
    """Processor seconds of `work()`: the best of three."""
    took = []
    for _ in range(3):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def steps(count):
    x = 1
    for _ in range(count):
        x = (x * 1103515245 + 12345) % 2147483648
    return x


@pytest.fixture(scope="module")
def step():
    """Processor seconds of one step of the loop."""
    return seconds(lambda: steps(500_000)) / 500_000


@pytest.fixture
def events():
    return list(run(SPEC))


def report(what, took, step):
    print(f"\n{what}: {TRIALS / took:,.0f} trials/s, {took / TRIALS / step:,.0f} steps of the loop a trial")  # noqa: T201


@pytest.mark.parametrize("workers", [1, 8])
def test_ten_thousand_simulated_trials_a_second(workers, step):
    spec = RunSpec("formula", "numbers", "regularized_evolution", max_trials=TRIALS, workers=workers)
    took = seconds(lambda: sum(isinstance(e, Told) for e in run(spec)))
    report(f"regularized evolution, {workers} workers", took, step)
    assert took / TRIALS < STEPS_PER_TRIAL * step


def test_replay_is_no_slower_than_the_run(events, step):
    took = seconds(lambda: list(run(SPEC, log=events[:-1])))
    report("replay", took, step)
    assert took < 1.2 * seconds(lambda: list(run(SPEC)))


def test_saving_and_reading_a_run_keep_up(events, step, tmp_path):
    """Both together take at most twice what is allowed for the trials themselves."""
    stores = iter([Store(tmp_path / name) for name in "abc"])

    def save_and_read():
        store = next(stores)
        list(store.record(SPEC.id, iter(events)))
        assert len(store.read(SPEC.id)) == len(events)

    took = seconds(save_and_read)
    report("save and read", took, step)
    assert took / TRIALS < 2 * STEPS_PER_TRIAL * step
