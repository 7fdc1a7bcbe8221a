"""The server fits on a small host, and never loads torch: what needs it runs in child processes."""

from pathlib import Path

from nas_core import machine
from tests.browser.conftest import trouble, visit
from tests.browser.test_every_page import ADDRESSES

GUARANTEED_MB = 690  # of Streamlit Community Cloud


def test_memory_after_a_visit_to_every_page(page, server):
    for address in ADDRESSES:
        visit(page, server.url + address)
        assert trouble(page) == []
    held = {pid: (machine.occupied(pid) or 0) / 2**20 for pid in machine.family(server.pid)}
    assert held[server.pid] > 0  # so that the next line can fail
    assert sum(held.values()) < GUARANTEED_MB, held
    maps = Path(f"/proc/{server.pid}/maps").read_text()
    assert "numpy" in maps  # so that the next line can fail
    assert "torch" not in maps
