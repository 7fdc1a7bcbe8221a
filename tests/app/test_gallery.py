"""The answers of the home page: they are those of today's tables, and each link opens a finished result."""

import pytest

from nas_core import gallery
from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.visit import captions, finish, link, markdown

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)
CHARTS = ("vega_lite_chart", "echarts_chart", "bidi_component")


@pytest.mark.parametrize("question", gallery.QUESTIONS, ids=lambda q: q.title)
def test_what_is_shown_is_what_the_data_say(question):
    assert gallery.answers()[question.title] == question.answer()


@pytest.mark.parametrize("question", gallery.QUESTIONS, ids=lambda q: q.title)
def test_a_link_opens_its_finished_result(question, data_folder, monkeypatch):
    app = finish(link(question.page, question.link).run())
    assert not app.exception and not app.error and not app.warning
    assert not [i.value for i in app.info if i.value.startswith("Nothing")]
    assert any(app.get(kind) for kind in CHARTS)
    numbers = (f"{metric.label} {metric.value}" for metric in app.metric)
    text = " ".join([markdown(app), captions(app), *numbers])
    page_says = SAYS.get(question.title, gallery.answers()[question.title].sentence)
    assert page_says in text
    assert not app.query_params.keys() - question.link.keys() - {"benchmark", "dataset"}


SAYS = {  # where the page says it in other words, or shows the number in a widget of its own
    "Watch DARTS collapse": "It has collapsed: 5 of the 6 edges are skip connections, which train fast",
    "From a folder of images to an ONNX file in ten minutes": "% of the validation examples right, with",
    "Which proxy can be trusted?": "SynFlow ranks these networks a little better than their size does.",
    "How small can a good network be?": "Goal: more test accuracy, fewer MFLOPs.",
    "Can a predictor learn from 100 networks?": "After 200 trained networks",
}


def test_what_the_strategies_found_can_be_taken(data_folder):
    question = next(q for q in gallery.QUESTIONS if q.page == "pages/20_search.py")
    app = finish(link(question.page, {**question.link, "tab": "Learning curves"}).run())
    found = app.selectbox(key="taken_network").options
    assert not app.exception and len(found) == 2 and found[0].startswith("regularized evolution, cell ")
    assert "Take the code" in [button.label for button in app.button]


def test_home_shows_all_of_them_and_computes_nothing(data_folder, monkeypatch):
    monkeypatch.setattr(gallery, "table", None)  # what an answer is computed from
    app = link("app.py").run()
    assert not app.exception
    assert len(gallery.QUESTIONS) >= 8
    for question in gallery.QUESTIONS:
        answer = gallery.answers()[question.title]
        assert answer.sentence in captions(app) and answer.picture in [m.value for m in app.markdown]
        assert "currentColor" in answer.picture and 'aria-label="' in answer.picture
