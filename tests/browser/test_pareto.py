"""A visitor of the Pareto page: a step along the front, and the way to searches for it."""

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


def test_a_step_and_the_way_to_searches(page, server):
    visit(page, f"{server.url}/pareto")
    page.get_by_text("On the front, and its knee").wait_for()
    page.wait_for_function(f"({MARKED})().some(label => label.startsWith('the exact front'))")
    page.get_by_role("button", name=re.compile("points (less|more) validation accuracy")).first.click()
    page.get_by_text("On the front:").wait_for()
    assert asked(page, "cell").isdecimal()
    page.get_by_role("link", name="Which search finds this front?").click()
    page.get_by_role("button", name="Run", exact=True).wait_for()
    assert trouble(page) == []
