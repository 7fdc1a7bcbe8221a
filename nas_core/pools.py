"""The two clocks of a run: simulated time, and the real time of an executor's workers."""

from __future__ import annotations

import heapq
import math
import os
import queue
import time
from collections import deque
from concurrent.futures import BrokenExecutor, Executor, Future

import numpy as np

from nas_core import packages
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.tables.seeded import SeededTable
from nas_core.types import Arch, Outcome, Suggestion

Finished = tuple[int, float, Outcome, str]  # number, end, outcome, error
Call = tuple[int, Suggestion, list[int]]  # number, suggestion, seed
_NO_RANDOMNESS = np.random.default_rng(0)  # handed to benchmarks that draw nothing; making one per trial is slow


class InfrastructureError(RuntimeError):
    """The infrastructure failed, not a training: nothing is recorded, and the run can continue once that is fixed."""


class TrialSeeds:
    """What each trial of a run draws from: a seed of its own. Where a table draws which training is seen, a trial that
    continues a training draws from the seed of the trial that began it, and so sees the same one."""

    def __init__(self, seed: int, benchmark: Benchmark) -> None:
        self.seed, self.keeps = seed, isinstance(benchmark, SeededTable) and benchmark.reward_seed == "drawn"
        self._began: dict[int, int] = {}  # {number of a trial: of the one that began its training}
        self._latest: dict[tuple[Arch, int], int] = {}  # likewise of the latest training of so many epochs

    def note(self, number: int, suggestion: Suggestion) -> None:
        """A trial is asked for; to be said in order."""
        if self.keeps and suggestion.measure == "train":
            root = self._latest.get((suggestion.arch, suggestion.resume), number) if suggestion.resume else number
            self._began[number] = self._latest[suggestion.arch, suggestion.epochs] = root

    def of(self, number: int) -> list[int]:
        return [self.seed, 1, self._began.get(number, number)]


class SimulatedPool:
    """Simulated workers: the clock jumps from one completion to the next. Ties go to the lower number."""

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark, self.now = benchmark, 0.0
        self._heap: list[tuple[float, int, Outcome, str]] = []

    def submit(self, number: int, suggestion: Suggestion, seed: list[int], at: float) -> None:
        outcome, error = attempt(self.benchmark, suggestion, seed)
        heapq.heappush(self._heap, (at + outcome.seconds, number, outcome, error))

    def wait(self, until: float) -> Finished | None:
        """The next completion, to which the clock moves; None if it lies after `until`."""
        if self._heap[0][0] > until:
            return None
        end, number, outcome, error = heapq.heappop(self._heap)
        self.now = max(self.now, end)  # it may have ended while the strategy itself was busy
        return number, end, outcome, error

    retry = submit

    def spend(self, seconds: float) -> None:
        """The strategy itself spent `seconds` of real time."""
        self.now += seconds

    def close(self) -> None:
        self._heap.clear()


class ExecutorPool:
    """Real workers behind any `concurrent.futures.Executor`; `now` is real seconds, those of earlier parts included."""

    def __init__(self, benchmark: Benchmark, executor: Executor) -> None:
        self.benchmark, self.executor = benchmark, executor
        self._zero = time.monotonic()
        self._completions: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()  # number, when it ended
        self._futures: dict[int, Future] = {}
        self._again: deque[Call] = deque()  # those that were running when the run stopped: any may be what ended it
        self._alone: int | None = None  # one of them, which runs while nothing else does
        self._waiting: list[Call] = []  # those that are asked for meanwhile

    @property
    def now(self) -> float:
        return time.monotonic() - self._zero

    @now.setter
    def now(self, seconds: float) -> None:
        self._zero = time.monotonic() - seconds

    def submit(self, number: int, suggestion: Suggestion, seed: list[int], at: float) -> None:
        if self._again or self._waiting or self._alone is not None:
            self._waiting.append((number, suggestion, seed))
        else:
            self._send(number, suggestion, seed)

    def _send(self, number: int, suggestion: Suggestion, seed: list[int]) -> None:
        try:
            future = self.executor.submit(attempt, self.benchmark, suggestion, seed)
        except (RuntimeError, ValueError, OSError) as error:  # a pool that breaks, at once or while it starts a process
            raise _workers_gone(error) from error
        self._futures[number] = future
        future.add_done_callback(lambda _: self._completions.put((number, self.now)))

    def retry(self, number: int, suggestion: Suggestion, seed: list[int], at: float) -> None:
        """Do a trial again that was running when the run stopped, with nothing else beside it; if its worker dies of
        that, it failed."""
        try:
            self.executor.submit(os.getpid).result()  # workers do start here
        except BrokenExecutor as error:
            raise _workers_gone(error) from error
        self._again.append((number, suggestion, seed))

    def wait(self, until: float) -> Finished | None:
        if not self._futures:
            self._send_next()
        try:
            number, end = self._completions.get(timeout=None if math.isinf(until) else max(0.0, until - self.now))
        except queue.Empty:
            return None
        if end > until:
            return None
        alone, self._alone = number == self._alone, None
        try:
            return number, end, *self._futures.pop(number).result()
        except InfrastructureError:
            raise
        except BrokenExecutor as error:
            if alone:
                return number, end, Outcome({}, 0.0), f"its process ended twice ({_message(error)})"
            raise _workers_gone(error) from error
        except Exception as error:  # the worker itself died, whatever the engine calls that
            return number, end, Outcome({}, 0.0), _message(error)

    def _send_next(self) -> None:
        """What is to run alone, or where nothing is, everything that was asked for meanwhile."""
        if self._again:
            call = self._again.popleft()
            self._alone = call[0]
            self._send(*call)
        else:
            waiting, self._waiting = self._waiting, []
            for call in waiting:
                self._send(*call)

    def spend(self, seconds: float) -> None:
        """Real time has passed by itself."""

    def close(self) -> None:
        for future in self._futures.values():
            future.cancel()


def attempt(benchmark: Benchmark, suggestion: Suggestion, seed: list[int]) -> tuple[Outcome, str]:
    """Evaluate; an error in a training becomes a failed outcome, so that one bad architecture does not end the run.

    InfrastructureError where the training itself is not at fault: a library does not load, a file is missing.
    """
    rng = np.random.default_rng(seed) if benchmark.random else _NO_RANDOMNESS
    began = time.monotonic()
    try:
        outcome = benchmark.evaluate(suggestion, rng)
        if not 0.0 <= outcome.seconds < math.inf:
            raise ValueError(f"{benchmark.name} cannot say how long {suggestion.arch} takes: {outcome.seconds} s")
        return outcome, ""
    except Exception as error:  # an evaluation runs plugins: any other failure is the trial's, not the run's
        if (fault := packages.fault(error)) or isinstance(error, ImportError | OSError):
            why = fault or f"trainings cannot be done here ({_message(error)})"
            raise InfrastructureError(f"{why}; nothing was saved for this trial: fix that and run it again") from error
        seconds = 0.0 if benchmark.simulated else time.monotonic() - began
        return Outcome({}, seconds), _message(error)


def _workers_gone(error: Exception) -> InfrastructureError:
    return InfrastructureError(f"the workers of this run are gone ({_message(error)}); run it again to go on")


def _message(error: Exception) -> str:
    """The error's kind and message, without characters that cannot be encoded."""
    return f"{type(error).__name__}: {error}".encode("utf-8", "replace").decode("utf-8")
