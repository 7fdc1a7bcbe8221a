"""A generator that runs in a child process, so that torch, a leak or a crash stays out of the server.

Not `multiprocessing`: its children first run the parent's main file again, and under Streamlit that is the home page.
"""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import IO, Any, cast

from nas_core import packages

TICK = object()  # stands for a short silence, so that whoever iterates can look up and stop

_MAIN = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from nas_core import child; child.serve()"


def stream(make: Callable[[], Iterator[Any]], silence: float = 0.1) -> Generator[Any]:
    """What `make()` yields in a child process, and TICK after every `silence` seconds without anything.

    `make` and the items must pickle. Closing the generator ends the child. RuntimeError, in the words of the child
    where it had any, if it fails or dies.
    """
    order = pickle.dumps(sys.path) + pickle.dumps(make)
    process = subprocess.Popen([sys.executable, "-c", _MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    mouth, ear = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    news: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(ear, news), daemon=True).start()
    try:
        with suppress(BrokenPipeError):  # a child that has exited already is reported below
            mouth.write(order)
            mouth.flush()  # and left open: its end tells the child that nobody listens any more
        while True:
            try:
                kind, value = news.get(timeout=silence)
            except queue.Empty:
                yield TICK
                continue
            if kind == "end":
                return
            if kind == "lost":
                raise RuntimeError(f"the worker process ended unexpectedly (exit status {process.wait(5)})")
            if kind == "error":
                raise RuntimeError(value)
            yield value
    finally:
        process.kill()
        process.wait()
        with suppress(BrokenPipeError):
            mouth.close()


def _hear(pipe: IO[bytes], news: queue.SimpleQueue[tuple[str, Any]]) -> None:
    with pipe:
        try:
            while True:
                news.put(pickle.load(pipe))
        except (EOFError, pickle.UnpicklingError):  # the child has exited; its last message may be cut off
            news.put(("lost", None))
        except Exception as error:  # an item of a class unknown here: said, not hung on
            news.put(("error", f"{type(error).__name__}: {error}"))


def serve() -> None:
    """The child's side: read what to make from standard input, write what it yields to standard output."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints must not mix with the items
        try:
            make = pickle.load(sys.stdin.buffer)
            threading.Thread(target=_leave_with_parent, daemon=True).start()
            with packages.import_guard():
                for item in make():
                    _say(out, "item", item)
            _say(out, "end", None)
        except (ValueError, RuntimeError) as error:
            _say(out, "error", str(error))
        except Exception as error:  # told to the parent, in words
            _say(out, "error", f"{type(error).__name__}: {error}")


def _say(out: IO[bytes], kind: str, value: Any) -> None:
    out.write(pickle.dumps((kind, value)))
    out.flush()


def _leave_with_parent() -> None:
    os.read(0, 1)  # returns at its end only: nothing more is ever sent
    os._exit(1)
