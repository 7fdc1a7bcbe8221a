"""The page on evolution without a browser: form, refusals, an experiment from start to answer, stop and continue."""

from functools import partial

import pytest

from nas_core.sources import user_table
from nas_core.studies import lab
from tests.visit import finish, link, markdown, press
from ui import experiments, exported_data
from ui.server import experiments as shelf
from ui.words import plain

PAGE = "pages/60_why_evolution.py"
QUICK = {"benchmark": "formula", "dataset": "numbers", "lab_seeds": "10", "lab_trials": "20"}


@pytest.fixture
def opened(tables, in_threads, monkeypatch):
    """Opens the page on a made-up table."""
    monkeypatch.setattr(lab, "run", partial(lab.run, processes=1))
    return lambda **parameters: link(PAGE, {**QUICK, **parameters}).run()


def headline(app):
    return next(m.value for m in app.markdown if "headline" in m.value)


def test_before_anything_was_run_it_says_what_to_do(opened):
    app = opened()
    assert not app.exception and not app.warning
    assert "Nothing has been run" in app.info[0].value
    assert any("6 settings, 60 searches" in c.value for c in app.caption)


def test_an_experiment_from_start_to_answer(opened):
    app = finish(press(opened(seeds="15"), "Run the experiment"))
    assert not app.exception and not app.error
    assert "matter" in headline(app) or "depends" in headline(app)
    said = [m.value for m in app.markdown if m.value.startswith("- ")]
    assert [s.split(":")[0] for s in said[:3]] == ["- With no errors", "- With frozen errors", "- With redrawn errors"]
    assert "looked at every network" in said[3]
    assert len(app.get("vega_lite_chart")) == 3
    assert "Run the experiment" not in [b.label for b in app.button]
    earlier = app.slider(key="lab_at").set_value(5).run()
    assert not earlier.exception and headline(earlier)


def test_the_experiment_that_runs_is_the_one_typed_just_before_the_click(opened):
    app = opened()
    app.number_input(key="lab_trials").set_value(60)
    app = finish(press(app, "Run"))
    assert not app.exception and headline(app) and app.slider(key="lab_at").max == 60


def test_a_preset_fills_the_form(opened):
    app = press(opened(), "Population and tournament")
    assert not app.exception
    assert app.selectbox(key="factor").value == "Population" and app.selectbox(key="under").value == "Tournament"
    assert app.multiselect(key="levels.population").value == ["5", "10", "20", "50"]
    assert any("12 settings" in c.value for c in app.caption)
    assert app.query_params["levels.population"] == ["5", "10", "20", "50"]  # drawn for the first time, and in the link
    app = press(app, "Size of frozen errors")
    assert app.selectbox(key="held.noise").value == "frozen"
    assert any("8 settings" in c.value for c in app.caption)
    app = press(app, "Aging and training length")
    assert app.multiselect(key="circumstances.epochs").value == ["1", "4"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda app: app.multiselect(key="levels.dies").set_value(["oldest"]), "Choose at least two levels"),
        (lambda app: app.multiselect(key="circumstances.noise").set_value([]), "Choose at least one level"),
        (lambda app: app.selectbox(key="under").set_value("Size of the errors"), "have no size"),
    ],
)
def test_what_makes_no_experiment_is_said_in_words(opened, change, sentence):
    app = change(opened()).run()
    assert not app.exception and sentence in app.warning[0].value
    assert "Run the experiment" not in [b.label for b in app.button]


def test_a_table_that_knows_few_cells_is_refused_in_words(opened):
    user_table.save(user_table.read(b"arch,val_acc\nown:4711,70\nown:9000,60\n", "a.csv", "topology"), "mine", "")
    app = opened(benchmark="own_topology", dataset="mine")
    assert not app.exception and app.info[0].value.startswith("This table has 2 of 15,625 cells;")
    assert "“mine” knows 2 of 15,625 cells" in app.warning[0].value and "at least half" in app.warning[0].value
    assert "Run the experiment" not in [b.label for b in app.button]


def test_it_is_kept_as_an_experiment_that_runs_lists_and_search_opens(opened):
    app = finish(press(finish(press(opened(lab_seeds="5"), "Run the experiment")), "Keep as an experiment"))
    assert not app.exception and not app.error
    (one,), _ = shelf().all()
    assert one.name == "Who dies × Errors in the reward: 20 trainings, numbers" and one.runs == 6 * 5
    assert experiments.whole(one) and "Keep as an experiment" not in [b.label for b in app.button]
    (way,) = [link.proto for link in app.get("page_link") if link.proto.label == "Open as an experiment"]
    assert f"id={one.id}" in way.query_string
    page = link("pages/20_search.py", {"id": one.id}).run()
    assert not page.exception and not page.error and page.title[0].value == plain(one.name)
    assert "on the page “Why does evolution work?”" in markdown(page)
    results = next(d.value for d in page.dataframe if "mean regret" in d.value)
    assert "non-aging evolution (frozen errors of 1)" in list(results["strategy"])
    assert len(results) == 6 and results["runs"].eq(5).all()
    assert len(exported_data.archive(one)) > 1000  # every run is made again as it was


def test_comparing_the_factor_of_the_circumstances_picks_another_one(opened):
    app = opened().selectbox(key="factor").set_value("Errors in the reward").run()
    assert not app.exception and app.selectbox(key="under").value == "Nothing else"


def test_a_stopped_experiment_keeps_what_is_done_and_goes_on(opened, monkeypatch):
    slow = lab.run

    def stops(plan, done=()):
        for i, part in enumerate(slow(plan, done=done)):
            if i == 4 and not done:
                raise RuntimeError("the machine fell asleep")
            yield part

    monkeypatch.setattr(lab, "run", stops)
    app = finish(press(opened(), "Run the experiment"))
    assert app.error[0].value == "The machine fell asleep."
    assert "With 0 searches of each setting" in headline(app)
    app = finish(press(app, "Continue the experiment"))
    assert not app.exception and not app.error and "With 0 searches" not in headline(app)


@pytest.mark.parametrize(
    "parameters", [{"factor": "luck"}, {"under": "luck"}, {"lab_seeds": "many"}, {"held.sample": "0"}]
)
def test_nonsense_in_the_link_is_answered_in_one_sentence(opened, parameters):
    app = opened(**parameters)
    assert not app.exception and len(app.warning) == 1
    assert "The link sets “" in app.warning[0].value
