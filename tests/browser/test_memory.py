"""The server fits on a small host, and never loads torch: what needs it runs in child processes."""

from pathlib import Path

from tests.browser.conftest import trouble, visit
from tests.browser.test_every_page import ADDRESSES

GUARANTEED_MB = 690  # of Streamlit Community Cloud


def family(pid):
    """The process and all its descendants."""
    children = [int(c) for f in Path(f"/proc/{pid}/task").glob("*/children") for c in f.read_text().split()]
    return [pid, *(p for child in children for p in family(child))]


def occupied_mb(pid):
    """Its own pages, and its share of those that several processes have: a host counts each page once."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(rows["Pss"].split()[0]) / 1024


def test_memory_after_a_visit_to_every_page(page, server):
    for address in ADDRESSES:
        visit(page, server.url + address)
        assert trouble(page) == []
    held = {pid: occupied_mb(pid) for pid in family(server.pid)}
    assert sum(held.values()) < GUARANTEED_MB, held
    maps = Path(f"/proc/{server.pid}/maps").read_text()
    assert "numpy" in maps  # so that the next line can fail
    assert "torch" not in maps
