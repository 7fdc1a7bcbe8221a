"""The Explore page in a real Chromium: what AppTest cannot see, because the map and the editor live in the browser."""

import re

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.charts import palette
from nas_core.spaces.topology import Topology

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is not built"
)
SPACE = Topology()
MAP = "validation-accuracy-by-training-time"  # what the first view shows
CELL = re.compile(r"^Cell \d+$")
PATIENCE = 60_000  # milliseconds; a busy machine is no failure

# Where the architecture `row` is on the screen, relative to the map
PLACE = """(canvas, row) => {
  const map = canvas.closest('.map').map, i = map.place.get(row);
  return [map.px[i], map.py[i]];
}"""
# An architecture whose point lies alone: no other within reach of the pointer
ALONE = """(canvas) => {
  const map = canvas.closest('.map').map;
  for (const i of map.shown) {
    let near = 0;
    for (const j of map.place.values()) near += Math.hypot(map.px[i] - map.px[j], map.py[i] - map.py[j]) < 6;
    if (near === 1) return map.data.rows[i];
  }
}"""


VIEW = "(canvas) => { const map = canvas.closest('.map').map; return [...map.rangeX, ...map.rangeY]; }"
SELECTED_LINE = (
    f"[...document.querySelectorAll('path[stroke=\"{palette.SELECTED}\" i]')]"
    ".map(line => line.getAttribute('d') + line.getAttribute('transform')).join()"
)


@pytest.fixture
def visit(server, chromium):
    """Opens Explore by a link in a fresh window; fails afterwards if the browser reported an error of ours."""
    windows, errors = [], []

    def open_link(query="", width=1440):
        window = chromium.new_context(viewport={"width": width, "height": 1000}, accept_downloads=True)
        window.set_default_timeout(PATIENCE)
        windows.append(window)
        page = window.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(f"{server.url}/explore{query}")
        page.locator(".map canvas.top[aria-label]").wait_for()
        page.get_by_role("heading", name=CELL).wait_for()  # the details come after the map
        return page

    yield open_link
    for window in windows:
        window.close()
    assert [e for e in errors if "404" not in e] == []  # a deep link probes for a health page that is elsewhere


def heading(page, text):
    """Waits until the selected cell is `text`."""
    page.get_by_role("heading", name=text, exact=True).wait_for()


def selected(page):
    return page.get_by_role("heading", name=CELL).text_content()


def point(page, row):
    """The screen position of an architecture on the map."""
    canvas = page.locator(".map canvas.top")
    box = canvas.bounding_box()
    x, y = canvas.evaluate(PLACE, row)
    return box["x"] + x, box["y"] + y


def test_a_click_on_the_map_selects_and_the_link_reopens_it(visit):
    page = visit()
    assert not page.locator("[data-testid=stException]").count()
    row = page.locator(".map canvas.top").evaluate(ALONE)
    page.mouse.click(*point(page, row))
    heading(page, f"Cell {row}")
    page.wait_for_url(f"**/explore?cell={row}")
    other = visit(f"?cell={row}")
    heading(other, f"Cell {row}")
    page.go_back()
    page.get_by_role("heading", name=f"Cell {row}", exact=True).wait_for(state="detached")


def test_the_map_stays_where_it_was_drawn_when_the_choosers_come(server, page):
    held = []
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.route(re.compile("/(Selectbox|Multiselect)[^/]*js$"), lambda route: held.append(route))
    page.goto(f"{server.url}/explore")
    canvas = page.locator(".map canvas.top[aria-label]")
    canvas.wait_for()
    drawn = canvas.bounding_box()
    assert len(held) == 2
    for route in held:
        route.continue_()
    page.get_by_role("combobox", name="X axis").wait_for()
    assert canvas.bounding_box() == drawn


def test_the_pointer_is_told_what_it_is_on(visit):
    page = visit()
    row = page.locator(".map canvas.top").evaluate(ALONE)
    page.mouse.move(*point(page, row))
    tip = page.locator(".map .tip")
    tip.wait_for()
    assert tip.locator("b").text_content() == f"cell {row}"
    said = tip.locator("span").all_text_contents()
    names = {"none": 0, "skip": 1, "conv 1×1": 2, "conv 3×3": 3, "pool 3×3": 4}
    assert SPACE.index(tuple(names[name] for name in said)) == row


