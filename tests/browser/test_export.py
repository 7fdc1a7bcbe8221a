"""The menu Export in a real Chromium: a light figure out of a dark page, at the width of a column, and its data."""

import io
import json
import zipfile

import pandas as pd
import pytest
from PIL import Image

from tests.browser.conftest import visit

LINK = "/search?strategies=random%20search&strategies=regularized%20evolution&runs=4&trials=60"


@pytest.fixture
def dark(chromium, server):
    """A page of a visitor whose system is dark, with a search that has run."""
    window = chromium.new_context(viewport={"width": 1280, "height": 720}, color_scheme="dark", accept_downloads=True)
    window.set_default_timeout(120_000)
    page = window.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    visit(page, f"{server.url}{LINK}")
    run = page.locator(".st-key-run_button button")
    page.locator(".verdict").or_(run).first.wait_for()
    if run.count():  # no test before has run it
        run.click()
    page.locator(".verdict").wait_for()
    yield page
    assert not page.errors
    window.close()


def saved(page, button):
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_light_figure_and_its_data_come_out_of_a_dark_page(dark):
    dark.get_by_role("button", name="Export", exact=True).click()
    dark.locator(".st-key-paper [data-testid=stEChartsChart] svg text").first.wait_for()
    name, raw = saved(dark, dark.locator(".figure .zip"))  # the second action gives it all
    archive = zipfile.ZipFile(io.BytesIO(raw))
    stem = name.removesuffix(".zip")
    svg = archive.read(f"{stem}.svg").decode()
    assert 'width="88mm"' in svg and ">regularized evolution<" in svg and "class=" not in svg
    assert archive.read(f"{stem}.pdf").startswith(b"%PDF")
    image = Image.open(io.BytesIO(archive.read(f"{stem}.png")))
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1) and image.text["Title"].startswith("Best so far")
    assert json.loads(image.text["Description"])["benchmark"] == "Pocket topology"
    image = image.convert("RGB")
    assert image.width == 1039 and image.getpixel((2, image.height - 2)) == (255, 255, 255)
    tables = [n for n in archive.namelist() if n.endswith(".parquet")]
    origin = pd.read_parquet(io.BytesIO(archive.read(tables[0]))).attrs
    assert origin["benchmark"] == "Pocket topology" and "sweep" in origin["command"]
    row = dark.locator("[role=dialog] [data-testid=stHorizontalBlock]", has_text="Every trial of every seed").last
    _, raw = saved(dark, row.get_by_role("button", name="CSV"))
    frame = pd.read_csv(io.BytesIO(raw))
    assert frame.groupby(["label", "seed"]).size().tolist() == [60] * 8


def whole(page, file):
    """Save the page into `file`."""
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("button", name="Prepare the page").click()
    _, raw = saved(page, page.get_by_role("button", name="Save the page"))
    file.write_bytes(raw)


INK = "[...document.querySelectorAll('figure svg text')].map(e => [e.textContent, e.getAttribute('fill')])"


def test_the_whole_page_opens_from_disk_without_a_network(dark, chromium, server, tmp_path):
    file = tmp_path / "page.html"
    whole(dark, file)
    window = chromium.new_context(offline=True)
    page = window.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.locator(".verdict").inner_text() in dark.locator(".verdict").inner_text()
    assert page.locator("figure svg text", has_text="regularized evolution").count()
    assert page.locator("table tr", has_text="regularized evolution").count()
    names = page.evaluate("[...document.querySelectorAll('figure [id]')].map(e => e.id)")
    assert names and len(set(names)) == len(names)  # a clip of one figure must not cut another
    assert page.evaluate("document.fonts.load('12px \"Source Sans\"').then(faces => faces.length)") == 1
    assert not said and all(a == file.as_uri() or a.startswith("data:font") for a in asked)
    visit(dark, f"{server.url}/explore")
    whole(dark, file)
    page.goto(file.as_uri())
    inks = dict(page.evaluate(INK))
    assert inks["in"] == inks["out"] == "#1b2430"  # the drawing of a cell, which was white on the dark page
    assert page.locator("table tr", has_text="validation accuracy").count()
    visit(dark, server.url)
    whole(dark, file)
    page.goto(file.as_uri())
    pictures = page.locator("figure").all_inner_texts()
    assert sum("Watch DARTS collapse" in text for text in pictures) == 1 and len(set(pictures)) == len(pictures)
    assert "check_circle" not in page.locator("body").inner_text()  # a sign is no word
    window.close()
