"""Every page, as the first thing that the first visitor of a server sees, and on a telephone."""

import pytest

from tests.browser.conftest import serving, trouble, visit
from ui.frame import pages

ADDRESSES = ["/", *("/" + p.path.removeprefix("pages/").removesuffix(".py").partition("_")[2] for p in pages()[1:])]
every_page = pytest.mark.parametrize("address", ADDRESSES)


@every_page
def test_the_first_visitor_of_a_fresh_server_follows_a_link_to_it(address, page, tmp_path):
    with serving(tmp_path) as fresh:
        visit(page, fresh.url + address)
        links = page.locator("[data-testid=stSidebar] [data-testid=stPageLink]")
        links.nth(len(pages()) - 1).wait_for()
        titles = links.all_inner_texts()
        assert {p.title for p in pages()} <= {t.split("\n")[-1] for t in titles}, "the menu is not ours"
        assert page.locator("[data-testid=stSidebarNav]").count() == 0, "Streamlit draws a menu of its own"
        assert trouble(page) == []


@every_page
def test_nothing_is_wider_than_a_telephone(address, page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, server.url + address)
    wide = page.evaluate(
        """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')]
                 .map(e => e.scrollWidth - e.clientWidth)"""
    )
    assert wide == [0, 0]
    assert trouble(page) == []
