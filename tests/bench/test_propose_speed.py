"""How long strategies think, in processor time and against a fixed loop of plain Python; see test_runner_speed.py.

The aims are on one core: 100 ms a trial for Gaussian processes and TPE, 300 ms for BANANAS, 2 s for graph networks, and
ten simple strategies with 30 seeds of 300 trials in 20 s on two cores. A core that does 6 million steps of the loop a
second has room for 600,000 of them in 100 ms. Run with -s to see the numbers.
"""

import time

import numpy as np
import pytest

from nas_core import searches, strategies
from nas_core.store import Store
from nas_core.strategies import Problem
from nas_core.types import Objective, RunSpec, Trial
from tests.tiny import Formula, worth

STEPS_A_SECOND = 6_000_000
SIMPLE = (
    "random_search",
    "regularized_evolution",
    "non_aging_evolution",
    "genetic_algorithm",
    "local_search",
    "simulated_annealing",
    "reinforce",
    "guided_evolution",
    "successive_halving",
    "hyperband",
)


@pytest.fixture(scope="module")
def step():
    """Processor seconds of one step of the loop: the best of three."""

    def loop(count=500_000):
        x, began = 1, time.process_time()
        for _ in range(count):
            x = (x * 1103515245 + 12345) % 2147483648
        return (time.process_time() - began) / count

    return min(loop() for _ in range(3))


def thinking(name, trials):
    """Processor seconds that one strategy spends on `trials` asks and tells."""
    reward = worth(Formula.space)
    strategy, spent = strategies.create(name), 0.0
    strategy.start(
        Problem(Formula.space, (Objective("val_acc"),), (), Formula.fidelities, True, trials),
        np.random.default_rng([0, 0]),
    )
    for number in range(trials):
        began = time.process_time()
        suggestion = strategy.ask()
        spent += time.process_time() - began
        value = float(reward[Formula.space.index(suggestion.arch)])
        trial = Trial(number, suggestion, number, number + 1.0, {"val_acc": value}, (-value,))
        began = time.process_time()
        strategy.tell(trial)
        spent += time.process_time() - began
    return spent


@pytest.mark.parametrize(
    ("name", "trials", "seconds"),
    [
        ("tpe", 300, 0.1),
        ("bohb", 300, 0.1),
        ("gp_hamming", 300, 0.1),
        ("gp_wl", 300, 0.1),
        ("bananas", 40, 0.3),
        ("neural_predictor", 300, 2.0),
        ("npenas", 30, 2.0),
    ],
)
def test_time_to_propose(name, trials, seconds, step):
    """The two slowest are asked for fewer trials; over 300 they take up to three times as long for each."""
    took = thinking(name, trials) / trials
    print(f"\n{name}: {1000 * took:.1f} ms a trial, {took / step:,.0f} steps of the loop")  # noqa: T201
    assert took / step < seconds * STEPS_A_SECOND


def test_ten_simple_strategies_with_30_seeds_take_20_seconds_on_two_cores(tables, step, tmp_path):
    specs = [RunSpec("formula", "numbers", name, max_trials=300, seed=seed) for name in SIMPLE for seed in range(3)]
    began = time.process_time()
    done = [item for item in searches.save_each(Store(tmp_path / "runs"), specs, False) if hasattr(item, "trace")]
    took = 10 * (time.process_time() - began)
    print(f"\nten strategies, 30 seeds, 300 trials: {took:.1f} s of one core")  # noqa: T201
    assert len(done) == len(specs)
    assert took / step < 2 * 20 * STEPS_A_SECOND
