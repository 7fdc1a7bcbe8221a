"""Experiments on the pages: a search is one once it is run, the list does what it says, and a link opens it."""

from dataclasses import replace

import pytest
import streamlit as st

from nas_core import experiment_archive, searches
from nas_core.experiment_file import Experiment
from nas_core.experiments import Experiments
from nas_core.store import StoreError
from nas_core.sweep import Compact
from nas_core.types import Constraint, Objective, RunSpec
from tests import searching
from tests.searching import SMALL, charts, run_all, tab
from tests.unit.test_jobs import wait
from tests.visit import link, markdown, press
from ui import experiments, search_words
from ui.server import experiments as shelf
from ui.server import jobs, store

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("formula", "numbers", "random_search", max_trials=12)
BOTH = [replace(SPEC, strategy=name, seed=seed) for seed in (0, 1) for name in ("random_search", "local_search")]


def made(specs, name="mine"):
    wait(searches.start(jobs(), store(), specs))
    return shelf().collect(specs, name)


def listed(**parameters):
    return link("pages/30_runs.py", parameters).run()


def opened(*ids, **parameters):
    return link("pages/20_search.py", {"id": list(ids), **parameters}).run()


def ticked(page, *names):
    """The list with the rows of these names ticked."""
    shown = list(page.dataframe[0].value["name"])
    key = page.dataframe[0].key
    rows = [shown.index(name) for name in names]
    page.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return page.run()


def said(page):
    shown = [*page.info, *page.warning, *page.error, *page.success, *page.caption, *page.markdown]
    return " ".join(element.value for element in shown)


def labels(page):
    return [link.proto.label for link in page.get("page_link")]


def test_where_nothing_was_run_the_list_leads_to_what_comes_with_the_app():
    page = listed()
    assert not page.exception and "There are no experiments yet" in said(page)
    assert {"**Does evolution beat random search?**", "**Watch DARTS collapse**"} <= {*labels(page)}


def test_a_search_is_an_experiment_from_the_moment_run_is_pressed_and_once():
    page = run_all(searching.opened(**SMALL).run())
    (one,), _ = shelf().all()
    assert one.name == "RS, REA, LS: 12 trainings, numbers"
    assert (one.seeds, one.runs) == ((0, 1, 2), 9)
    assert jobs().get(searches.key([spec for _, spec in one.specs])).detached
    page.number_input(key="runs").set_value(4).run()
    run_all(page)
    (more,), _ = shelf().all()
    assert (more.id, more.seeds) == (one.id, (0, 1, 2, 3))


def test_names_are_short_and_say_what_is_special():
    two = (Objective("val_acc"), Objective("flops_m", "min"))
    many = [replace(SPEC, strategy=name) for name in ("random_search", "nsga2", "moead", "pareto_local_search", "tpe")]
    for change, name in (
        ({}, "RS, NSGA-II, MOEA/D, +2: 12 trainings, numbers"),
        (
            {"objectives": two, "max_trials": None, "max_seconds": 2e4},
            "RS, NSGA-II, +3: accuracy and MFLOPs, 20,000 s, numbers",
        ),
        ({"objectives": (Objective("val_acc - flops_m"),)}, "RS, NSGA-II, MOEA/D, +2: fitness, 12 trainings, numbers"),
        ({"objectives": (two[1],)}, "RS, NSGA-II, MOEA/D, +2: MFLOPs, 12 trainings, numbers"),
        (
            {"constraints": (Constraint("flops_m", high=6.0),)},
            "RS, NSGA-II, MOEA/D, +2: 12 trainings, MFLOPs ≤ 6, numbers",
        ),
    ):
        assert search_words.name([replace(spec, **change) for spec in many]) == name
    limited = search_words.line([replace(SPEC, constraints=(Constraint("flops_m", high=6.0),))])
    assert limited.endswith("with MFLOPs ≤ 6") and "with" not in search_words.line([SPEC])


def test_a_note_has_a_column_once_there_is_one():
    one = made(BOTH)
    assert "note" not in listed().dataframe[0].value
    shelf().change(one.id, note="for the talk")
    assert list(listed().dataframe[0].value["note"]) == ["for the talk"]


