"""Generators that run in child processes, so that torch, a leak or a crash stays out of the server.

Not `multiprocessing`: its children first run the parent's main file again, and under Streamlit that is the home page.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any, cast

from nas_core import logs, machine, packages, places

TICK = object()  # yielded while nothing arrives, so that the reader can stop in between
LARGEST = 150 * 2**20  # bytes of memory with which a child may stay for the next generator
AGAIN = 0.2  # seconds between two questions whether a generator goes on
WEIGH = 1.0  # seconds between two looks at the memory of a child
LULL = 10.0  # seconds without work after which there are no more children than stay for good

_MAIN = "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); from nas_core import child; child.serve()"
Make = Callable[[], Iterator[Any]]
GoesOn = Callable[[bool], bool]
Weigh = Callable[[int], None]


class Failure(RuntimeError):
    """What a generator raised in a child process, in its own words; it is in the log already."""


def stream(make: Make, silence: float = 0.1) -> Generator[Any]:
    """What `make()` yields in a child process of its own, and TICK after every `silence` seconds without anything.

    `make` and the items must pickle. Closing the generator ends the child. RuntimeError if it fails or
    dies, with the child's own message where it sent one.
    """
    order = _order(make)
    process = _Child()
    try:
        yield from process.stream(order, silence)
    finally:
        process.end()


class Children:
    """At most `most` processes that take one generator after another: who comes second does not wait for imports.

    extra: how many more may work for a while, which end in the next lull. A child stays if its generator came to its
    end, it has neither loaded torch nor grown large, and the code is still that with which it was started. They end
    with this object, and with this process however that ends.
    """

    def __init__(self, most: int, extra: int = 0) -> None:
        self.most, self.extra = most, extra
        self._idle: list[_Child] = []
        self._busy = 0
        self._ahead = 0  # of the busy ones, those that run ahead
        self._change = threading.Condition()  # of the three above
        self._preparation: Make | None = None
        weakref.finalize(self, _end_all, self._idle)

    def stream(
        self,
        make: Make,
        silence: float = 0.1,
        goes_on: GoesOn | None = None,
        turn: float = 0.0,
        weigh: Weigh | None = None,
    ) -> Generator[Any]:
        """As the function `stream`, in a child that is there already if one is; TICKs while all are at work.

        goes_on: of a generator that may be closed at any time, says whether it goes on; it is asked now and then, with
        True after an item once the generator has had `turn` seconds. weigh: is told the child's id once a second, and
        raises RuntimeError to end it.
        """
        order = _order(make, None if goes_on is None else turn)
        while (process := self._take(silence)) is None:
            yield TICK
        try:
            yield from process.stream(order, silence, goes_on, weigh)
        finally:
            if not self._give_back(process) and self._preparation is not None:
                self.prepare(self._preparation)

    def prepare(self, make: Make) -> None:
        """Start what is missing of the children, in the background, each with `make()`: it imports, it reads tables.

        The same is done from now on wherever a child has ended.
        """
        self._preparation = make
        with self._change, suppress(OSError):  # where no process can be started, whoever needs one is told
            while self._busy + len(self._idle) < self.most:
                process = _Child()
                self._busy += 1
                self._ahead += 1
                order = _order(make)
                threading.Thread(target=self._run_ahead, args=(process, order), daemon=True).start()

    def _run_ahead(self, process: _Child, order: bytes) -> None:
        with suppress(RuntimeError):  # as above
            for _ in process.stream(order, silence=60.0):
                pass
        self._give_back(process, ahead=1)

    def _take(self, patience: float) -> _Child | None:
        """A child for the next generator; None if there was none to be had for so many seconds."""
        with self._change:
            self._change.wait_for(self._any, patience)
            if not self._any():
                return None
            process = self._fit_one() or _Child()
            self._busy += 1
            return process

    def _any(self) -> bool:
        """True if one waits, or may be started; where one that runs ahead is about to be there, it may not."""
        return bool(self._idle) or self._busy < self.most + (0 if self._ahead else self.extra)

    def _fit_one(self) -> _Child | None:
        while self._idle:
            if (process := self._idle.pop()).fit:
                return process
            process.end()
        return None

    def _give_back(self, process: _Child, ahead: int = 0) -> bool:
        """Keep it for the next, if it may stay; False if it was ended."""
        with self._change:
            self._busy -= 1
            self._ahead -= ahead
            self._change.notify()
            if stays := process.fit and self._busy + len(self._idle) < self.most + self.extra:
                self._idle.append(process)
        if not stays:
            process.end()
        elif self._busy + len(self._idle) > self.most:
            lull = threading.Timer(LULL, self.end_idle, (self.most,))
            lull.daemon = True  # the server may end before
            lull.start()
        return stays

    def end_idle(self, left: int = 0) -> None:
        """End those without work until there are no more than `left` in all."""
        with self._change:
            surplus = self._idle[: max(0, self._busy + len(self._idle) - left)]
            del self._idle[: len(surplus)]
        _end_all(surplus)


class _Child:
    """One process, and the thread that listens to it."""

    def __init__(self) -> None:
        self._code = _code()
        self._process = subprocess.Popen([sys.executable, "-c", _MAIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._stdin = cast(IO[bytes], self._process.stdin)  # left open: when it closes, the child knows to end
        self._messages: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._stays = False
        self._send(pickle.dumps(sys.path))
        stdout = cast(IO[bytes], self._process.stdout)
        threading.Thread(target=_receive, args=(stdout, self._messages), daemon=True).start()

    def stream(
        self, order: bytes, silence: float, goes_on: GoesOn | None = None, weigh: Weigh | None = None
    ) -> Generator[Any]:
        """What the generator yields that the pickle `order` makes."""
        self._stays = False
        self._send(pickle.dumps(order))
        weighed = time.monotonic()
        while True:
            if weigh and time.monotonic() - weighed > WEIGH:
                weighed = time.monotonic()
                weigh(self._process.pid)
            try:
                kind, value = self._messages.get(timeout=silence)
            except queue.Empty:
                yield TICK
                continue
            if kind == "end":
                self._stays = value
                return
            if kind == "died":
                raise RuntimeError(f"the worker process ended unexpectedly (exit status {self._process.wait(5)})")
            if kind == "error":
                sentence, level, fault = value
                logs.note("child failed", level, **fault)
                raise Failure(sentence)
            if kind == "turn":
                self._send(pickle.dumps(goes_on is None or goes_on(value)))
                continue
            yield value

    @property
    def fit(self) -> bool:
        """True if it waits for the next generator, and would make it of the code that is there now."""
        return self._stays and self._process.poll() is None and self._code == _code()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._stdin.close()

    def _send(self, data: bytes) -> None:
        with suppress(BrokenPipeError):  # a child that has exited already is reported by `stream`
            self._stdin.write(data)
            self._stdin.flush()


def _order(make: Make, turn: float | None = None) -> bytes:
    """What a child is sent: for whom it works, what it makes, and after how many seconds it asks whether it goes on."""
    return pickle.dumps((places.owner(), pickle.dumps(make), turn))


def _end_all(children: list[_Child]) -> None:
    for process in children:
        process.end()


def _code() -> int:
    """When the code of this package last changed: whoever edits a plugin must not be answered by the old one."""
    return max(file.stat().st_mtime_ns for file in Path(__file__).parent.rglob("*.py"))


def _receive(pipe: IO[bytes], messages: queue.SimpleQueue[tuple[str, Any]]) -> None:
    with pipe:
        try:
            while True:
                messages.put(pickle.load(pipe))
        except (EOFError, pickle.UnpicklingError):  # the child has exited; its last message may be cut off
            messages.put(("died", None))
        except Exception as error:  # an item of a class unknown here: reported, so that nobody waits for ever
            messages.put(("error", _failure(f"{type(error).__name__}: {error}", error)))


def serve() -> None:
    """The child's side: read orders from standard input, write what their generators yield to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()  # and answers whether to go on
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what a library prints must not mix with the items
        threading.Thread(target=_take_orders, args=(orders,), daemon=True).start()
        while _answer(orders.get(), out, orders.get):
            pass


