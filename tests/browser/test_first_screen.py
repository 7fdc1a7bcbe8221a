"""What a page is about is on the first screen of a desktop and of a laptop: the lower edge of its chart is."""

import pytest

from tests.browser.conftest import trouble, visit

SEARCH = "/search?strategies=random_search&strategies=regularized_evolution&runs=4&trials=60&edit=false"
FRONTS = "/search?objective=several+objectives&front_runs=4&front_trials=60"
CHARTS = {  # address: the chart of that page
    "/?race=1": ".st-key-race_1 [data-testid=stEChartsChart]",
    "/explore?filters=number+of+skip>%3D1": ".st-key-map .plot",
    "/explore?view=Pareto+front": ".st-key-front-map .plot",
    "/explore?view=Landscape": ".st-key-optima [data-testid=stEChartsChart]",
    "/train": ".st-key-tabulated [data-testid=stEChartsChart]",
    "/search": ".st-key-incumbents [data-testid=stEChartsChart]",
    SEARCH: ".st-key-incumbents [data-testid=stEChartsChart]",
    FRONTS: ".st-key-searched-map .plot",
    "/proxies": ".st-key-scatter [data-testid=stVegaLiteChart]",
    "/supernet": ".st-key-preferences [data-testid=stEChartsChart]",
}


@pytest.mark.parametrize("address", CHARTS)
def test_the_lower_edge_of_its_chart_is_on_the_first_screen(address, page, server):
    page.set_viewport_size({"width": 1440, "height": 900})
    visit(page, f"{server.url}{address}")
    chart = page.locator(CHARTS[address]).first
    run = page.locator(".st-key-run_button button")
    (run if address == FRONTS else chart.or_(run)).first.wait_for()
    if run.count():
        run.click()
    if address.startswith("/search"):
        page.locator(".verdict").wait_for()  # until then the chart is that of a search which runs
    chart.wait_for()
    for width, height in ((1440, 900), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)  # the chart takes its new width
        box = chart.bounding_box()
        assert box["height"] > 200 and box["y"] + box["height"] <= height, (width, box)
    assert trouble(page) == []
