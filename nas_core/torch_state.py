"""torch's threads and random numbers belong to the process: work that needs its own gives the caller's back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")
Steps = Callable[P, Generator[T, None, R]]


_alone = threading.RLock()


@contextmanager
def own_state(threads: int | None = 1) -> Iterator[None]:
    """Within it torch has so many threads (None: as many as before) and random numbers that may be seeded.

    One thread does the same sums in the same order however many cores there are. Only one thread of the process is
    within it at a time, as those of a Dask worker would else draw from each other's random numbers.
    """
    import torch

    with _alone:
        before = torch.get_num_threads()
        torch.set_num_threads(threads or before)
        try:
            with torch.random.fork_rng(devices=[]):
                yield
        finally:
            torch.set_num_threads(before)


def own_state_of_steps(threads: int | None = 1) -> Callable[[Steps[P, T, R]], Steps[P, T, R]]:
    """For a function that yields: it has such a state while it works, and the caller has another between two steps."""

    def decorate(function: Steps[P, T, R]) -> Steps[P, T, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Generator[T, None, R]:
            import torch

            numbers = torch.get_rng_state()
            with closing(function(*args, **kwargs)) as steps:
                while True:
                    with own_state(threads):
                        torch.set_rng_state(numbers)
                        try:
                            step = next(steps)
                        except StopIteration as end:
                            result: R = end.value
                            return result
                        numbers = torch.get_rng_state()
                    yield step

        return call

    return decorate
