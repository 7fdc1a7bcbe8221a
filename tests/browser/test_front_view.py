"""A visitor of Explore's view Pareto front: steps along the front, the way to searches, and what the views share."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.browser.conftest import trouble, visit

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)
VIEW = "/explore?view=Pareto+front"
MARKED = """() => {
  const map = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.map')?.map).find(Boolean);
  return map ? map.marks.filter(m => m.paths.length).map(m => m.label) : [];
}"""
ALONE = """(canvas) => {  // a network whose point lies alone, and where that is
  const map = canvas.closest('.map').map, far = (i, j) => Math.hypot(map.px[i] - map.px[j], map.py[i] - map.py[j]) > 9;
  const i = [...map.shown].find(i => [...map.shown].every(j => i === j || far(i, j)));
  return { row: map.data.rows[i], position: { x: map.px[i], y: map.py[i] } };
}"""

CELLS = """() => [...document.querySelectorAll('h3')].map(h => h.textContent)
  .filter(text => /^Cell \\d/.test(text)).join() === 'Cell 77'"""  # for a moment there are two


def asked(page, key):
    return parse_qs(urlsplit(page.url).query).get(key, [""])[-1]


def turn(page, view):
    page.get_by_role("radio", name=view, exact=True).click()


def selected(page, cell):
    page.get_by_role("heading", name=f"Cell {cell}", exact=True).first.wait_for()  # the old one may stay a moment
    page.locator("p.task", has_text=f"cell {cell}").wait_for()


def test_a_step_and_the_way_to_searches(page, server):
    visit(page, server.url + VIEW)
    page.get_by_text("On the front, and its knee").wait_for()
    page.wait_for_function(f"({MARKED})().some(label => label.startsWith('the exact front'))")
    page.get_by_role("button", name=re.compile("points (less|more) validation accuracy")).first.click()
    page.get_by_text("On the front:").wait_for()
    assert asked(page, "cell").isdecimal()
    page.get_by_role("button", name="Goals and limits").click()
    page.get_by_role("slider", name="MFLOPs at most").press("ArrowLeft")
    page.wait_for_function("location.search.includes('limit.flops_m')")
    page.get_by_text("Only networks with at most 1.76 MFLOPs").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Which search finds this front?").click()
    page.get_by_role("button", name="Run", exact=True).wait_for()
    assert page.get_by_label("Limits", exact=True).input_value().startswith("flops_m<=1.7")
    assert trouble(page) == []


def test_what_is_clicked_in_one_view_is_selected_in_all(page, server):
    visit(page, server.url + VIEW)
    page.get_by_text("On the front, and its knee").wait_for()
    canvas = page.locator(".map canvas.top")
    found = canvas.evaluate(ALONE)
    canvas.click(position=found["position"])
    selected(page, found["row"])
    page.locator("label", has_text="Whole space").click()
    page.wait_for_function("location.search.includes('space=true')")
    page.get_by_role("button", name="Zoom in").click()
    turn(page, "Landscape")  # at once, while the map still has to say what it shows
    selected(page, found["row"])
    page.get_by_role("heading", name="Ruggedness").wait_for()
    page.wait_for_function("!location.search.includes('space')")
    page.locator(".st-key-optima svg text", has_text="best").click()
    selected(page, 10913)
    turn(page, "Map")
    selected(page, 10913)
    page.wait_for_function("location.search.includes('cell=10913') && !location.search.includes('space')")
    turn(page, "Pareto front")
    selected(page, 10913)
    page.wait_for_function("location.search.includes('space=true')")
    assert trouble(page) == []


def test_a_view_is_a_step_of_the_history(page, server):
    visit(page, server.url + "/explore?zoom=10,60,1,90&cell=77")
    steps = [("Map", "cell=77&zoom=10,60,1,90"), ("Pareto front", "cell=77&view=Pareto front")]
    selected(page, 77)
    turn(page, "Pareto front")
    address(page, steps[1][1])
    selected(page, 77)
    rest(page)
    turn(page, "Landscape")
    address(page, "cell=77&view=Landscape")
    page.get_by_role("heading", name="Ruggedness").wait_for()
    for view, link in steps[1::-1]:
        rest(page)
        page.go_back()
        arrives(page, view, link)
    assert trouble(page) == []


def arrives(page, view, link):
    page.get_by_role("radio", name=view, exact=True, checked=True).wait_for()
    page.wait_for_function(CELLS)
    address(page, link)


def rest(page):
    page.wait_for_timeout(400)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def address(page, link):
    """Waits until the page asks for that and nothing else."""
    said = "decodeURIComponent(location.search.slice(1).replaceAll('+', ' ')).split('&').sort().join('&')"
    page.wait_for_function(f"link => {said} === link", arg=link)
