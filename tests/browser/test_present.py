"""Present: a page's charts over the whole screen in large letters, from chart to chart and from view to view."""

from tests.browser.conftest import trouble, visit

SCREEN = {"width": 1280, "height": 720}
LARGE = 24  # pixels
SHOWN = """() => {
  const { shown, sheet } = window.nasExplorerPresenter ?? {};
  if (!sheet) return null;
  const all = (root, what) => [...root.querySelectorAll(what)].filter((e) => e.textContent.trim());
  const box = ({ x, y, right, bottom }) => [x, y, right, bottom].map(Math.round);
  const large = (e) => parseFloat(getComputedStyle(e).fontSize);
  const element = shown?.element, drawn = element && getComputedStyle(element).opacity === '1';
  const times = drawn && new DOMMatrix(getComputedStyle(element).transform).a;
  const [right, bottom] = [innerWidth - 1, innerHeight - 1];
  return {
    sheet: box(sheet.getBoundingClientRect()),
    covers: [[0, 0], [right, 0], [0, bottom], [right, bottom]]
      .every(([x, y]) => document.elementFromPoint(x, y).closest('.presentation')),
    stage: box(sheet.querySelector('.stage').getBoundingClientRect()),
    chart: drawn ? box(element.getBoundingClientRect()) : null,
    letters: drawn ? all(element, 'svg text').map((e) => times * large(e)) : [],
    words: all(sheet, 'h2, p, nav span').map(large),
    times, kind: shown?.kind,
    title: sheet.querySelector('h2').textContent,
    place: sheet.querySelector('[role=status]').textContent,
  };
}"""
PAGE = """() => [location.href,
  ...[...document.querySelectorAll('[data-testid=stMain] :is([data-testid=stEChartsChart], svg, h1)')]
    .map((e) => [e.tagName, e.getAttribute('style'), e.popover, Math.round(e.clientWidth), Math.round(e.clientHeight),
      Math.round(e.getBoundingClientRect().y)].join(' '))]"""
UNCOVERED = """() => document.querySelector('.st-key-named clipPath > path')
  ?.transform.baseVal.consolidate()?.matrix.a ?? 1"""


def shown(page, place):
    """What the presentation shows once its chart is drawn and it says `place`."""
    said = f"({SHOWN})()"
    page.wait_for_function(f"place => {said}?.chart && {said}.place === place", arg=place)
    return page.evaluate(SHOWN)


def large_enough(now):
    """The whole screen is the presentation's, its chart fills the stage, and nothing on it is written small."""
    assert now["sheet"] == [0, 0, *SCREEN.values()] and now["covers"]
    assert now["chart"] == now["stage"]
    assert min(now["letters"] + now["words"]) >= LARGE - 0.01


def test_a_page_is_presented_and_kept_views_are_walked_through(page, server):
    page.set_viewport_size(SCREEN)
    visit(page, f"{server.url}/supernet")
    page.locator("[data-testid=stEChartsChart] svg text").first.wait_for()
    page.locator(".st-key-collapse svg text").first.wait_for()
    before = page.evaluate(PAGE)
    verdict = page.locator(".verdict").inner_text()
    page.get_by_role("button", name="Present the charts").click()
    page.wait_for_function(f"({SHOWN})()?.chart")
    many = int(page.locator(".presentation [role=status]").inner_text().split()[-1])
    first = shown(page, f"1 of {many}")
    large_enough(first)
    assert first["title"] == verdict and first["letters"]
    page.keyboard.press("ArrowRight")
    second = shown(page, f"2 of {many}")
    large_enough(second)
    page.keyboard.press("Space")
    page.wait_for_function(f"({UNCOVERED})() < 1")
    page.keyboard.press("Space")
    share = page.evaluate(UNCOVERED)
    page.wait_for_timeout(300)
    assert page.evaluate(UNCOVERED) == share < 1, "the pause is none"
    page.keyboard.press("PageUp")
    assert shown(page, f"1 of {many}") == first
    page.keyboard.press("ArrowRight")
    shown(page, f"2 of {many}")
    page.keyboard.press("k")
    page.get_by_role("button", name="Keep this view", pressed=True).wait_for()
    page.keyboard.press("Escape")
    page.locator(".presentation").wait_for(state="detached")
    page.wait_for_function(f"before => JSON.stringify(({PAGE})()) === JSON.stringify(before)", arg=before)
    visit(page, f"{server.url}/explore")
    page.locator(".st-key-map .plot").wait_for()
    page.get_by_role("button", name="Present the charts").click()
    page.wait_for_function(f"({SHOWN})()?.chart")
    on_map = page.evaluate(SHOWN)
    assert on_map["kind"] == "map" and on_map["times"] == 2 and on_map["chart"] == on_map["stage"]
    page.keyboard.press("k")
    page.wait_for_function("document.querySelector('.presentation [role=status]').textContent.endsWith('view 2 of 2')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/supernet")
    last = shown(page, f"{many} of {many}, view 1 of 2")
    assert last["covers"] and last["title"] == verdict
    page.keyboard.press("Escape")
    page.locator(".presentation").wait_for(state="detached")
    assert trouble(page) == []
