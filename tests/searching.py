"""What tests of the Search page do on it: open it by a link, change the link, run everything."""

from tests.unit.test_jobs import wait
from tests.visit import link
from ui.server import jobs

SMALL = {"benchmark": "formula", "dataset": "numbers", "runs": "3", "trials": "12"}


def opened(**parameters):
    """A first visitor who follows a link to the page."""
    return link("pages/20_search.py", parameters)


def linked(page, **params):
    for key, value in params.items():
        page.query_params[key] = value
    return page.run()


def run_all(page):
    page.button(key="run_button").click().run()
    for job in jobs().active():
        wait(job)
    return page.run()


def tab(page, name):
    """The page with another tab open below the curves."""
    page.session_state["tab"] = name
    return page.run()


def charts(page):
    return {chart.key for chart in page.get("echarts_chart")}
