"""Memory of a process with many threads."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

ARENAS = """
import ctypes, sys, threading
from nas_core import machine

if sys.argv[1] == "shared":
    machine.share_memory()
together = threading.Barrier(13)

def work():
    kept = [bytes(600) for _ in range(1000)]
    together.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
for thread in threads:
    thread.start()
together.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has arenas")
def test_threads_share_their_memory():
    def arenas(how: str) -> int:
        out = subprocess.run([sys.executable, "-c", ARENAS, how], cwd=ROOT, capture_output=True, text=True, check=True)
        return out.stdout.count("<heap nr")

    apart = arenas("apart")
    if apart == 0:
        pytest.skip("this C library is not glibc")
    assert arenas("shared") <= 2 < apart


FREED = """
import os
from nas_core import machine

blocks = [bytes(600) for _ in range(150_000)]
kept = blocks[::1000]  # which leave nothing free at the end of what was taken
del blocks
before = machine.occupied(os.getpid())
machine.give_memory_back()
print(before - machine.occupied(os.getpid()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps what is free")
def test_what_is_free_between_what_is_used_goes_back_to_the_system():
    out = subprocess.run([sys.executable, "-c", FREED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(out.stdout) > 50 * 2**20
