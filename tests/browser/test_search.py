"""The journeys of a visitor who races strategies: the home race, a search, one run from inside, a shared link."""

import re
import time
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.browser.conftest import PATIENCE, trouble, visit

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)
CURVES = ".st-key-incumbents [data-testid=stEChartsChart] svg path"
RESULT = (
    "() => { const e = document.querySelector('.st-key-race_result'); return e && getComputedStyle(e).opacity === '1' }"
)


def asked(page):
    """What the address asks for."""
    return {key: values[-1] for key, values in parse_qs(urlsplit(page.url).query).items()}


def until(page, **wanted):
    """Wait until the address says this; {key: None} means not at all."""
    end = time.monotonic() + 15
    while any(asked(page).get(key) != value for key, value in wanted.items()):
        assert time.monotonic() < end, f"the address says {asked(page)}, not {wanted}"
        page.wait_for_timeout(50)


def test_the_home_race_ends_with_a_picture_and_a_sentence(page, server):
    visit(page, server.url)
    page.get_by_role("button", name="Race three strategies").click()
    page.wait_for_function(RESULT)
    said = page.locator(".st-key-race_result .headline").inner_text()
    assert re.search(r" beats? .* at 150 trainings|No strategy is shown to be ahead at 150 trainings", said)
    assert page.locator(".st-key-race_1 svg path").count() > 90  # every run is drawn, and a median and a band of each
    assert asked(page) == {"race": "1"}
    page.get_by_role("link", name="Look closer on Search").click()
    page.locator(CURVES).nth(8).wait_for(state="attached")
    assert said in page.locator(".verdict").inner_text() and "id" in asked(page)  # the very race
    box = page.locator(".st-key-incumbents").bounding_box()
    assert box["y"] + box["height"] <= 720  # on the first screen of a laptop
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()  # a click before can be lost
    page.get_by_role("tab", name="Inside one run").click()
    page.get_by_text(re.compile(r"After \d+ of 150 trainings")).wait_for()
    visit(page, f"{server.url}/?race=1")
    page.get_by_role("button", name="Race again with new seeds").click()
    page.locator(".st-key-race_2 svg path").first.wait_for(state="attached")
    page.go_back()
    page.locator(".st-key-race_1 svg path").first.wait_for(state="attached")
    assert trouble(page) == []


LIVE = "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.race')?.picture).find(Boolean)"


CLOCKS = """window.clocks = new Set();
const [start, stop] = [window.setInterval, window.clearInterval];
window.setInterval = (call, pause, ...more) => {
  const clock = start(call, pause, ...more);
  if (pause > 5000 && pause < 10000) window.clocks.add(clock);  // that of ask_again.js, which looks for lost answers
  return clock;
};
window.clearInterval = clock => { window.clocks.delete(clock); stop(clock); };
"""


SAID = """window.said = 0;
const { send } = WebSocket.prototype;
WebSocket.prototype.send = function (message) {
  window.said++;
  send.call(this, message);
};
"""
BUSY = """async () => {  // how often something is asked for while the page is being drawn
  const app = document.querySelector("[data-testid=stApp]");
  const busy = () => (app.dataset.testScriptState = "running");
  const watch = new MutationObserver(() => app.dataset.testScriptState === "running" || busy());
  watch.observe(app, { attributes: true });
  busy();
  const before = said;
  await new Promise((done) => setTimeout(done, 1500));
  watch.disconnect();
  app.dataset.testScriptState = "notRunning";
  return said - before;
}"""


