"""What tests of the Search page do on it: open it by a link, change the link, run everything."""

from nas_core import searches
from nas_core.types import Objective
from tests.unit.test_jobs import wait
from tests.visit import link
from ui.server import experiments as shelf
from ui.server import jobs, store

SMALL = {"benchmark": "formula", "dataset": "numbers", "runs": "3", "trials": "12"}
SEVERAL = {
    "benchmark": "formula",
    "dataset": "numbers",
    "objective": "several objectives",
    "front_runs": "6",
    "front_trials": "40",
}
TWO = (Objective("val_acc"), Objective("flops_m", "min"))


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


def asked(**parameters):
    return opened(**(SEVERAL | parameters)).run()


def made(specs, name="mine"):
    wait(searches.start(jobs(), store(), specs))
    return shelf().collect(specs, name)


def results(page):
    return next(d.value for d in page.dataframe if "on the exact front" in d.value)


def verdict(page):
    """The page's answer, with plain spaces."""
    return next(m.value for m in page.markdown if "class='verdict'" in m.value).replace("\u00a0", " ")
