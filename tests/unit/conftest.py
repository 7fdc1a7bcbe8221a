"""Fixtures of the unit tests."""

import importlib
import itertools
import sys

import pytest

from nas_core import plugins
from nas_core.runner import run
from nas_core.store import Store
from tests.records import SPEC

_numbers = itertools.count()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture
def events(tables):
    return list(run(SPEC))


@pytest.fixture
def saved(store, events):
    """A store that holds the whole run."""
    assert list(store.record(SPEC.id, iter(events))) == events
    return store


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes an importable package from {file name: source} and returns its name."""

    def make(files, name=""):
        name = name or f"plugins_of_a_test_{next(_numbers)}"
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, source in files.items():
            (folder / file).write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        return name

    yield make
    for name in [m for m in sys.modules if m.startswith("plugins_of_a_test_")]:
        del sys.modules[name]


@pytest.fixture
def installed(package, tmp_path):
    """Makes a package of {file name: source} and installs plugins={entry point: class} of each kind; returns its name.

    A class is `Class`, or `module:Class` where it is not in the package's own file.
    """

    def install(files, **kinds):
        name = package(files)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = []
        for kind, entries in kinds.items():
            lines.append(f"[nas_explorer.{kind}]")
            for entry, target in entries.items():
                module, _, plugin = target.rpartition(":")
                lines.append(f"{entry} = {name}{'.' * bool(module)}{module}:{plugin}")
        (info / "entry_points.txt").write_text("\n".join([*lines, ""]))
        plugins._installed.cache_clear()
        return name

    yield install
    plugins._installed.cache_clear()