def _answer(order: bytes, out: IO[bytes], hear: Callable[[], Any]) -> bool:
    """Do what is ordered; False if this process cannot take another order."""
    try:
        os.environ[places.OWNER], created, turn = pickle.loads(order)
        make = pickle.loads(created)
        with packages.import_guard(), closing(cast(Generator[Any], make())) as items:
            asks = began = time.monotonic()
            for item in items:
                if item is not TICK:  # the parent has ticks of its own
                    _send(out, "item", item)
                now = time.monotonic()
                if turn is not None and now > asks:
                    asks = now + min(AGAIN, turn)
                    _send(out, "turn", item is not TICK and now > began + turn)
                    if not hear():
                        break
    except (ValueError, RuntimeError) as error:
        _send(out, "error", _failure(str(error), error))
    except Exception as error:  # sent to the parent as a message
        _send(out, "error", _failure(f"{type(error).__name__}: {error}", error))
    else:
        stays = "torch" not in sys.modules and (machine.occupied(os.getpid()) or 0) <= LARGEST
        _send(out, "end", stays)
        return stays
    return False


def _failure(sentence: str, error: Exception) -> tuple[str, int, dict[str, Any]]:
    """What a parent is told: a sentence for people, and what goes into the log."""
    return sentence, logs.gravity(error), logs.fault(error)


def _send(out: IO[bytes], kind: str, value: Any) -> None:
    out.write(pickle.dumps((kind, value)))
    out.flush()


def _take_orders(orders: queue.SimpleQueue[Any]) -> None:
    """Ends this process when standard input closes: its parent has gone, or wants it no more."""
    try:
        while True:
            orders.put(pickle.load(sys.stdin.buffer))
    except (EOFError, pickle.UnpicklingError):
        os._exit(1)
