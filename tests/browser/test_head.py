"""What stands beside the title of every page does what it says."""

import re

from tests.browser.conftest import PATIENCE, trouble, visit

BRIGHTNESS = """() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
  .match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)"""

NARROW = "document.querySelector('[data-testid=stSidebar]').offsetWidth <= 64"


def test_the_link_is_copied_and_the_colours_change_on_every_page(page, server):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, f"{server.url}/explore?cell=830")
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_role("button", name="Link copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    copied = page.locator(".verbatim").first
    copied.get_by_role("button", name="Copy", exact=True).click()
    copied.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == copied.locator("div").inner_text()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")  # as in a frame that may not
    page.get_by_role("button", name="Copy the link").click()
    page.get_by_role("button", name="Link copied").get_by_text("✓").wait_for()
    assert page.evaluate("() => navigator.clipboard.readText()") == page.url
    light = page.evaluate(BRIGHTNESS)
    page.get_by_role("button", name="Dark colours").click()
    page.get_by_role("button", name="Light colours").wait_for()
    dark = page.evaluate(BRIGHTNESS)
    assert dark < 300 < light
    visit(page, f"{server.url}/data")
    page.get_by_role("button", name="Light colours").wait_for()
    assert page.evaluate(BRIGHTNESS) == dark, "another page has other colours"
    assert trouble(page) == []


def test_the_menu_is_narrowed_to_a_rail_and_stays_so(page, server):
    visit(page, f"{server.url}/data")
    menu, title = page.get_by_test_id("stSidebar"), page.locator("h1").first
    page.wait_for_timeout(500)  # until the style sheet is there, which moves the title
    wide, at = menu.bounding_box()["width"], title.bounding_box()["x"]
    page.get_by_role("button", name="Narrow the menu to its signs").click()
    page.get_by_role("button", name="Show the names of the pages").wait_for()
    page.wait_for_function(NARROW)  # it moves
    assert title.bounding_box()["x"] < at - 100
    page.get_by_role("link", name="Train", exact=True).click()  # a sign has a name, also where none is seen
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    page.wait_for_function(NARROW)
    page.get_by_role("link", name="Explore", exact=True).hover()
    page.locator("[data-testid=stSidebar] a[title='Explore']").wait_for()
    visit(page, f"{server.url}/data")
    page.get_by_role("button", name="Show the names of the pages").click()
    page.get_by_role("button", name="Narrow the menu to its signs").wait_for()
    page.wait_for_function(f"!({NARROW})")
    page.wait_for_timeout(500)
    assert menu.bounding_box()["width"] == wide and title.bounding_box()["x"] == at
    assert trouble(page) == []


def test_other_pages_come_back_as_they_were_left_after_new_colours(page, server):
    from playwright.sync_api import expect

    visit(page, f"{server.url}/reproduce")
    menu = page.get_by_test_id("stSidebar")
    page.get_by_text("Only what differs").click()
    page.wait_for_url(re.compile("="))
    left = page.url
    menu.get_by_role("link", name="Data", exact=True).click()
    page.get_by_role("heading", name="Data", exact=True).wait_for()
    page.get_by_role("button", name="Dark colours").click()
    page.get_by_role("button", name="Light colours").wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    menu.get_by_role("link", name="Reproduce", exact=True).click()
    page.wait_for_url(left)
    expect(page.get_by_role("switch", name="Only what differs")).to_be_checked(timeout=PATIENCE)
    assert trouble(page) == []
