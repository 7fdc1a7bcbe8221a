"""Every test of a page has a server that has just started."""

import pytest

import ui
from nas_core import child
from ui import visitors


@pytest.fixture(autouse=True)
def fresh_server(data_folder, monkeypatch):
    """No job and no store is left of an earlier test, and no process is started before one is needed."""
    monkeypatch.setattr(child.Children, "prepare", lambda self, make: None)
    monkeypatch.setattr(visitors, "_cookie", str)  # AppTest knows none: a visitor's key is of the session
    ui.jobs.clear()
