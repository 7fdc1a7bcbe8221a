"""Seven jobs for which people come, each done by a first visitor in a counted number of actions.

An action is a click, or a text typed and entered; reading and waiting are free. The figure for a paper is in
test_export.py.
"""

from __future__ import annotations

import re
import shutil
from typing import Any

import numpy as np
import pytest

from nas_core.benchmarks import table
from tests.browser.conftest import serving, trouble, visit

pytestmark = [pytest.mark.shared, pytest.mark.torch]
STILL = "[data-testid=stApp][data-test-script-state=notRunning]"


class Visitor:
    """Somebody on a page, who counts what they do to it."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url, self.actions = page, url, 0

    def come(self, address: str) -> Visitor:
        """Open a page of the app; free."""
        visit(self.page, f"{self.url}{address}")
        return self

    def click(self, place: Any) -> None:
        """One action, once the page rests: before, it may move under the pointer."""
        self.rest()
        place.click()
        self.actions += 1

    def press(self, name: str) -> None:
        """Click the button of that name, also beside a list that is still open."""
        self.click(self.page.get_by_role("button", name=name, include_hidden=True).first)

    def enter(self, place: Any, text: str) -> None:
        """Type a text into a box, enter it and leave the box, whose list would lie over what is below: one action."""
        self.rest()
        place.fill(text)
        place.press("Enter")
        place.press("Tab")
        self.actions += 1

    def rest(self) -> None:
        """Wait until the page rests."""
        self.page.wait_for_timeout(100)  # what was done before has arrived
        self.page.locator(STILL).wait_for()


@pytest.fixture(scope="module")
def server(_nats_tables, tmp_path_factory):
    """A server that has NATS-Bench."""
    folder = tmp_path_factory.mktemp("jobs")
    shutil.copytree(_nats_tables, folder / "data" / "tables")
    with serving(folder) as running:
        yield running


@pytest.fixture
def visitor(page, server):
    """A first visitor."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield Visitor(page, server.url)
    assert trouble(page) == []


def test_the_best_cell_below_a_limit_with_its_link(visitor, page, nats_tables):
    visitor.come("/explore?benchmark=nats_topology&dataset=cifar10")
    visitor.enter(page.get_by_role("combobox", name="Filter"), "MFLOPs ≤ 100")
    visitor.press("Best of these")
    visitor.press("Copy the link")
    page.get_by_role("button", name="Link copied").wait_for()
    known = table("nats_topology", "cifar10")
    allowed = np.where(known.column("flops_m") <= 100, known.column("val_acc"), -np.inf)
    assert f"cell={allowed.argmax()}" in page.evaluate("() => navigator.clipboard.readText()")
    assert visitor.actions <= 4


def test_evolution_against_random_search_and_bayesian_optimisation_over_a_time(visitor, page):
    visitor.come("/search?benchmark=nats_topology&dataset=cifar10")
    visitor.enter(page.get_by_role("combobox", name="Strategies"), "BO")
    visitor.click(page.get_by_role("radio", name="time", exact=True, include_hidden=True).first)
    visitor.enter(page.get_by_role("spinbutton", name="Simulated seconds", include_hidden=True), "20000")
    visitor.enter(page.get_by_role("spinbutton", name="Runs of each", include_hidden=True), "2")
    visitor.click(page.locator(".st-key-run_button button"))
    page.get_by_text(re.compile("beats?|No strategy is shown to be ahead")).first.wait_for()
    said = page.locator(".verdict").inner_text().replace("\u00a0", " ")
    assert "20,000 s" in said and visitor.actions <= 6


def test_which_proxy_to_trust(visitor, page):
    visitor.come("/proxies?benchmark=nats_topology")
    visitor.click(page.get_by_role("combobox", name="Dataset"))
    visitor.click(page.get_by_role("option", name="CIFAR-100"))
    page.get_by_text(re.compile("NATS-Bench topology · CIFAR-100")).first.wait_for()
    page.get_by_text(re.compile(r"Spearman")).first.wait_for()
    assert visitor.actions <= 2


def test_darts_collapses(visitor, page):
    visitor.come("/")
    visitor.click(page.get_by_role("link", name="Watch DARTS collapse"))
    page.get_by_text(re.compile("After 200 epochs, DARTS names")).first.wait_for()
    assert visitor.actions <= 2


def test_a_table_of_ones_own_whose_columns_have_other_names(visitor, page, tmp_path):
    own = tmp_path / "mine.csv"
    own.write_text("cell,score\nnats:1,71.5\nnats:2,60.25\nnats:3,65\n")
    visitor.come("/data")
    visitor.rest()
    page.locator("input[type=file]").last.set_input_files(own)
    visitor.actions += 1
    visitor.press("Import 3 architectures")
    visitor.click(page.get_by_role("link", name="Explore it"))
    page.get_by_role("heading", name="Explore", exact=True).wait_for()
    page.get_by_text("71.50 %").first.wait_for()
    assert visitor.actions <= 4


def test_what_evolution_learned_step_by_step_after_a_race(visitor, page):
    visitor.come("/?race=1")
    visitor.click(page.get_by_role("link", name="Look closer on Search"))
    page.locator(".verdict").wait_for()
    visitor.click(page.get_by_role("tab", name="Inside one run"))
    page.get_by_text(re.compile(r"After \d+ of 150 trainings")).wait_for()
    page.get_by_role("button", name="Play").wait_for()
    assert visitor.actions <= 2