def test_the_link_of_an_experiment_shows_it_without_the_form():
    one = made(BOTH)
    page = opened(one.id)
    assert not page.exception and page.title[0].value == "mine"
    assert charts(page) == {"incumbents", "reached"} and not page.multiselect
    edit = next(link.proto for link in page.get("page_link") if link.proto.label == "Edit")
    assert "trials=12" in edit.query_string and "edit=true" in edit.query_string
    assert not tab(page, "Inside one run").exception


def test_an_experiment_that_was_stopped_is_continued_where_it_is_opened():
    one = made(BOTH)
    store().delete(BOTH[3].id)
    page = opened(one.id)
    assert page.button(key="run_button").label == "Continue: 3 of 4 are done"
    page = run_all(page)
    assert not page.exception and store().has_ended(BOTH[3].id) and len(shelf().all()[0]) == 1


def test_the_menu_leads_back_to_the_experiment_that_was_looked_at_until_it_is_deleted():
    one = made(BOTH)
    app = opened(one.id)

    def go(page):
        app.query_params.clear()
        return app.switch_page(page).run()

    go("pages/30_runs.py")
    assert go("pages/20_search.py").query_params["id"] == one.id and app.title[0].value == "mine"
    ticked(go("pages/30_runs.py"), "mine")
    press(app, "Delete")
    assert "id" not in go("pages/20_search.py").query_params
    assert not app.exception and not app.warning


@pytest.mark.parametrize("text", ["0" * 12, "nonsense", "../../etc/passwd"])
def test_an_unknown_experiment_is_one_sentence_with_the_way_out(text):
    page = opened(text)
    assert not page.exception
    assert [w.value for w in page.warning] == [
        f"There is no experiment “{text}” here. It may have been deleted, or it was made on another machine: then "
        "import its archive on the Runs page."
    ]
    assert {"All experiments", "New search"} <= set(labels(page))


def test_several_are_compared_in_one_picture_or_one_sentence_says_why_not():
    one, other = made(BOTH[:2], "one"), made([replace(SPEC, params={}, max_trials=9)], "other")
    page = opened(one.id, other.id)
    assert not page.exception and "incumbents" in charts(page)
    assert len(page.dataframe[0].value) == 3  # entrants
    elsewhere = made([replace(SPEC, benchmark="tiny")], "elsewhere")
    page = opened(one.id, elsewhere.id)
    assert not charts(page) and "Formula · numbers and Tiny · numbers" in said(page)


def test_the_traces_of_a_sweep_are_shown_and_its_runs_made_again(data_folder):
    (data_folder / "sweeps").mkdir(parents=True)
    sink = Compact(data_folder / "sweeps")
    list(searches.each(BOTH, sink=sink))
    one = shelf().collect(BOTH, "swept")
    assert not store().ids()
    assert list(listed().dataframe[0].value["state"]) == ["✓ done"]
    page = opened(one.id)
    assert "incumbents" in charts(page) and not [b for b in page.button if b.key == "run_button"]
    page = tab(page, "Inside one run")
    assert not page.exception and "variety" in charts(page) and not store().ids()


def test_the_list_says_how_far_each_is():
    made(BOTH, "whole")
    half = made([replace(SPEC, max_trials=9, seed=seed) for seed in (0, 1)], "half")
    store().delete(next(iter(half.run_ids)))
    shelf().collect([replace(SPEC, max_trials=7)], "nothing")
    rows = listed().dataframe[0].value.set_index("name")
    assert list(rows.loc[["whole", "half", "nothing"], "state"]) == ["✓ done", "‖ stopped", "○ not run yet"]
    assert list(rows.loc[["whole", "half", "nothing"], "done"]) == [100, 50, 0]
    assert rows.loc["whole", "task"] == "Formula · numbers"
    assert rows.loc["whole", "strategies"] == "random search, local search"
    assert list(listed(named="LOCAL done").dataframe[0].value["name"]) == ["whole"]
    assert "No experiment matches" in said(listed(named="nonsense"))


def test_runs_of_no_experiment_are_listed_too():
    wait(searches.start(jobs(), store(), [SPEC]))
    page = ticked(listed(), "random search on numbers, seed 0")
    assert "Open" in labels(page)
    (one,), _ = shelf().all()
    assert charts(opened(one.id)) == {"incumbents"}


