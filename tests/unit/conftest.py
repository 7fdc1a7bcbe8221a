"""Fixtures of the unit tests."""

import importlib
import itertools
import sys

import pytest

_numbers = itertools.count()


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
