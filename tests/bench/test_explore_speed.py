"""How quick the Explore page is in Chromium, against a page that shows one heading and one button on the same server.

The aims: the map of 15,625 points visible in 2.5 s, a frame of a brush or a zoom in 17 ms (p95), a click answered in
100 ms. The bounds follow the bare page's appearing, and frames those of the page at rest, so they hold on a busy
machine too. With 7 to 9 processes on two cores and no graphics card, a zoom left out a frame at p95 and a brush none.
The bare page took 0.42 to 0.80 s on an idle machine, and a click on Explore 0.18 to 0.36 of that. A click on the bare
page is printed too, but is no yardstick: from run to run it took 36 to 62 ms on an idle machine, and that on Explore
135 to 178, not in step. Run with -s to see the numbers.
"""

import statistics

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.browser.conftest import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is not built"),
]
SLOWER_TO_SHOW, SLOWER_TO_ANSWER = 5.0, 0.42  # than the bare page appears
BRUSH, ZOOM = 1.5, 2.5  # frames than those of the same page at rest: none is left out, and one at most
BARE = """
import streamlit as st
st.session_state.setdefault("n", 0)
if st.button("Go"):
    st.session_state["n"] += 1
st.subheader(f"Cell {st.session_state['n']}")
"""
SHOWN = {  # true when what the page is about can be seen
    "bare": "[...document.querySelectorAll('h3')].some(h => h.textContent.startsWith('Cell'))",
    "map": "[...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.map')?.map?.px)",
}
WATCH = """(selector) => {
  const text = () => [...document.querySelectorAll('h3')].find(h => h.textContent.startsWith('Cell')).textContent;
  window.answered = 0;
  addEventListener('pointerup', () => {
    const began = performance.now(), was = text();
    const watcher = new MutationObserver(() => {
      if (text() === was) return;
      watcher.disconnect();
      requestAnimationFrame(() => { window.answered = performance.now() - began; });
    });
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
  }, { once: true, capture: true });
}"""
FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const note = (now) => { window.frames_ms.push(now - last); last = now; requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""
ANY_POINT = """(canvas) => {
  const map = canvas.closest('.map').map, all = [...map.shown];
  const i = all[Math.floor(Math.random() * all.length)], box = canvas.getBoundingClientRect();
  return [box.x + map.px[i], box.y + map.py[i]];
}"""


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Addresses of the bare page and of Explore, each on a server of its own that has answered before."""
    bare = tmp_path_factory.mktemp("bare") / "bare.py"
    bare.write_text(BARE)
    with (
        serving(tmp_path_factory.mktemp("bare server"), str(bare)) as first,
        serving(tmp_path_factory.mktemp("explore server")) as second,
    ):
        yield {"bare": first.url, "map": f"{second.url}/explore"}


def shown_after(tab, address, what):
    """Milliseconds from the navigation until it can be seen."""
    tab.add_init_script(
        f"window.seen = 0; const look = setInterval(() => {{ if ({SHOWN[what]}) {{ window.seen = performance.now(); "
        "clearInterval(look); } }, 10);"
    )
    tab.goto(address)
    tab.wait_for_function("window.seen > 0")
    return tab.evaluate("window.seen")


def answered_after(tab, x, y):
    """Milliseconds from the release of the button until the new heading is on the screen."""
    tab.bring_to_front()  # a tab in the background draws no frames
    tab.evaluate(WATCH)
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.up()
    tab.wait_for_function("window.answered > 0")
    tab.wait_for_timeout(300)
    return tab.evaluate("window.answered")


def test_explore_is_quick(chromium, servers):
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    tabs, shown = {}, {"bare": [], "map": []}
    for _ in range(3):  # in turns, so that whatever else the machine does hits both; the first round warms up
        for what, address in servers.items():
            if what in tabs:
                tabs[what].close()
            tabs[what] = context.new_page()
            tabs[what].set_default_timeout(60_000)
            shown[what].append(shown_after(tabs[what], address, what))
            tabs[what].wait_for_timeout(800)
    bare, explore = tabs["bare"], tabs["map"]
    button, canvas = bare.get_by_role("button", name="Go").bounding_box(), explore.locator(".map canvas.top")
    answered = {"bare": [], "map": []}
    for _ in range(6):
        answered["bare"].append(answered_after(bare, button["x"] + 8, button["y"] + 8))
        answered["map"].append(answered_after(explore, *canvas.evaluate(ANY_POINT)))
    box = canvas.bounding_box()
    rounds = [[p95(explore, deed, box) for deed in (rest, draw_region, turn_wheel)] for _ in range(2)]
    idle, brush, zoom = (min(times) for times in zip(*rounds, strict=True))
    context.close()
    show = {what: min(times[1:]) for what, times in shown.items()}  # whatever else runs can only add
    answer = {what: statistics.quantiles(times, n=4)[0] for what, times in answered.items()}
    print(f"\nvisible {show} ms, click {answer} ms, frames {idle:.1f}, {brush:.1f}, {zoom:.1f} ms (p95)")  # noqa: T201
    assert show["map"] < SLOWER_TO_SHOW * show["bare"]
    assert answer["map"] < SLOWER_TO_ANSWER * show["bare"]
    assert brush < BRUSH * idle and zoom < ZOOM * idle


def p95(tab, deed, box):
    """Milliseconds a frame while that is done."""
    tab.evaluate(FRAMES)
    deed(tab, box)
    frames = tab.evaluate("window.frames_ms")[2:]
    tab.mouse.up()
    return sorted(frames)[int(0.95 * len(frames))]


def rest(tab, box):
    """As often told where the pointer is, and nothing follows from it."""
    for i in range(120):
        tab.mouse.move(5 + i % 3, 5)
        tab.wait_for_timeout(5)


def draw_region(tab, box):
    tab.mouse.move(box["x"] + 150, box["y"] + 80)
    tab.mouse.down()
    for i in range(120):
        tab.mouse.move(box["x"] + 150 + 2.5 * i, box["y"] + 80 + 2 * i)
        tab.wait_for_timeout(5)


def turn_wheel(tab, box):
    tab.locator(".map canvas.top").evaluate("c => { c.focus({ preventScroll: true }); scrollTo(0, 0); }")
    tab.mouse.move(box["x"] + 300, box["y"] + 200)
    for i in range(120):
        tab.mouse.wheel(0, -40 if i < 60 else 40)
        tab.wait_for_timeout(5)
