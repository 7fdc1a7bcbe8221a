"""What stands beside the title of every page does what it says."""

from tests.browser.conftest import trouble, visit

BRIGHTNESS = """() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
  .match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)"""


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
    light = page.evaluate(BRIGHTNESS)
    page.get_by_role("button", name="Dark colours").click()
    page.get_by_role("button", name="Light colours").wait_for()
    dark = page.evaluate(BRIGHTNESS)
    assert dark < 300 < light
    visit(page, f"{server.url}/data")
    page.get_by_role("button", name="Light colours").wait_for()
    assert page.evaluate(BRIGHTNESS) == dark, "another page has other colours"
    assert trouble(page) == []
