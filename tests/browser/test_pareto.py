"""A visitor of the Pareto page: a step along the front, searches whose fronts come on the map, and the film of them."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.browser.conftest import trouble, visit

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)
MARKED = """() => {
  const map = [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.map')?.map).find(Boolean);
  return map ? map.marks.filter(m => m.paths.length).map(m => m.label) : [];
}"""


def asked(page, key):
    return parse_qs(urlsplit(page.url).query).get(key, [""])[-1]


def test_steps_searches_and_their_film(page, server):
    visit(page, f"{server.url}/pareto?runs=2&trials=60&strategies=NSGA-II&strategies=random+search")
    page.get_by_text("On the front, and its knee").wait_for()
    page.wait_for_function(f"({MARKED})().some(label => label.startsWith('the exact front'))")
    page.get_by_role("button", name=re.compile("points (less|more) validation accuracy")).first.click()
    page.get_by_text("On the front:").wait_for()
    assert asked(page, "cell").isdecimal()
    page.get_by_role("button", name="Run the searches").click()
    page.wait_for_function(f"({MARKED})().some(label => label.startsWith('NSGA-II'))")
    page.get_by_text("a difference can be shown from 6 seeds of each on").first.wait_for()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("new URLSearchParams(location.search).get('front_after') > 8")
    assert trouble(page) == []
