"""Two visitors of a server of strangers, each with a browser of their own."""

import re

from playwright.sync_api import expect

from nas_core import places
from tests.browser.conftest import PATIENCE, serving, trouble, visit

SEARCH = "search?benchmark=pocket_topology&dataset=cluttered_digits&runs=2&trials=20"


def test_a_visitor_is_known_again_and_apart_from_another_who_gets_a_link(chromium, monkeypatch, tmp_path):
    monkeypatch.setenv("NAS_EXPLORER_PROFILE", "cloud")
    with serving(tmp_path) as server:
        anna, bert = (visitor(chromium) for _ in range(2))
        visit(anna, f"{server.url}/{SEARCH}")
        anna.get_by_role("button", name="Run", exact=True).click()
        anna.locator("p.verdict").first.wait_for()
        visit(anna, f"{server.url}/runs")  # a new session, which the cookie brings along
        assert key(anna) and key(anna) != key(bert)
        (one,) = (tmp_path / "data" / "visitors" / places.owner_of(key(anna)) / "experiments").glob("*.json")
        link = f"{server.url}/search?id={one.stem}"

        visit(bert, f"{server.url}/runs")
        expect(bert.get_by_text("There are no experiments yet")).to_be_visible()
        visit(bert, link)
        expect(bert.get_by_text("This experiment is another visitor's.")).to_be_visible()
        expect(bert.locator("p.verdict").first).to_be_visible()
        expect(bert.get_by_role("button", name=re.compile("^(Run|Continue|Experiment)"))).to_have_count(0)
        bert.get_by_role("link", name="Runs").click()
        expect(bert.get_by_text("There are no experiments yet")).to_be_visible()

        visit(anna, link)
        expect(anna.get_by_role("button", name="Experiment")).to_be_visible()
        assert not trouble(anna) and not trouble(bert)


def visitor(chromium):
    tab = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    tab.set_default_timeout(PATIENCE)
    tab.errors = []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    return tab


def key(tab):
    """What the browser keeps of this server."""
    return next((c["value"] for c in tab.context.cookies() if c["name"] == "nas_explorer_key"), None)
