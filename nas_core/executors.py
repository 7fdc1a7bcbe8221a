"""Where real evaluations run: here, in processes of this machine, or on an existing Dask cluster.

Everything is a standard `concurrent.futures.Executor`, so any other engine that offers one fits as well.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

KINDS = "serial, processes:N, dask:ADDRESS"


class SerialExecutor(Executor):
    """Runs each call at once, in the caller's own thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        future: Future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # what the call raises belongs to its future
            future.set_exception(error)
        return future


def create(text: str) -> Executor:
    """An executor from "serial", "processes:N" or "dask:ADDRESS"; use it in a `with` statement."""
    if text == "serial":
        return SerialExecutor()
    if match := re.fullmatch(r"processes:([1-9]\d{0,3})", text):
        return processes(int(match[1]))
    if text.startswith("dask:") and len(text) > 5:
        try:
            from distributed import Client
        except ImportError:
            raise ValueError("dask is not installed; install it with: python -m pip install distributed") from None
        return Client(text.removeprefix("dask:")).get_executor()
    raise ValueError(f"no executor {text!r}; there are: {KINDS}")


class _Processes(ProcessPoolExecutor):
    """A pool that ends its workers at once where its `with` block is left by an exception, Ctrl-C included."""

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> bool | None:
        workers = list((self._processes or {}).values())
        if kind is not None:
            self.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()
        return super().__exit__(kind, *rest)


def processes(count: int, nice: bool = False) -> ProcessPoolExecutor:
    """`count` worker processes that leave Ctrl-C to their parent and end with it, however it ends.

    With `nice` they work at the lowest priority, where the system knows priorities.
    """
    spawn = multiprocessing.get_context("spawn")
    return _Processes(count, mp_context=spawn, initializer=_attach, initargs=(nice,))


def _attach(nice: bool) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if nice and hasattr(os, "nice"):
        os.nice(19)


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
