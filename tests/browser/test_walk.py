"""A visitor uses every page, then goes from each page to every other: each comes back as it was left. After all of that
the server still fits on a small host, and has never loaded torch: what needs it runs in child processes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nas_core import machine
from tests.browser.conftest import PATIENCE, Server, trouble, visit
from tests.browser.test_every_page import ADDRESSES
from ui.links import TRAVEL

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
LOOK = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  if (!main) return '';
  const all = (what) => [...main.querySelectorAll(what)].filter((e) => e.getClientRects().length);
  const texts = (what) => all(what).map((e) => e.innerText.trim());
  return JSON.stringify({
    page: document.title.split(' ·')[0],
    runs: !document.querySelector('[data-test-script-state=notRunning]'),
    address: decodeURIComponent(location.search.slice(1).replaceAll('+', ' ')).split('&').sort(),
    heading: texts('h1'),
    boxes: all('input:not([type=file]), textarea')
      .map((e) => `${e.ariaLabel}: ${/checkbox|radio/.test(e.type) ? e.checked : e.value}`),
    chosen: texts('[aria-selected=true], [role=radio][aria-checked=true], [data-baseweb=tag]'),
    answer: texts('.verdict, .headline'),
    refused: all('[data-testid=stAlert]').map((e) => e.innerText).filter((text) => text.includes('link')),
  });
}"""
SAMPLE = 26  # steps of the round trip where nobody asks for the whole of it: every page is come back to twice
LINKED = ("Home", "Proxies")
GUARANTEED_MB = 690  # of Streamlit Community Cloud
Use = Callable[[Any], None]


def number(label: str, text: str) -> Use:
    def use(tab: Any) -> None:
        box = tab.get_by_role("spinbutton", name=label, exact=True).or_(tab.get_by_label(label, exact=True)).first
        box.fill(text)
        box.press("Enter")

    return use


def option(label: str, title: str) -> Use:
    def use(tab: Any) -> None:
        tab.get_by_role("combobox", name=label).first.click()
        tab.get_by_role("option", name=title, exact=True).first.click()

    return use


def button(name: str) -> Use:
    return lambda tab: tab.get_by_role("button", name=name, exact=True).first.click()


def segment(name: str) -> Use:
    return lambda tab: tab.get_by_role("radio", name=name, exact=True).first.click()


def step_back(slider: str) -> Use:
    return lambda tab: tab.get_by_role("slider", name=slider).press("ArrowLeft")


def answer(tab: Any) -> None:
    tab.locator(".verdict, .headline").first.wait_for()


def switch(name: str) -> Use:
    return lambda tab: tab.locator("label", has_text=name).first.click()


def in_link(parameter: str) -> Use:
    return lambda tab: tab.wait_for_url(re.compile(rf"[?&]{parameter}="))


USES: dict[str, list[Use]] = {
    "Explore": [
        *(number("Find a cell", "own:7"), option("X axis", "parameters"), button("Zoom in"), in_link("zoom")),
        *(segment("Pareto front"), switch("Whole space"), button("Zoom in"), in_link("front_zoom")),
        *(segment("Landscape"), segment("Map")),
    ],
    "Home": [button("Race three strategies"), answer],
    "Train": [number("Seed", "3")],
    "Your task": [number("Trainings", "12"), option("And", "latency")],
    "Search": [
        lambda tab: tab.get_by_test_id("stExpander").locator("summary").first.click(),
        number("Runs of each", "4"),
        number("Trainings", "60"),
        number("First seed", "700"),
        button("Run"),
        answer,
    ],
    "Runs": [segment("single runs")],
    "Proxies": [option("Look closer at", "gradient norm")],
    "Predictors": [option("Measure", "Time to fit")],
    "Supernet": [option("Method", "GDAS")],
    "Why does evolution work?": [step_back("Compare after")],
    "Data": [segment("Texts")],
    "Reproduce": [option("Runs of each search", "50"), switch("Only what differs")],
}


def go(tab: Any, title: str) -> None:
    """By the menu."""
    tab.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).evaluate("link => link.click()")


def parameters(look: str) -> set[str]:
    """The names in the address, without those that go from page to page."""
    return {part.split("=")[0] for part in json.loads(look)["address"] if part} - {*TRAVEL}


