"""Frozen errors that each run draws anew, by its own seed: what is compared over runs is compared over errors too."""

from __future__ import annotations

from typing import TypeVar

from nas_core import plugins
from nas_core.benchmarks import Benchmark, Table

B = TypeVar("B", bound=Benchmark)


def of_run(benchmark: B, seed: int) -> B:
    """The benchmark as the run of that seed sees it."""
    if isinstance(benchmark, Table) and benchmark.reward_noise == "frozen" and benchmark.noise_seed < 0:
        return type(benchmark)(**plugins.settings(benchmark) | {"noise_seed": seed})
    return benchmark
