"""The Predictors page without a browser: form, a measurement from start to answer, a clicked network."""

import threading

import pytest

from nas_core import child
from nas_core.studies import predictor_study
from tests.unit.test_jobs import wait
from tests.visit import finish, link, press
from ui.server import jobs

PAGE = "pages/50_predictors.py"


@pytest.fixture
def opened(tables, in_threads):
    """Opens the page on a made-up table."""

    quick = {"benchmark": "formula", "dataset": "numbers", "splits": "2", "predictors": "ridge", "sizes": ["10", "100"]}
    return lambda **parameters: link(PAGE, {**quick, **parameters}).run()


def measured(app):
    return finish(press(app, "Measure"))


def test_before_anything_was_measured_it_says_what_to_do(opened):
    app = opened()
    assert not app.exception and not app.warning
    assert "Nothing has been measured" in app.info[0].value
    assert any("8 trainings of a predictor" in c.value for c in app.caption)


def test_a_measurement_from_start_to_answer(opened):
    app = measured(opened())
    assert not app.exception and not app.error
    texts = [m.value for m in app.markdown]
    assert any("After 100 trained networks, ridge ranks the others best on average." in s for s in texts)
    assert any(s.startswith("- **ridge** beats the plain random forest") for s in texts)
    assert len(app.get("vega_lite_chart")) == 2
    assert [m.label for m in app.metric] == ["Predicted", "True"]
    for measure in app.selectbox(key="measure").options:
        assert not app.selectbox(key="measure").set_value(measure).run().exception


def test_a_click_shows_that_network(opened):
    app = measured(opened())
    app.session_state["scatter"] = {"selection": {"cell": [{"cell": 15624}]}}
    app.run()
    assert not app.exception
    assert any("own:15624" in c.value for c in app.caption)
    assert app.query_params["predicted_network"] == "15624"
    assert any("own:15624" in c.value for c in finish(opened(predicted_network="15624")).caption)
    assert "own:99999" not in " ".join(c.value for c in finish(opened(predicted_network="99999")).caption)


def test_another_predictor_is_asked_when_chosen(opened):
    app = measured(opened())
    app.selectbox(key="predictor").set_value("plain random forest").run()
    assert not finish(app).exception
    app.selectbox(key="learned").set_value("10").run()
    assert not finish(app).exception
    assert len(app.metric) == 2


def test_a_prediction_that_is_stopped_stays_stopped_until_it_is_asked_for_again(opened, monkeypatch):
    real, begun, go_on = predictor_study.guess, [], threading.Event()

    def slow(*about):
        begun.append(about)
        while not go_on.wait(0.01):
            yield child.TICK
        yield from real(*about)

    monkeypatch.setattr(predictor_study, "guess", slow)
    app = press(opened(), "Measure")
    while not begun:
        for job in jobs().active():
            job.touch()
        app.run()
    (job,) = jobs().active()
    press(app, "Stop")
    wait(job)
    assert not app.run().exception and not jobs().active() and len(begun) == 1
    assert "Stopped before all networks were predicted." in [i.value for i in app.info]
    go_on.set()
    assert not finish(press(app, "Predict all networks")).exception
    assert len(begun) == 2 and len(app.metric) == 2


def test_without_a_predictor_or_a_size_it_says_what_is_missing(opened):
    app = opened()
    assert "at least one training size" in app.multiselect(key="sizes").set_value([]).run().warning[0].value
    app = opened()
    assert "at least one predictor" in app.multiselect(key="predictors").set_value([]).run().warning[0].value


def test_too_small_a_space_fails_in_words(opened):
    app = measured(opened(benchmark="tiny"))
    assert not app.exception
    assert "too few to learn from 100" in app.error[0].value


def test_parameters_are_part_of_the_measurement(opened):
    app = measured(opened())
    app.selectbox(key="ridge.encoding").set_value("paths").run()
    assert not app.exception and "Nothing has been measured" in app.info[0].value


@pytest.mark.parametrize(
    "parameters", [{"predictors": "oracle"}, {"learn_from": "1000"}, {"splits": "0"}, {"ridge.encoding": "x"}]
)
def test_nonsense_in_the_link_is_answered_in_words(opened, parameters):
    app = opened(**parameters)
    assert not app.exception
    assert any(w.value.startswith("The link ") for w in app.warning)


def test_nonsense_for_what_is_drawn_later_is_survived(opened):
    app = measured(opened(measure="beauty", of="oracle", after="0", split="99"))
    assert not app.exception and len(app.metric) == 2