def settle(tab: Any) -> str:
    """What the page looks like once it has come to rest."""
    look = ""
    while True:
        tab.locator(SETTLED).wait_for()
        tab.wait_for_timeout(400)
        before, look = look, tab.evaluate(LOOK)
        if look and look == before and not json.loads(look)["runs"]:
            return look


def returns(tab: Any, look: str, what: str) -> None:
    """Wait until the page looks as it was left."""
    from playwright.sync_api import Error, TimeoutError

    try:
        tab.wait_for_function(f"look => ({LOOK})() === look", arg=look, timeout=PATIENCE)
        errors = trouble(tab)
    except TimeoutError:
        left, now = json.loads(look), json.loads(tab.evaluate(LOOK))
        changed = {part: (value, now[part]) for part, value in left.items() if value != now[part]}
        pytest.fail(f"{what}: {changed}")
    except Error as error:
        if "context was destroyed" not in str(error):
            raise
        return returns(tab, look, what)  # it was about to be loaded anew: look at what comes
    assert errors == [], what


def circuit(places: Sequence[str]) -> list[str]:
    """A round trip that goes from each place to every other exactly once (Hierholzer's algorithm)."""
    ahead = {place: [other for other in places if other != place] for place in places}
    for ways in ahead.values():
        random.Random(len(ahead)).shuffle(ways)
    stack, trip = [places[0]], []
    while stack:
        if ways := ahead[stack[-1]]:
            stack.append(ways.pop())
        else:
            trip.append(stack.pop())
    return trip[::-1]


def test_every_page_comes_back_as_it_was_left_and_the_server_stays_small(page, server, request):
    trip = circuit(list(USES))
    whole = request.config.getoption("whole_walk")
    left: dict[str, str] = {}
    links: dict[str, str] = {}
    visit(page, server.url)
    for title, uses in USES.items():
        go(page, title)
        page.wait_for_function("title => document.title.startsWith(title + ' ·')", arg=title)
        for use in uses:
            page.wait_for_timeout(250)
            page.locator(SETTLED).wait_for()
            use(page)
        left[title], links[title] = settle(page), page.url
        assert not json.loads(left[title])["refused"]
    for one, other in combinations(left, 2):
        assert not parameters(left[one]) & parameters(left[other]), f"{one} and {other} share a parameter"
    for before, title in pairwise(trip if whole else trip[: SAMPLE + 1]):
        go(page, title)
        returns(page, left[title], f"{before} → {title}")
    for title in LINKED:
        by_link_and_back(page, links[title], title, left)
    for address in ADDRESSES[len(USES) :]:
        visit(page, server.url + address)
    assert trouble(page) == []
    stays_small(server)


def stays_small(server: Server) -> None:
    """With its children, and without torch."""
    held = {pid: (machine.occupied(pid) or 0) / 2**20 for pid in machine.family(server.pid)}
    assert held[server.pid] > 0  # so that the next line can fail
    assert sum(held.values()) < GUARANTEED_MB, held
    maps = Path(f"/proc/{server.pid}/maps").read_text()
    assert "numpy" in maps  # so that the next line can fail
    assert "torch" not in maps


def by_link_and_back(tab: Any, url: str, title: str, left: dict[str, str]) -> None:
    """From a page that was opened by its link, follow the first link on it, then go back, forward and back."""
    visit(tab, url)
    returns(tab, left[title], f"{title} by its link")
    link = tab.locator("[data-testid=stMain] [data-testid=stPageLink-NavLink]:visible").first
    asked = {*parse_qs(urlsplit(link.get_attribute("href")).query)}
    link.click()
    tab.wait_for_function("title => !document.title.startsWith(title + ' ·')", arg=title)
    look = settle(tab)
    arrived = json.loads(look)
    assert parameters(look) <= asked | parameters(left[arrived["page"]])
    assert not arrived["refused"]
    tab.go_back()
    returns(tab, left[title], f"{title} by back")
    tab.go_forward()
    tab.wait_for_function("title => document.title.startsWith(title + ' ·')", arg=arrived["page"])
    tab.locator(SETTLED).wait_for()  # Chromium goes nowhere while the page is being loaded anew
    tab.go_back()
    returns(tab, left[title], f"{title} by back, forward and back")
