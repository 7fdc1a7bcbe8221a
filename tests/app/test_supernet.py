"""The Supernet page without a browser: form, refusals, a training from start to answer, stop and continue, two runs."""

import importlib.util
import re

import pytest

from nas_core import benchmarks
from nas_core.store import Store
from nas_core.types import Stopped
from tests.searching import tab
from tests.visit import finish, link, press
from ui import supernet_runs

PAGE = "pages/55_supernet.py"
QUICK = {
    "benchmark": "formula",
    "dataset": "numbers",
    "method": "RSPS",
    "rsps.epochs": "3",
    "rsps.channels": "2",
    "rsps.batch": "8",
    "rsps.steps": "2",
    "rsps.images": "cluttered_digits",
    "rsps.judged_on": "16",
    "rsps.scored": "12",
    "rsps.score_every": "1",
    "rsps.candidates": "3",
}
torch = pytest.mark.torch


@pytest.fixture
def opened(tables, in_threads):
    """Opens the page on a made-up table."""
    return lambda **parameters: link(PAGE, {**QUICK, **parameters}).run()


def trained(app):
    return finish(press(app, "Train the supernet"))


@torch
def test_before_anything_was_trained_it_says_what_to_do(opened):
    app = opened()
    assert not app.exception and not app.warning and not app.error
    assert "Nothing has been trained with these settings yet." in app.info[0].value


@torch
def test_a_training_from_start_to_answer(opened):
    app = trained(opened())
    assert not app.exception and not app.error
    headline = next(m.value for m in app.markdown if "headline" in m.value)
    assert "After 3 epochs, RSPS names a cell" in headline
    assert len(app.get("echarts_chart")) == 5
    assert "Train it again" in [b.label for b in app.button]
    assert app.slider(key="net_epoch").value == 3
    earlier = app.slider(key="net_epoch").set_value(1).run()
    assert any("after epoch 1" in c.value for c in earlier.caption)
    running = app.segmented_control(key="norm").set_value("running averages").run()
    assert not running.exception


@torch
def test_two_runs_are_drawn_together(opened):
    app = trained(trained(opened()).number_input(key="net_seed").set_value(1).run())
    other = next(o for o in app.selectbox(key="with").options if o.endswith("seed 0"))
    app = app.selectbox(key="with").set_value(other).run()
    assert not app.exception and not app.error
    assert len(app.get("echarts_chart")) == 5


def test_without_torch_it_says_how_to_get_it(opened, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "torch" else find(name, *more))
    app = opened()
    assert not app.exception and "python -m pip install torch" in app.info[0].value


def test_a_parameter_the_link_gets_wrong_is_said_in_sight(opened):
    """A sentence inside the closed expander of parameters would be seen by nobody."""
    app = opened(**{"rsps.epochs": "-1"})
    assert "The default is used" in app.warning[0].value and "rsps" in app.warning[0].value
    assert not app.expander[0].warning


def recorded(app):
    return [b for b in app.button if b.key and b.key.startswith("recorded")]


@pytest.mark.parametrize("able", [pytest.param(True, marks=torch), False])
def test_a_recorded_run_is_shown_at_once(data_folder, monkeypatch, able):
    if not able:
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda n, *more: None if n == "torch" else find(n, *more))
    app = link(PAGE, {"darts.epochs": "7", "seed": "3"}).run()
    assert not app.exception and not any("Press" in info.value for info in app.info)
    assert any("Nothing has been trained with your settings yet. This run comes" in c.value for c in app.caption)
    labels = [b.label for b in recorded(app)]
    assert len(labels) >= 5 and len(set(labels)) == len(labels)
    for label in labels:
        app = next(b for b in recorded(app) if b.label == label).click().run()
        assert not app.exception and not app.error and not app.warning, label
        assert any("comes with the app" in c.value for c in app.caption), label
        assert any("(standard error)" in c.value for c in app.caption), f"{label}: how sure is the best?"
        headline = next(m.value for m in app.markdown if "headline" in m.value)
        assert re.search(rf"After \d+ epochs, {label.partition(',')[0]} names a", headline)
        assert any(name.endswith(".steps") for name in app.query_params), f"the link is not that of {label}"
    assert app.number_input(key="net_seed").value == 0
    assert ("Train the supernet" in [b.label for b in app.button]) == able
    assert "Take the code" in [b.label for b in app.button]


def test_recorded_runs_are_of_the_tables_that_come_with_the_app():
    kept = Store(supernet_runs.RECORDED)
    assert kept.ids()
    for run in kept.ids():
        events = kept.read(run)
        spec = events[0].spec
        assert spec.id == run
        assert events[0].table == benchmarks.create(spec.benchmark, spec.dataset).fingerprint()
        assert isinstance(events[-1], Stopped)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"rsps.images": "those of the benchmark"}, "no dataset named 'numbers'"),
        ({"method": "NASNet"}, "The link sets “Method” to “NASNet”"),
        ({"net_seed": "many"}, "The link sets “Seed” to “many”"),
        ({"rsps.epochs": "0"}, "epochs must be"),
    ],
)
def test_what_cannot_be_trained_is_said_in_words(opened, parameters, sentence):
    app = opened(**parameters)
    assert not app.exception and any(sentence in w.value for w in app.warning)


def test_a_space_without_a_supernet_is_refused(opened):
    app = opened(benchmark="tiny")
    assert not app.exception and "There is no supernet for the blocks space" in app.warning[0].value


@torch
def test_on_the_size_space_it_masks_channels(opened):
    quick = {name.replace("rsps", "fbnet_v2"): value for name, value in QUICK.items() if name.startswith("rsps.")}
    del quick["fbnet_v2.channels"], quick["fbnet_v2.candidates"]
    before = opened(**quick)  # on the topology space, with a method that is not for widths
    app = trained(before.selectbox(key="benchmark").set_value("widths").run())
    assert not app.exception and not app.error and not app.warning
    assert "After 3 epochs, FBNetV2 names a network" in next(m.value for m in app.markdown if "headline" in m.value)
    assert any(m.value.startswith("**Preferences on each layer**") for m in app.markdown)
    assert any(c.value.startswith("Network ") and ":" in c.value for c in app.caption)
    assert len(app.get("echarts_chart")) == 5


@torch
def test_on_search_it_stands_beside_the_other_strategies(opened):
    search = {"strategies": ["rsps", "random_search"], "runs": "1", "trials": "5", "axis": "time"}
    app = finish(press(link("pages/20_search.py", {**QUICK, **search}).run(), "Run"))
    assert not app.exception and not app.error
    table = next(d.value for d in app.dataframe if "strategy" in d.value)
    assert dict(zip(table["strategy"].str.partition(" ")[0], table["trials"], strict=True)) == {"RSPS": 1, "random": 5}
    curves = next(c for c in app.get("echarts_chart") if c.proto.id.endswith("incumbents"))
    assert "real ones of supernets" in str(curves.proto)
    app = tab(app, "Inside one run")
    app = app.selectbox(key="run").set_value(next(o for o in app.selectbox(key="run").options if "RSPS" in o)).run()
    assert not app.exception


@pytest.mark.parametrize("dataset", ["Banking77", "cluttered digits 2"])
def test_it_opens_on_a_finished_run_also_where_its_data_are_not_here(dataset):
    app = link(PAGE, {"benchmark": "Pocket topology", "dataset": dataset}).run()
    assert not app.exception and not app.error and len(app.get("echarts_chart")) > 0
    assert any("This run comes with the app: DARTS" in caption.value for caption in app.caption)
    assert [w.value for w in app.warning if "is not on this machine" in w.value] or dataset != "Banking77"
