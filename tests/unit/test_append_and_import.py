"""What may happen to a file while others write to it, and to an import while it reads."""

import os
import signal
import sys
import threading

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from nas_core import machine, places
from nas_core.sources import own_data


def test_a_line_is_appended_only_while_nobody_else_writes(tmp_path):
    file = tmp_path / "log.jsonl"
    places.append_line(file, b"first")
    with FileLock(file.with_suffix(".lock")):
        thread = threading.Thread(target=places.append_line, args=(file, b"second"))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive() and file.read_bytes() == b"first\n"
        with file.open("ab") as other:  # as another process does that has the lock
            other.write(b"cut off")
    thread.join(30)
    assert file.read_bytes() == b"first\ncut off\nsecond\n"


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child in /proc")
def test_an_import_whose_process_is_killed_says_so_and_keeps_nothing(tmp_path, data_folder):
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        pixels = np.random.default_rng(len(name)).integers(0, 255, (32, 32), np.uint8)
        first = tmp_path / "pets" / name / "0.png"
        Image.fromarray(pixels).save(first)
        for number in range(1, 1500):
            os.link(first, first.with_name(f"{number}.png"))
    before = set(machine.family(os.getpid()))
    steps = own_data.read(tmp_path / "pets", own_data.Options("images"))
    assert isinstance(next(steps), own_data.Progress)
    (process,) = set(machine.family(os.getpid())) - before
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ValueError, match=r"^pets cannot be read: ") as caught:
        list(steps)
    assert "\n" not in str(caught.value)
    assert own_data.names() == [] and list(own_data.folder().iterdir()) == []