def test_a_drag_lists_a_region_which_the_link_keeps_and_escape_clears(visit):
    page = visit()
    box = page.locator(".map canvas.top").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6, steps=5)
    page.mouse.up()
    found = page.get_by_role("heading", name=re.compile("cells in the region"))
    found.wait_for()
    page.wait_for_url("**region=**")
    again = visit(page.url[page.url.index("?") :])
    again.get_by_role("heading", name=found.text_content()).wait_for()
    page.locator(".map canvas.top").focus()
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="The 100 best by validation accuracy").wait_for()
    assert "region" not in page.url


def test_the_arrow_keys_walk_the_map(visit):
    page = visit("?cell=7812")
    heading(page, "Cell 7812")
    page.locator(".map canvas.top").focus()
    page.keyboard.press("ArrowLeft")
    page.locator(".map .tip b").wait_for()
    there = page.locator(".map .tip b").text_content()
    assert there != "cell 7812"
    page.keyboard.press("Enter")
    heading(page, there.capitalize())


def test_an_operation_is_changed_where_it_is_drawn(visit):
    page = visit("?cell=0")
    heading(page, "Cell 0")
    page.get_by_role("button", name="Edge 3←2: none. Change it").click()
    page.get_by_role("menuitemradio", name=re.compile("^conv 3×3")).click()
    heading(page, "Cell 3")
    page.get_by_role("button", name="Edge 1←0: none. Change it").press("Enter")  # and by keyboard
    page.get_by_role("menuitemradio", name=re.compile("^none")).wait_for()
    once = page.get_by_role("switch", name="Count isomorphic cells once")
    once.evaluate("box => box.click()")  # all is drawn anew meanwhile
    page.wait_for_url("**isomorphic=**")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading(page, f"Cell {5**5 + 3}")
    edge = page.get_by_role("button", name="Edge 1←0: skip. Change it")
    edge.wait_for()
    assert edge.evaluate("edge => edge === edge.getRootNode().activeElement")  # and the next one is a Tab away


def test_a_neighbour_is_walked_to(visit):
    page = visit("?cell=0")
    heading(page, "Cell 0")
    steps = page.locator("ol .row")
    steps.nth(23).wait_for()
    assert steps.count() == 24
    steps.first.click()
    page.get_by_role("heading", name="Cell 0", exact=True).wait_for(state="detached")
    row = int(selected(page).removeprefix("Cell "))
    assert sum(a > 0 for a in SPACE.arch(row)) == 1  # one edit away from the cell of nothing


def test_the_map_and_the_drawing_are_saved(visit):
    page = visit("?cell=1462")
    heading(page, "Cell 1462")
    page.get_by_role("button", name="Export", exact=True).click()
    menu = page.get_by_role("dialog")
    for figure in ("", "cell 1462"):  # the map is the first
        if figure:
            menu.get_by_role("combobox", name="Figure").click()
            page.get_by_role("option", name=figure, exact=True).click()
            menu.locator(".sheet svg.cell").wait_for()
        else:
            menu.locator(".sheet svg path").first.wait_for()
        menu.locator(".figure .svg").nth(1).wait_for(state="detached")  # of the figure before
        for kind, start in (("svg", b"<svg xmlns"), ("png", b"\x89PNG")):
            with page.expect_download() as download:
                menu.locator(f".figure .{kind}").click()
            assert download.value.suggested_filename == (
                f"{figure.replace(' ', '-')}.{kind}" if figure else f"{MAP}.{kind}"
            )
            assert download.value.path().read_bytes().startswith(start)
            assert download.value.path().stat().st_size > 500


def test_it_fits_a_telephone(visit):
    page = visit(width=390)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    row = page.locator(".map canvas.top").evaluate(ALONE)
    page.locator(".map canvas.top").scroll_into_view_if_needed()
    page.mouse.click(*point(page, row))
    heading(page, f"Cell {row}")


