"""Every long job is killed, finds no room, a read-only folder, flipped bytes, a second process, a clock set back.

Afterwards it ends as if nothing had happened, or says one sentence; and once the cause is gone, it ends so too. The
network that goes away is in tests/unit/test_sources_fetch.py.

Each job is killed in three ways at the moments that seed 0 gives, and again at those of today, whose date is the seed:
a failure names it, and FAULTS_DAY=20261129 gives the same moments again. `--slow` kills each job 24 times.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings

import pytest

from tests import loopback, own_files
from tests.faults import accidents, works
from tests.faults.works import WORKS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and sets limits of Linux")
LIGHT = [name for name, work in WORKS.items() if not work.heavy]
COMMANDS = [name for name, work in WORKS.items() if work.command]
TODAY = int(os.environ.setdefault("FAULTS_DAY", time.strftime("%Y%m%d", time.gmtime())))  # the same for all workers
OFTEN, SOMETIMES = range(1, 7), [0]  # seeds of accidents


def seeds(*names, always=SOMETIMES):
    """(job, seed) of the few accidents of every time, and of the many that --slow asks for; heavy jobs have few."""
    for name in names or WORKS:
        few = [] if WORKS[name].heavy else always
        yield from (pytest.param(name, seed) for seed in few)
        more = [seed for seed in (*SOMETIMES, *OFTEN) if seed not in few]
        yield from (pytest.param(name, seed, marks=pytest.mark.slow) for seed in more)


@pytest.fixture(scope="module")
def victims(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    for number, file in enumerate(works.pinned()):
        place = folder / "web" / file.repository / file.commit / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(works.content(number))
    with loopback.serving(folder / "web") as (mirror, _):
        upload = str(own_files.signals(folder / "upload"))
        victims = accidents.Victims({"MIRROR": mirror, "UPLOAD": upload})
        victims.upload = upload
        yield victims
        victims.close()


@pytest.fixture(scope="module")
def calm(victims, tmp_path_factory):
    """What a job says if nothing happens, each asked once; skips those that cannot be done here."""
    answers = {}

    def ask(name):
        if WORKS[name].torch and importlib.util.find_spec("torch") is None:
            pytest.skip("torch is not installed")
        if name not in answers:
            (answers[name],) = victims.work(name, tmp_path_factory.mktemp("calm") / "data")
            assert "end" in answers[name], answers[name]
        return answers[name]

    return ask


def check_sentence(answer):
    """It is one, of this project: neither a traceback nor a number of the system."""
    assert answer["plain"], answer
    says = answer["says"]
    assert says and "\n" not in says and len(says) < 400 and "Errno" not in says, says
    assert not re.match(r"\w+(Error|Exception|Interrupt): ", says), says


def check_answer(answer, undisturbed):
    """It came to the same end, or says a sentence."""
    if "end" not in answer:
        check_sentence(answer)
    else:
        assert answer["end"] == undisturbed["end"]


def check_end(victims, name, folder, calm):
    """Begun again, it comes to the same end."""
    (again,) = victims.work(name, folder)
    assert again.get("end") == calm(name)["end"], again


@pytest.mark.parametrize("kind", accidents.KINDS)
@pytest.mark.parametrize(("name", "seed"), seeds(always=[*SOMETIMES, TODAY]))
def test_killed_it_goes_on_and_ends_the_same(name, seed, kind, victims, calm, tmp_path):
    (answer,) = victims.work(name, tmp_path / "data", **accidents.death(kind, calm(name), seed))
    if "killed" in answer:
        assert answer["killed"] in (signal.SIGKILL, signal.SIGXFSZ, signal.SIGALRM)
    elif answer.get("end") != calm(name)["end"]:  # the write was that of a process of its own
        assert kind == "in a write"
        check_sentence(answer)
    check_end(victims, name, tmp_path / "data", calm)


@pytest.fixture
def disk(tmp_path):
    """The data folder as a disk of its own."""
    disk = accidents.Disk(tmp_path / "data")
    if not disk.real:  # without the right to mount, on CI too: nothing is skipped
        warnings.warn("no disk can be mounted here: files of limited size stand for a full one", stacklevel=1)
    yield disk
    disk.close()


@pytest.mark.parametrize(("name", "seed"), seeds())
def test_without_room_it_says_so_and_goes_on_once_there_is(name, seed, victims, calm, disk):
    part = random.Random(seed).uniform(0.1, 0.9)
    if disk.real:
        disk.resize(accidents.PAGE * max(1, int(calm(name)["taken"] * part) // accidents.PAGE))
        (answer,) = victims.work(name, disk.folder)
        assert "end" not in answer, "there is room for a part of it only"
        disk.resize(64 << 20)
    else:
        (answer,) = victims.work(name, disk.folder, room=int(calm(name)["largest"] * part))
    check_answer(answer, calm(name))
    check_end(victims, name, disk.folder, calm)


@pytest.mark.parametrize("name", LIGHT)
def test_in_a_folder_that_cannot_be_written_it_says_so(name, victims, calm, tmp_path):
    calm(name)
    (tmp_path / "data").mkdir()
    (answer,) = victims.work(name, tmp_path / "data", readonly=True)
    check_sentence(answer)
    assert str(tmp_path) in answer["says"] and list((tmp_path / "data").iterdir()) == []
    (tmp_path / "data").chmod(0o755)
    check_end(victims, name, tmp_path / "data", calm)


@pytest.mark.parametrize(("name", "seed"), seeds(*LIGHT))
def test_a_flipped_byte_is_noticed(name, seed, victims, calm, tmp_path):
    folder, rng = tmp_path / "data", random.Random(seed)
    victims.work(name, folder)
    file = rng.choice(sorted(f for f in folder.rglob("*") if f.is_file() and f.stat().st_size))
    content = bytearray(file.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)
    (answer,) = victims.work(name, folder)
    if "end" not in answer:
        check_sentence(answer)
        assert file.stem in answer["says"] or file.parent.name in answer["says"], "it says which"
        assert file.read_bytes() == content, "the file is left as it is"
        shutil.rmtree(file.parent) if name == "import" else file.unlink()  # as the sentence says
        check_end(victims, name, folder, calm)
    else:
        assert answer["end"] == calm(name)["end"], f"{file.name} was read as something else"


@pytest.mark.parametrize("name", COMMANDS)
def test_two_servers_and_a_command_line_on_one_folder_do_not_hurt_each_other(name, victims, calm, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    calm(name)
    victims.begin(name, folder, times=2, server=True)
    words = [victims.upload if word == "UPLOAD" else word for word in WORKS[name].command]
    said = subprocess.run(
        [sys.executable, "-m", "nas_core", *words],
        cwd=accidents.ROOT,
        env=os.environ | {"NAS_EXPLORER_DATA": str(folder)},
        capture_output=True,
        text=True,
    )
    for answer in victims.answers():
        check_answer(answer, calm(name))
    if said.returncode:
        *_, last = said.stderr.splitlines()
        check_sentence({"plain": last.startswith("Error: "), "says": last.removeprefix("Error: ")})
        assert "Traceback" not in said.stderr
    check_end(victims, name, folder, calm)


@pytest.mark.parametrize("name", [name for name in LIGHT if name not in COMMANDS])
def test_two_at_once_do_not_hurt_each_other(name, victims, calm, tmp_path):
    calm(name)
    for answer in victims.work(name, tmp_path / "data", times=2):
        check_answer(answer, calm(name))
    check_end(victims, name, tmp_path / "data", calm)


@pytest.mark.parametrize("name", LIGHT)
def test_a_clock_that_is_set_back_changes_nothing(name, victims, calm, tmp_path):
    victims.work(name, tmp_path / "data", **accidents.death("at a file", calm(name), 1))
    later = time.time() + 86_400
    for path in (tmp_path / "data").rglob("*"):
        os.utime(path, (later, later))
    (answer,) = victims.work(name, tmp_path / "data", clock=86_400)
    assert answer.get("end") == calm(name)["end"], answer
