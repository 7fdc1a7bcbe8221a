"""Searches on several objectives: fronts come on the map, a film shows how they grew, a click leads to Explore."""

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.browser.conftest import trouble, visit

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)
LINK = (  # seeds that no other test runs on this server
    "objective=several+objectives&front_runs=2&front_trials=60&first_seed=500"
    "&front_strategies=nsga2&front_strategies=random_search"
)
MARKED = """() => {
  const map = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.map')?.map).find(Boolean);
  return map ? map.marks.filter(m => m.paths.length).map(m => m.label) : [];
}"""
ASKED = "name => new URLSearchParams(location.search).get(name)"


def test_fronts_grow_on_the_map_and_in_a_film(page, server):
    visit(page, f"{server.url}/search?{LINK}")
    page.wait_for_function(f"({MARKED})().some(label => label.startsWith('the exact front'))")
    page.locator(".st-key-run_button button").click()
    page.wait_for_function(f"({MARKED})().some(label => label.startsWith('NSGA-II'))")
    page.get_by_text("a difference can be shown from 6 seeds of each on").first.wait_for()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"Number(({ASKED})('front_after')) > 8")
    page.locator(".verdict", has_text="at 60 trainings").wait_for()  # and not at the moment that is shown
    page.wait_for_function(f"!(({ASKED})('front_after'))")  # it has come to its end
    page.locator(".st-key-searched-map canvas.top").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function(f"/^[0-9]+$/.test(({ASKED})('point'))")
    point = page.evaluate(ASKED, "point")
    page.get_by_role("link", name="Look closer").click()
    page.get_by_role("heading", name=f"Cell {point}", exact=True).wait_for()
    assert trouble(page) == []


def test_back_passes_over_the_address_that_only_leads_on(page, server):
    visit(page, f"{server.url}/data")
    page.goto(f"{server.url}/pareto?strategies=NSGA-II&runs=2")
    page.wait_for_function(f"({ASKED})('front_runs') === '2' && location.pathname === '/search'")
    page.wait_for_function("window.nasExplorerWayBack && document.title.startsWith('Search')")
    page.go_back()
    page.wait_for_timeout(1000)
    if "/data" not in page.url:  # Streamlit may have written the link twice
        page.go_back()
    page.wait_for_function("location.pathname === '/data' && document.title.startsWith('Data')")
    assert trouble(page) == []