def test_a_deleted_experiment_takes_only_its_own_runs_along_and_comes_back():
    one, other = made(BOTH, "one"), made(BOTH[:1], "other")
    page = press(ticked(listed(), "one"), "Delete")
    assert not page.exception
    assert [e.name for e in shelf().all()[0]] == ["other"] and store().ids() == [BOTH[0].id]
    assert "Deleted: one, with 3 runs." in markdown(page)
    press(page, "Undo")
    assert {e.name for e in shelf().all()[0]} == {"one", "other"} and len(store().ids()) == 4
    assert shelf().open(one.id) == one and shelf().open(other.id) == other


def test_what_the_list_does_asks_for_the_page_that_says_so(monkeypatch):
    asked = []
    made(BOTH, "one")
    page = ticked(listed(), "one")
    monkeypatch.setattr(Experiments, "duplicate", lambda *_: (_ for _ in ()).throw(StoreError("no space")))
    monkeypatch.setattr(st, "rerun", lambda *scope: asked.append(scope))
    press(page, "Duplicate")
    assert asked == [()]
    press(ticked(listed(), "one"), "Delete")
    assert asked == [()] * 2


def test_it_is_duplicated_renamed_and_given_a_note():
    made(BOTH, "one")
    page = press(ticked(listed(), "one"), "Duplicate")
    assert {"one", "one (copy)"} == set(page.dataframe[0].value["name"])
    page.session_state["rename"] = True  # a click on the button
    page = ticked(page, "one (copy)")
    page.text_input[1].set_value("two")
    page.text_area[0].set_value("why it was made")
    page = press(page, "Save")
    row = page.dataframe[0].value.set_index("name").loc["two"]
    assert row["note"] == "why it was made"
    page.session_state["rename"] = True
    page = ticked(page, "two")
    page.text_input[1].set_value("  ")
    assert "An experiment needs a name of one line." in said(press(page, "Save"))


def test_an_archive_is_imported_with_its_name_and_what_is_none_is_refused(tmp_path):
    one = made(BOTH, "sent")
    list(experiment_archive.pack(one, store(), tmp_path / "a.zip"))
    experiments.delete([one])
    assert not store().ids() and not shelf().all()[0]
    back, runs, refused = experiments.imported("a.zip", (tmp_path / "a.zip").read_bytes())
    assert (back, runs, refused) == (one, [], []) and len(store().ids()) == 4
    assert experiments.imported("b.zip", b"nonsense")[2] == ["b.zip: this is not a zip archive, or it is damaged"]


def test_single_runs_of_one_experiment():
    one = made(BOTH, "one")
    made([replace(SPEC, max_trials=9)], "other")
    page = listed(list="single runs", of_experiment=one.id)
    assert not page.exception and set(page.dataframe[0].value["run"]) == one.run_ids
    assert len(press(page, "All runs").dataframe[0].value) == 5
    assert "There is no experiment “x” here" in said(listed(list="single runs", of_experiment="x"))


def test_a_damaged_experiment_does_not_hide_the_others():
    made(BOTH, "one")
    (shelf().folder / f"{'a' * 12}.json").write_text("{")
    page = listed()
    assert not page.exception and len(page.dataframe[0].value) == 1
    assert "cannot be read: it is not JSON." in said(page)


def test_settings_of_several_budgets_open_too():
    one = shelf().save(Experiment("mixed", {"a": SPEC, "b": replace(SPEC, max_trials=9)}, (0, 1)))
    wait(searches.start(jobs(), store(), [spec for _, spec in one.specs]))
    page = opened(one.id)
    assert not page.exception and "incumbents" in charts(page)
    assert not tab(page, "Repeat").exception


def test_what_cannot_be_duplicated_is_a_sentence(monkeypatch):
    def fail(*_):
        raise StoreError("experiments could not be saved (No space left on device)")

    made(BOTH, "one")
    page = ticked(listed(), "one")
    monkeypatch.setattr(Experiments, "duplicate", fail)
    page = press(page, "Duplicate")
    assert not page.exception and "No space left on device" in page.error[0].value
