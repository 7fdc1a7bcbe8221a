"""Every test of a page has a server that has just started."""

from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner

from nas_core import child
from ui import server, visitors

components = cache(manifest_scanner.scan_component_manifests)  # of all that is installed: 0.7 s for each first visit


@pytest.fixture(autouse=True)
def fresh_server(data_folder, monkeypatch):
    """No job and no store is left of an earlier test, and no process is started before one is needed."""
    monkeypatch.setattr(child.Children, "prepare", lambda self, make: None)
    monkeypatch.setattr(visitors, "_cookie", str)  # AppTest knows none: a visitor's key is of the session
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", components)
    server.jobs.clear()
