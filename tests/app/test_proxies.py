"""The Proxies page without a browser: form, live scores from start to answer, saved scores, a clicked network."""

import pytest
import streamlit as st

from nas_core import packages, scoring
from nas_core.sources import own_data
from nas_core.sources.scores import ScoreRow, Scoring
from nas_core.studies import proxy_study
from tests import own_files
from tests.unit.test_own_data import read
from tests.visit import finish, link, press

PAGE = "pages/45_proxies.py"


@pytest.fixture
def opened(tables, in_threads, monkeypatch):
    """Opens the page on a made-up table; scores are made up too, so they need no torch."""
    monkeypatch.setattr(packages, "missing", lambda package, wait=0.0: "")
    monkeypatch.setattr(scoring, "score", made_up)
    monkeypatch.setattr(scoring, "batches", lambda plan: None)
    quick = {"benchmark": "formula", "dataset": "numbers", "sample": "60", "proxies": ["SynFlow", "NASWOT"]}
    return lambda **parameters: link(PAGE, {**quick, **parameters}).run()


def made_up(plan, row, names):
    """ProxyScores that are a formula: no network is built."""
    arch = plan.make_space().arch(row)
    values = {name: float(sum(arch) % 7 + len(name) * (row % 5 + plan.seed)) for name in names}
    errors = {}
    if row % 11 == 0 and "synflow" in values:
        values["synflow"], errors["synflow"] = float("-inf"), "the score is -inf"
    return ScoreRow(row, values, dict.fromkeys(names, 0.01), errors)


def scored(app):
    return finish(press(app, "Score live"))


def test_before_anything_is_scored_it_says_what_to_do(opened):
    app = opened()
    assert not app.exception and not app.warning
    assert "Nothing has been scored with these settings yet" in app.info[0].value
    assert any("60 untrained networks" in c.value for c in app.caption)


def test_scoring_from_start_to_answer(opened):
    app = scored(opened())
    assert not app.exception and not app.error
    texts = [m.value for m in app.markdown]
    assert any("than their size does" in s for s in texts)
    table = app.dataframe[0].value
    assert set(table["proxy"]) == {"SynFlow", "NASWOT", "parameters", "FLOPs"}
    assert table.set_index("proxy")["not finite"]["SynFlow"] > 0
    assert any("the score is -inf" in s for s in texts)
    assert [m.label for m in app.metric] == ["Score", "Test accuracy"]
    assert len(app.get("vega_lite_chart")) == 3
    assert any("python -m nas_core score" in c.value for c in app.caption)


def test_networks_are_shown_data_of_ones_own(opened, tmp_path):
    st.cache_resource.clear()
    name = own_data.save(read(own_files.signals(tmp_path / "signals"), "arrays"), "My signals")
    app = opened(data="My signals", batch="16")
    assert not app.exception and not app.warning and app.selectbox(key="data").value == "My signals"
    app = scored(app)
    assert not app.exception and any("My signals, 16 sequences" in c.value for c in app.caption)
    assert any(f"--data {name} --batch 16" in c.value for c in app.caption)


def test_a_click_shows_that_network_and_another_proxy_its_own_picture(opened):
    app = scored(opened())
    row = proxy_study.ProxyStudy("formula", "numbers", ("synflow",), Scoring(net="pocket"), 60).rows()[7]
    app.session_state["scatter"] = {"selection": {"cell": [{"cell": row}]}}
    app.run()
    assert any(f"own:{row}" in c.value for c in app.caption)
    assert app.query_params["scored_network"] == str(row)
    other = finish(opened(scored_network=str(row)))  # who opens the link sees the same network
    assert any(f"own:{row}" in c.value for c in other.caption)
    for nonsense in ("15625000", "-1", "x" * 50):
        assert not finish(opened(scored_network=nonsense)).exception
    app.selectbox(key="proxy").set_value("parameters").run()
    assert not app.exception


def test_several_seeds_show_their_spread(opened):
    app = scored(opened(seeds="2", sample="40"))
    assert not app.exception
    assert app.dataframe[0].value.set_index("proxy")["spread"]["NASWOT"] >= 0


def test_saved_scores_are_shown_beside_the_live_ones(opened):
    plan = Scoring(net="nats", data="cluttered_digits")
    list(scoring.sweep(plan, range(0, 15625, 25), ["synflow", "naswot", "params", "flops"]))
    app = opened()
    assert not app.exception and not app.info
    assert any("saved scores" in c.value for c in app.caption)
    app = scored(app)
    assert app.get("button_group") and not app.exception


def test_scores_that_the_command_line_adds_are_seen(opened):
    plan, rows = Scoring(net="nats", data="cluttered_digits"), range(0, 15625, 25)
    list(scoring.sweep(plan, rows, ["synflow", "naswot", "params", "flops"]))
    app = opened(proxies=["SynFlow", "NASWOT", "gradient norm"])
    assert "gradient norm" not in set(app.dataframe[0].value["proxy"])
    list(scoring.sweep(plan, rows, ["grad_norm"]))
    assert "gradient norm" in set(app.run().dataframe[0].value["proxy"])


def test_the_table_of_texts_opens_with_the_scores_that_come_with_it(monkeypatch):
    monkeypatch.setattr(packages, "missing", lambda package, wait=0.0: "")
    app = link(PAGE, {"benchmark": "pocket_topology", "dataset": "banking77"}).run()
    assert not app.exception and not app.warning and app.selectbox(key="data").value == "Banking77"
    assert any("Larger networks are worse here" in m.value for m in app.markdown)
    assert any("fetch banking77" in c.value for c in app.caption)  # without it nothing more is scored
    assert "Score live" not in {b.label for b in app.button}


def test_without_a_proxy_it_says_so(opened):
    app = opened()
    app.multiselect(key="proxies").set_value([]).run()
    assert "Choose at least one proxy" in app.warning[0].value


@pytest.mark.parametrize(
    "parameters",
    [{"proxies": "oracle"}, {"sample": "5"}, {"data": "mnist"}, {"net": "huge"}, {"batch": "1"}, {"seeds": "x"}],
)
def test_nonsense_in_the_link_is_answered_in_words(opened, parameters):
    app = opened(**parameters)
    assert not app.exception
    assert any("The link sets “" in w.value for w in app.warning)


def test_a_space_that_builds_no_networks_is_judged_by_what_its_table_knows(opened):
    app = opened(benchmark="tiny")
    assert not app.exception and not app.warning and not [b for b in app.button if b.key == "proxy_run"]
    assert any("has a Spearman correlation of" in m.value for m in app.markdown)
    assert any("none of the blocks space can be built; more counts as better" in c.value for c in app.caption)


def test_a_graph_table_says_whether_latency_tells_more_than_size():
    app = link(PAGE, {"benchmark": "NAS-Bench-Graph", "dataset": "ogbn-arxiv"}).run()
    assert not app.exception and not app.warning
    assert any("Latency ranks these networks better than their size does." in m.value for m in app.markdown)
    table = app.dataframe[0].value.set_index("proxy")
    assert table.loc["latency", "Spearman"] == pytest.approx(0.436, abs=0.001)  # of the 26,206 distinct ones
    assert [m.label for m in app.metric] == ["Latency (ms)", "Test accuracy"]
