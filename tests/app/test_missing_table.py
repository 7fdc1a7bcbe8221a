"""A link to a table that is not here says so, offers it, and opens once it is here."""

import pytest

from nas_core.experiment_file import Experiment
from nas_core.types import RunSpec
from tests.visit import link
from ui.server import experiments

PAGES = ["10_explore", "20_search", "95_pareto", "45_proxies", "50_predictors", "55_supernet", "60_why_evolution"]
ASKED = {"benchmark": "NATS-Bench topology", "dataset": "CIFAR-100"}


def said(page):
    return [w.value for w in page.warning]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_that_reads_tables_offers_the_missing_one_and_keeps_the_link(page, data_folder):
    app = link(f"pages/{page}.py", ASKED).run()
    assert not app.exception
    assert said(app)[0].startswith(
        "NATS-Bench topology · CIFAR-100 is asked for. NATS-Bench is not on this machine yet;"
    )
    assert "fetch" in [button.key for button in app.button]
    assert {name: app.query_params[name] for name in ASKED} == ASKED and not app.selectbox


def test_the_link_opens_as_soon_as_the_table_is_here(nats_tables):
    app = link("pages/10_explore.py", ASKED).run()
    assert not app.exception and not said(app) and app.selectbox(key="benchmark").value == "nats_topology"


def test_what_no_button_gets_is_said_with_the_way_to_the_page_data(data_folder):
    app = link("pages/20_search.py", {"benchmark": "own_topology"}).run()
    assert not app.exception and "import one on the Data page" in said(app)[0]
    assert any(item.proto.page.endswith("data") for item in app.get("page_link"))


def test_an_experiment_on_a_table_that_is_not_here_offers_it(data_folder):
    spec = RunSpec("nats_topology", "cifar10", "random_search", max_trials=3)
    one = experiments().save(Experiment("from elsewhere", {"a": spec}, (0,)))
    app = link("pages/20_search.py", {"id": one.id}).run()
    assert not app.exception and "is not on this machine yet" in said(app)[0]