def test_a_race_is_drawn_while_it_runs_and_its_picture_stays(page, server):
    page.add_init_script(CLOCKS)
    visit(page, f"{server.url}/?race=20")  # imports, and warms up the process that searches
    page.wait_for_function(RESULT)
    page.get_by_role("button", name="Race again with new seeds").click()
    page.wait_for_function(f"{LIVE}?.runs.flat().length > 0")
    below = page.locator(".st-key-picture-race-21").bounding_box()
    assert below["y"] + below["height"] <= 900
    page.evaluate(f"window.race = {LIVE}; 0")
    page.wait_for_function(RESULT)
    runs, frames = page.evaluate("[race.runs.map(r => r.length), race.frames]")
    assert runs == [30, 30, 30]
    pauses = sorted(after - before for before, after in pairwise(frames))
    assert len(frames) > 20 and pauses[len(pauses) // 2] < 100  # milliseconds: ten pictures a second
    chart = page.locator(".st-key-race_21 [data-testid=stEChartsChart]")
    assert chart.locator("svg path").count() > 90
    assert abs(chart.bounding_box()["y"] - below["y"]) < 2  # it stands where the live picture stood
    told = page.evaluate("race.goals.map(([, middle]) => middle.at(-1))")
    assert told == pytest.approx(
        [float(text.split()[0]) for text in page.locator(".final").all_inner_texts()], abs=0.01
    )
    page.wait_for_function("clocks.size === 0")  # a race that is over asks no more
    assert trouble(page) == []


def test_a_race_does_not_move_where_motion_is_not_wanted(server, chromium):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(SAID)
    page.add_init_script(f"setInterval(() => (window.race ??= {LIVE}), 20)")  # on a busy machine it is soon over
    visit(page, f"{server.url}/?race=30")
    page.wait_for_function("window.race?.runs.flat().length > 0")
    assert page.evaluate(BUSY) == 0
    assert page.evaluate("race.pen(performance.now())") == 150  # all of it at once
    page.wait_for_function(RESULT)
    assert page.evaluate("race.frames.length") < 90  # one picture a message
    context.close()


def test_a_search_is_run_seen_and_shared(page, server, chromium):
    visit(page, f"{server.url}/search?edit=true")
    page.locator(".verdict").wait_for()
    for budget in ("time", "trainings"):
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()  # or the page moves under it
        page.get_by_role("radio", name=budget).first.click()
        axis = page.locator("[role=radio][aria-checked=true]").get_by_text(budget).nth(1)
        axis.wait_for(state="attached")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    for name, value in (
        ("Trainings", "60"),
        ("Runs of each", "6"),
        ("First seed", "100"),
    ):  # faster than the page follows
        page.get_by_role("spinbutton", name=name, exact=True).fill(value)
        page.keyboard.press("Enter")
    until(page, trials="60", runs="6", first_seed="100")
    axis.wait_for(state="hidden")  # there is nothing to draw yet
    page.locator(".st-key-run_button button").click()
    page.locator(CURVES).nth(8).wait_for(state="attached")
    page.get_by_text("Regret", exact=True).click()
    until(page, regret="true")
    page.get_by_text("time", exact=True).last.click()
    until(page, axis="time", regret="true", trials="60", runs="6", first_seed="100")
    assert trouble(page) == []
    other = chromium.new_context().new_page()
    visit(other, page.url)
    other.locator(CURVES).nth(8).wait_for(state="attached")
    assert other.locator(".verdict").inner_text() == page.locator(".verdict").inner_text()
    assert other.get_by_role("switch", name="Regret").is_checked()
    other.set_viewport_size({"width": 390, "height": 844})
    other.get_by_role("button", name="Experiment").wait_for()  # below the form on a telephone, not beside it
    assert other.locator("[data-testid=stExpander]").first.bounding_box()["width"] > 340
    other.context.close()


@pytest.mark.parametrize("query", ["", "?edit=true", "?runs=4&edit=false", "?runs=4"])
def test_the_form_opens_and_closes_at_every_click_and_as_the_link_says(page, server, query):
    visit(page, f"{server.url}/search{query}")
    box = page.locator(".st-key-searched details").first
    is_open = query in {"?edit=true", "?runs=4"}
    for _ in range(3):
        assert (box.get_attribute("open") is not None) == is_open
        before = page.url
        box.locator("summary").first.click()
        is_open = not is_open
        page.locator(".st-key-searched details[open]").first.wait_for(state="attached" if is_open else "detached")
        page.wait_for_function("before => location.href !== before", arg=before)
        visit(page, page.url)
    assert trouble(page) == []


def test_a_search_is_stopped_and_continued(page, server):
    visit(page, f"{server.url}/search?trials=600&runs=25&first_seed=200")
    page.locator(".st-key-run_button button").click()
    page.get_by_text(re.compile(r"[1-9]\d* of 75 done")).wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped. Finished work is kept").wait_for()
    button = page.locator(".st-key-run_button button")
    done = int(re.search(r"Continue: (\d+) of 75 are done", button.inner_text())[1])
    assert 0 < done < 75
    button.click()
    page.get_by_role("tab", name="Statistics").wait_for(state="detached")  # it runs
    page.get_by_role("tab", name="Statistics").wait_for(timeout=4 * PATIENCE)  # it came to its own end
    assert button.count() == 0  # nothing is left to continue
    assert trouble(page) == []


DISABLE = """async tab => {  // as Streamlit does for a moment
  tab.focus();
  tab.removeAttribute("tabindex");
  tab.ariaDisabled = "true";
  await new Promise(requestAnimationFrame);
  tab.tabIndex = 0;
  tab.ariaDisabled = null;
}"""


ECHOES = """({ player }) => {  // of moments that the cursor has left, and then what the page wants
  player.go(3);
  clearTimeout(player.settling);
  return [2, 3, 9].map((at) => player.show({ ...player.data, at }) ?? player.at);
}"""


def test_one_run_plays_and_the_moment_is_in_the_link(page, server):
    page.set_viewport_size({"width": 1280, "height": 720})
    visit(page, f"{server.url}/search?trials=60&runs=1&first_seed=300")
    page.locator(".st-key-run_button button").click()
    page.get_by_role("tab", name="Inside one run").click()
    page.locator(".player").wait_for()
    for _ in range(20):  # all of it comes into sight without scrolling
        page.wait_for_timeout(500)
        instrument = page.locator(".player").bounding_box()
        if instrument["y"] >= 0 and instrument["y"] + instrument["height"] <= 720.5:
            break
    else:
        pytest.fail(f"the player does not come into sight: {instrument}")
    tab = page.get_by_role("tab", name="Inside one run")
    tab.evaluate(DISABLE)
    page.wait_for_function("tab => document.activeElement === tab", arg=tab.element_handle())
    page.get_by_role("button", name="Play").click()
    page.get_by_text(re.compile(r"After \d+ of 60 trainings")).wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play").wait_for()
    cursor = page.get_by_role("slider", name="Moment")
    moment = int(cursor.input_value())
    assert 1 <= moment <= 60
    until(page, at=str(moment))  # what it said when the play began comes first
    page.get_by_text(re.compile(f"^Training {moment}: ")).wait_for()
    course = page.locator("canvas.course").bounding_box()
    page.mouse.click(course["x"] + 62, course["y"] + 100)  # where the course begins
    page.get_by_text("Training 1: drawn at random to begin with.").wait_for()
    cursor.press("ArrowRight")
    page.get_by_text("After 2 of 60 trainings").wait_for()
    page.wait_for_function("() => new URLSearchParams(location.search).get('at') === '2'")
    assert page.locator(".player").evaluate(ECHOES) == [3, 3, 9]
    page.reload()
    page.get_by_text("After 2 of 60 trainings").wait_for()
    page.get_by_role("button", name="Present the charts").click()
    page.keyboard.press("ArrowRight")
    page.locator(".player.presented.part-1").wait_for()
    page.keyboard.press("Space")
    page.get_by_text(re.compile("^Training ([3-9]|.. ).*: ")).wait_for()  # it plays on the whole screen
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Play").wait_for()
    assert trouble(page) == []


def test_a_saved_run_is_filtered_and_opened_on_search(page, server):
    visit(page, f"{server.url}/search?trials=20&runs=1&first_seed=40400&strategies=local_search")
    page.locator(".st-key-run_button button").click()
    page.get_by_role("tab", name="Inside one run").wait_for()
    visit(page, f"{server.url}/runs?of_text=20+trainings+40400")
    page.get_by_text("1 run.").wait_for()
    grid = page.locator("[data-testid=stDataFrame] canvas").first
    grid.click(position={"x": 18, "y": 52}, force=True)
    page.get_by_role("button", name="Delete").wait_for()
    page.get_by_role("link", name="Open on Search").click()
    page.get_by_role("tab", name="Inside one run").wait_for()
    assert asked(page)["first_seed"] == "40400"
    assert asked(page)["strategies"] == "local_search"
    assert trouble(page) == []


def test_a_search_goes_on_when_its_tab_is_closed_and_is_found_in_the_list(page, server, chromium):
    other = chromium.new_context().new_page()
    other.set_default_timeout(PATIENCE)
    visit(other, f"{server.url}/search?trials=300&runs=12&first_seed=500")
    other.locator(".st-key-run_button button").click()
    other.get_by_text(re.compile(r"of 36 done")).wait_for()
    other.context.close()
    visit(page, f"{server.url}/runs?named=300+trainings")
    page.get_by_text("1 experiment.").wait_for()
    grid = page.locator("[data-testid=stDataFrame] canvas").first
    grid.click(position={"x": 200, "y": 52}, force=True)  # its name
    page.wait_for_url("**/search?id=*")
    link = page.url
    page.get_by_role("tab", name="Statistics").wait_for(timeout=4 * PATIENCE)  # it came to its own end
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("spinbutton", name="Runs of each").wait_for()
    until(page, id=None, runs="12")
    page.go_back()
    page.wait_for_url(link)
    page.get_by_role("link", name="Edit").wait_for()
    assert trouble(page) == []
