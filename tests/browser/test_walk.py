"""A visitor uses every page and comes back to each: state belongs to a page, which comes back as it was left."""

from urllib.parse import parse_qs, urlsplit

from tests.browser.conftest import trouble, visit
from ui.frame import pages
from ui.links import TRAVEL

DRAWN = "[data-testid=stApp][data-test-script-state=notRunning]"
USED = {  # page: a number box of it and what is typed there
    "Explore": ("cell", "own:7"),
    "Train": ("seed", "3"),
    "Search": ("runs", "4"),
    "Pareto": ("front_trials", "60"),
    "Proxies": ("sample", "40"),
    "Predictors": ("splits", "3"),
    "Supernet": ("net_seed", "2"),
}


def settle(tab):
    """Wait until the script has run and has drawn its title."""
    tab.wait_for_timeout(700)  # a person looks at the page
    tab.locator(DRAWN).wait_for()
    tab.locator("h1").first.wait_for()


def go(tab, title):
    """Open a page by the menu, and wait until it is there, with its own address."""
    link = tab.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True)
    path = urlsplit(link.evaluate("a => a.href")).path
    link.click()
    tab.wait_for_function(
        "([title, path]) => document.title.startsWith(title + ' ·') && location.pathname === path", arg=[title, path]
    )
    settle(tab)


def check(tab, left, title):
    """The page has the parameters with which it was left, none of another page, and complains of nothing."""
    expected = {k: v for k, v in left[title].items() if k not in TRAVEL}
    for _ in range(50):  # the page's widgets write the address, one after the other
        own = {k: v for k, v in parameters(tab).items() if k not in TRAVEL}
        if own == expected:
            break
        tab.wait_for_timeout(100)
    assert own == expected, f"{title}: {tab.url}"
    warnings = tab.locator("[data-testid=stAlert]", has_text="The link asks").all_inner_texts()
    assert not warnings and not trouble(tab), title


def parameters(tab):
    return parse_qs(urlsplit(tab.url).query)


def test_every_page_comes_back_as_it_was_left_whichever_was_between(server, page):
    visit(page, server.url)
    left = {}
    titles = [p.title for p in pages()]
    for title in titles:
        go(page, title)
        key, text = USED.get(title, ("", ""))
        if text:
            box = page.locator(f".st-key-{key} input")
            box.fill(text)
            box.press("Enter")
            page.wait_for_function("key => location.search.includes(key + '=')", arg=key)
            settle(page)
        left[title] = parameters(page)
    for title in titles[::-1]:
        go(page, title)
        check(page, left, title)
