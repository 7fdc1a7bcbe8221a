"""What child processes of tests run; kept apart so that a child imports nothing else."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from nas_core import child, places


def count(n, pause=0.0, then=None):
    """0 … n-1, then an error if one is given."""
    for i in range(n):
        time.sleep(pause)
        yield i
    if then is not None:
        raise then


def whose():
    """For whom this works, and in which folder."""
    yield places.owner(), places.data_place()


def loaded(names):
    """Which of these modules the process has imported."""
    yield [name for name in names if name in sys.modules]


def process_id():
    """Where this runs."""
    yield os.getpid()


def pretend(module):
    """As if this process had imported `module`."""
    sys.modules[module] = sys
    yield module


def grow(size):
    """A process that keeps `size` bytes."""
    process_id.kept = b"x" * size
    yield size


def grow_and_stay(size):
    """A process that keeps `size` bytes for a minute."""
    yield from grow(size)
    time.sleep(60)


def leave_a_mark(folder, pause=0.0):
    """A file of the process's number."""
    time.sleep(pause)
    (folder / str(os.getpid())).touch()
    yield from ()


def ticking():
    """A tick, as the search loop yields while it has nothing to say."""
    yield child.TICK
    yield "after a tick"


def die(how):
    """Two items, something printed between them, and the signal `how`."""
    yield "before"
    sys.stdout.write("a library prints\n")
    yield "after"
    os.kill(os.getpid(), how)
    time.sleep(60)


def unpicklable():
    """An item that cannot be sent."""
    yield threading.Lock()


def silent():
    """The process's id, then nothing for a minute."""
    yield os.getpid()
    time.sleep(60)


def deadly(number, deaths, first):
    """Its worker dies at 3: always, or only the `first` time."""
    time.sleep(0.02)
    if number == 3 and not (first and os.path.exists(deaths)):
        open(deaths, "a").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return 10 * number
