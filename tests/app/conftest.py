"""Every test of a page has a server that has just started."""

import pytest

import ui
from nas_core import child


@pytest.fixture(autouse=True)
def fresh_server(data_folder):
    """No job and no store is left of an earlier test."""
    ui.jobs.clear()
    ui.store.clear()


@pytest.fixture
def in_threads(monkeypatch):
    """Jobs run in a thread of the test, where they see what it has replaced, and not in a child process."""
    monkeypatch.setattr(child, "stream", lambda make, silence=0.1: make())
