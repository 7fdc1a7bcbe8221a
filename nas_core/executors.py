"""Where real evaluations run: here, in processes of this machine, or on an existing Dask cluster.

Everything is a standard `concurrent.futures.Executor`, so any other engine that offers one fits as well.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import closing
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
        return _cluster(text.removeprefix("dask:"))
    raise ValueError(f"no executor {text!r}; there are: {KINDS}")


def _cluster(address: str) -> Executor:
    """The workers of a Dask cluster, which is left running at the end."""
    try:
        from distributed import Client
        from distributed.cfexecutor import ClientExecutor
    except ImportError:
        raise ValueError("dask is not installed; install it with: python -m pip install distributed") from None

    class Cluster(ClientExecutor):
        def shutdown(self, wait: bool = True, **more: Any) -> None:
            super().shutdown(wait, **more)
            client.close()

    client = Client(address)
    return Cluster(client, pure=False)


def ahead(text: str) -> int:
    """How many calls to hand over at a time, so that no worker has to wait and few are lost where one dies."""
    count = text.partition(":")[2]
    return 2 * int(count) if text.startswith("processes:") else 64 if text.startswith("dask:") else 1


def call_all(
    text: str, function: Callable[..., Any], calls: Sequence[tuple]
) -> Generator[tuple[tuple, Any, BaseException | None]]:
    """(arguments, result, None) of `function(*arguments)` for all of `calls`, as they end, on the executor of `text`.

    Where a worker dies its pool is replaced, and the calls that were under way are made again one by one. One at which
    a worker dies again comes as (arguments, None, error). What a call itself raises is raised here; RuntimeError where
    no worker starts.
    """
    waiting, suspects, retries = deque(range(len(calls))), deque[int](), set[int]()  # positions: calls need no hash
    while waiting or suspects:
        running: dict[Future, int] = {}
        with create(text) as pool:
            broken = False
            _check(pool)
            while not broken and (waiting or suspects or running):
                try:
                    queue, most = (suspects, 1) if suspects else (waiting, ahead(text))
                    while queue and len(running) < most:
                        running[pool.submit(function, *calls[queue[0]])] = queue[0]
                        queue.popleft()
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                except BrokenExecutor:  # it broke before it could take a call
                    done, broken = set(), True
                for future in done:
                    position, error = running.pop(future), future.exception()
                    if error is None:
                        yield calls[position], future.result(), None
                    elif not _died(error):
                        raise error
                    elif position in retries or not isinstance(error, BrokenExecutor):  # Dask tries again by itself
                        yield calls[position], None, error
                    else:
                        suspects.append(position)
                    broken = broken or isinstance(error, BrokenExecutor)
        suspects.extend(running.values())
        retries.update(suspects)


def _check(pool: Executor) -> None:
    """RuntimeError where worker processes do not even start: that says nothing of what they were to do."""
    if isinstance(pool, ProcessPoolExecutor):
        try:
            pool.submit(os.getpid).result()
        except BrokenExecutor as error:
            raise RuntimeError(
                f"worker processes do not start here ({type(error).__name__}); a script that uses them must work under "
                'if __name__ == "__main__":'
            ) from error


def _died(error: BaseException) -> bool:
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"  # the latter is Dask's


class _Processes(ProcessPoolExecutor):
    """A pool that ends its workers at once where its `with` block is left by an exception, Ctrl-C included."""

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> bool | None:
        workers = list((self._processes or {}).values())
        if kind is not None:
            self.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()
        return super().__exit__(kind, *rest)


def spread(function: Callable[..., Any], calls: Sequence[tuple], count: int) -> Generator[Any]:
    """`function(*arguments)` for all of `calls`, as they end, in `count` processes; with 1 in this one, in their order.

    What a call raises is raised here. Where a process dies its calls are made again as by `call_all`; RuntimeError
    where one dies at the same call again: that is the result of no call.
    """
    text = f"processes:{min(count, len(calls))}" if min(count, len(calls)) > 1 else "serial"
    with closing(call_all(text, function, calls)) as results:
        for _, result, error in results:
            if error is not None:
                raise RuntimeError(
                    f"a process of this work ended unexpectedly, and again ({type(error).__name__}); run it again to "
                    f"go on"
                ) from error
            yield result


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
