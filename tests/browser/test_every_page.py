"""Every page, as the first thing that a first visitor sees: on a telephone, with a keyboard, in the dark."""

from pathlib import Path

import pytest

from tests.browser.conftest import READY, serving, trouble, visit
from ui.frame import menu, pages

ADDRESSES = ["/", *("/" + p.path.removeprefix("pages/").removesuffix(".py").partition("_")[2] for p in pages()[1:])]
WIDER = """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
  .map(e => e.scrollWidth - e.clientWidth)"""
CONTRAST, KEYBOARD = (Path(__file__).with_name(f"{name}.js").read_text() for name in ("contrast", "keyboard"))
# two looks in a row have found nothing pale: parts that come late fade in
CALM = f"() => (window.calm = ({CONTRAST})().length ? 0 : (window.calm ?? 0) + 1) > 1 && !(window.calm = 0)"
DRAWN = """() => [...document.querySelectorAll('[data-testid=stEChartsChart], .stVegaLiteChart')]
  .every(e => e.querySelector('svg text, canvas') || !e.getClientRects().length)"""
# a figure's words have its numbers
SILENT = """() => [...document.querySelectorAll('[data-testid=stEChartsChart], .stVegaLiteChart, svg[role=img]')]
  .filter(e => e.getClientRects().length && !e.closest('.st-key-no_chart, [data-testid=stVegaLiteChart] svg'))
  .map(e => e.getAttribute('aria-label') ?? '').filter(words => !/\\d/.test(words) || words.length < 20)"""
DARK = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).colorScheme === 'dark'"
# what was said last is said again right after the next thing, once `late` is set
LISTEN = """(() => { const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (said) {
    send.call(this, said);
    const { late } = window;
    Object.assign(window, { said, late: null });
    if (late) this.send(late);
  };
})()"""
LEAVE = """() => { window.late = window.said;
  [...document.querySelectorAll('[data-testid=stSidebar] a')].find((a) => a.pathname === '/predictors').click(); }"""
every_page = pytest.mark.parametrize("address", ADDRESSES)


def pale(page):
    """Texts of too little contrast, once the page has come to rest: while it is drawn anew, its old parts are faint."""
    return _left(page, CALM, CONTRAST)


def silent(page):
    """Figures without words, once the page has come to rest: they get them after they are drawn."""
    return _left(page, f"() => !({SILENT})().length", SILENT)


def _left(page, rested, faults):
    """The faults that are there when waiting for the page to rest is given up."""
    from playwright.sync_api import TimeoutError

    try:
        page.wait_for_function(rested, polling=250)
    except TimeoutError:
        return page.evaluate(faults)
    return []


@every_page
def test_the_first_visitor_of_a_fresh_server_follows_a_link_to_it(address, page, tmp_path):
    page.set_viewport_size({"width": 390, "height": 844})
    with serving(tmp_path) as fresh:
        visit(page, fresh.url + address)
        links = page.locator("[data-testid=stSidebar] [data-testid=stPageLink]")
        links.nth(len(menu()) - 1).wait_for(state="attached")
        titles = [text.strip().split("\n")[-1] for text in links.all_text_contents()]
        assert all(any(title.endswith(p.title) for title in titles) for p in menu()), "the menu is not ours"
        assert page.locator("[data-testid=stSidebarNav]").count() == 0, "Streamlit draws a menu of its own"
        assert page.evaluate(WIDER) == [0, 0], "wider than a telephone"
        page.wait_for_function(DRAWN)
        assert silent(page) == []
        assert pale(page) == []
        page.keyboard.press("Tab")
        assert page.evaluate(KEYBOARD) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(DARK)
        page.wait_for_function(DRAWN)
        assert pale(page) == [], "in the dark"
        assert trouble(page) == []


def test_a_page_is_loaded_anew_where_streamlit_fails(page, server):
    visit(page, f"{server.url}/train?seed=3")
    fail = """() => { window.failed = true; setTimeout(() => dispatchEvent(new ErrorEvent('error', {
      message: 'Uncaught Error: Bad delta path index 18 (should be between [0, 0])' }))) }"""
    page.evaluate(fail)
    page.wait_for_function("() => !window.failed")
    page.wait_for_function("[...document.querySelectorAll('input')].some(box => box.value === '3')")
    page.wait_for_function(READY)
    page.evaluate("() => sessionStorage.setItem('nas-explorer-rescued', Date.now())")
    page.evaluate(fail)
    page.wait_for_timeout(500)
    assert page.evaluate("window.failed"), "again and again"


def test_a_page_stays_where_a_part_of_the_one_that_was_left_is_asked_for_late(page, server):
    """So does the curve of a race that is left while it grows."""
    page.add_init_script(LISTEN)
    visit(page, f"{server.url}/explore")
    page.evaluate("delete window.said")
    page.get_by_role("button", name="Other notations").click()
    page.wait_for_function("window.said")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.evaluate(LEAVE)
    page.get_by_role("heading", name="Predicted and true").wait_for()
    page.wait_for_timeout(1000)
    assert page.get_by_role("heading", name="Predictors", exact=True).is_visible()
    assert trouble(page) == []


def test_the_back_button_leads_to_the_view_that_was_left(page, server):
    """Left by the menu, and by a link that has a query of its own."""
    visit(page, f"{server.url}/train?seed=3")
    page.locator("[data-testid=stSidebar]").get_by_text("Supernet", exact=True).click()
    page.get_by_role("button", name="GDAS", exact=True).wait_for()
    page.go_back()
    page.wait_for_function("[...document.querySelectorAll('input')].some(box => box.value === '3')")
    assert page.url.endswith("/train?seed=3")
    visit(page, f"{server.url}/supernet?method=GDAS&gdas.steps=48")
    page.get_by_text("Open on Explore", exact=True).click()
    page.wait_for_url("**/explore?cell=830")
    page.get_by_role("heading", name="Cell 830").wait_for()
    page.go_back()
    page.get_by_text("After 20 epochs, GDAS names a cell").wait_for()
    assert "gdas.steps=48" in page.url
    assert trouble(page) == []