def test_the_map_is_zoomed_and_moved_and_the_link_keeps_what_it_shows(visit):
    page = visit()
    canvas = page.locator(".map canvas.top")
    view = lambda: canvas.evaluate(VIEW)  # noqa: E731
    first = view()
    assert page.locator(".map .beyond").text_content() == "↓ 341 cells outside: show"
    assert canvas.evaluate("c => getComputedStyle(c).touchAction") == "pan-y"  # a finger scrolls the page
    middle = point(page, 7812)
    page.mouse.move(*middle)
    page.mouse.wheel(0, -200)
    page.locator(".map .hint.shown").wait_for()  # the wheel is the page's until the map is clicked
    assert view() == first
    page.mouse.wheel(0, 200)
    canvas.evaluate("c => { c.focus({ preventScroll: true }); scrollTo(0, 0); }")
    middle = point(page, 7812)
    page.mouse.move(*middle)
    page.mouse.wheel(0, -400)
    page.wait_for_function("location.search.includes('zoom=')")
    near = view()
    assert near[1] - near[0] < 0.7 * (first[1] - first[0])
    assert point(page, 7812) == pytest.approx(middle, abs=1)  # it zooms about the pointer
    again = visit(page.url[page.url.index("?") :])
    assert again.locator(".map canvas.top").evaluate(VIEW) == pytest.approx(near, rel=1e-4)
    page.bring_to_front()
    page.get_by_role("button", name="Pan", exact=True).click()
    drag(page, middle, 60, 40)
    assert point(page, 7812) == pytest.approx((middle[0] + 60, middle[1] + 40), abs=2)
    assert not page.locator(".map .clear").is_visible()  # a drag in Pan mode marks no region
    page.get_by_role("button", name="Select", exact=True).click()
    canvas.focus()
    page.keyboard.press("-")
    assert view()[1] - view()[0] > near[1] - near[0]
    page.keyboard.press("0")
    page.wait_for_function("!location.search.includes('zoom=')")
    assert view() == first
    page.locator(".map .beyond").click()
    assert view()[2] < 10 < first[2]  # the collapsed cells
    page.get_by_role("button", name="Best tenth").click()
    assert view()[2] > first[2] + 0.5 * (first[3] - first[2])
    canvas.dblclick(position={"x": 2, "y": 2})
    assert view() == first


ON_TOP = """e => {
  const { x, y, height } = e.getBoundingClientRect();
  return e.contains(document.elementFromPoint(x + 9, y + height / 2));
}"""


def test_what_shows_the_selection_follows_a_filter_and_a_click(visit):
    page = visit("?cell=7812&filters=number+of+skip>%3D5")
    page.get_by_text("of 15,625 cells have number of skip ≥ 5").wait_for()
    before = page.wait_for_function(SELECTED_LINE).json_value()
    box = page.get_by_role("combobox", name="Filters")
    box.fill("MFLOPs <= 9")
    box.press("Enter")
    count = page.get_by_text("of 15,625 cells have number of skip ≥ 5 and MFLOPs ≤ 9")
    count.wait_for()
    assert count.evaluate(ON_TOP), "an empty menu covers it"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Best of these").click()
    page.get_by_role("heading", name="Cell 7812", exact=True).wait_for(state="detached")
    page.wait_for_function(f"was => {SELECTED_LINE} !== was", arg=before)  # the line in the histogram
    assert SPACE.arch(int(selected(page).removeprefix("Cell "))).count(1) >= 5
    assert page.locator(".map canvas.top").evaluate("c => c.closest('.map').map.bright.length") < 100


def drag(page, start, dx, dy):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + dx, start[1] + dy, steps=4)
    page.mouse.up()


def test_a_map_that_is_taken_off_the_page_draws_nothing_more(visit):
    page = visit()  # it fails if the browser reports an error
    width = page.locator(".map").evaluate("""async (map) => {
      const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      map.remove();
      await frames(); // the picture notices that it has no width any more, and is laid out anew
      await frames();
      return map.map.width;
    }""")
    assert width == 0
