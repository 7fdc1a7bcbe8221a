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

TICK = object()  # yielded while nothing arrives, so that the reader can stop in between

_MAIN = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from nas_core import child; child.serve()"


def stream(make: Callable[[], Iterator[Any]], silence: float = 0.1) -> Generator[Any]:
    """What `make()` yields in a child process, and TICK after every `silence` seconds without anything.

    `make` and the items must pickle. Closing the generator ends the child. RuntimeError if it fails or
    dies, with the child's own message where it sent one.
    """
    order = pickle.dumps(sys.path) + pickle.dumps(make)
    process = subprocess.Popen([sys.executable, "-c", _MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    messages: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(stdout, messages), daemon=True).start()
    try:
        with suppress(BrokenPipeError):  # a child that has exited already is reported below
            stdin.write(order)
            stdin.flush()  # and left open: when it closes, the child knows that its parent has gone
        while True:
            try:
                kind, value = messages.get(timeout=silence)
            except queue.Empty:
                yield TICK
                continue
            if kind == "end":
                return
            if kind == "died":
                raise RuntimeError(f"the worker process ended unexpectedly (exit status {process.wait(5)})")
            if kind == "error":
                raise RuntimeError(value)
            yield value
    finally:
        process.kill()
        process.wait()
        with suppress(BrokenPipeError):
            stdin.close()


def _receive(pipe: IO[bytes], messages: queue.SimpleQueue[tuple[str, Any]]) -> None:
    with pipe:
        try:
            while True:
                messages.put(pickle.load(pipe))
        except (EOFError, pickle.UnpicklingError):  # the child has exited; its last message may be cut off
            messages.put(("died", None))
        except Exception as error:  # an item of a class unknown here: reported, so that nobody waits for ever
            messages.put(("error", f"{type(error).__name__}: {error}"))


def serve() -> None:
    """The child's side: read `make` from standard input, write what it yields to standard output."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints must not mix with the items
        try:
            make = pickle.load(sys.stdin.buffer)
            threading.Thread(target=_leave_with_parent, daemon=True).start()
            with packages.import_guard():
                for item in make():
                    _send(out, "item", item)
            _send(out, "end", None)
        except (ValueError, RuntimeError) as error:
            _send(out, "error", str(error))
        except Exception as error:  # sent to the parent as a message
            _send(out, "error", f"{type(error).__name__}: {error}")


def _send(out: IO[bytes], kind: str, value: Any) -> None:
    out.write(pickle.dumps((kind, value)))
    out.flush()


def _leave_with_parent() -> None:
    os.read(0, 1)  # returns only when stdin closes: nothing more is ever sent
    os._exit(1)
