"""A visitor scores networks: the work runs in a child process, the scatter fills, an answer stands at the end."""

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.browser.conftest import trouble, visit

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"),
]


def test_networks_are_scored_live_until_there_is_an_answer(page, server):
    visit(page, f"{server.url}/proxies?proxies=SynFlow&sample=40&data=Gaussian+noise")
    page.get_by_role("button", name="Score live", exact=True).click()
    page.get_by_text("than their size does").wait_for()
    page.get_by_text("40 networks, the small network of the pocket table, Gaussian noise").wait_for()
    page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first.wait_for()
    assert page.get_by_role("button", name="Score live", exact=True).count() == 0
    assert trouble(page) == []
