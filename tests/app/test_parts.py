"""Parts of a page that are drawn by themselves, and what was broken off before."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from unittest.mock import Mock

import pytest
import streamlit as st
from streamlit.errors import StreamlitAPIException

from tests.app.test_runs import SPEC, made, select
from tests.app.test_runs import opened as runs
from tests.searching import SEVERAL, TWO, opened, run_all
from tests.unit.test_jobs import wait
from tests.visit import link
from ui import experiments, explore_link, front_moment, job_panel, links, parts
from ui.server import jobs


def test_parts_are_drawn_alone_only_where_nothing_else_was_broken_off(monkeypatch):
    asked = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", asked.append)
    monkeypatch.setattr(st, "fragment", lambda key, run_every: lambda draw: draw)
    parts.again("a page that says nothing is drawn as a whole")
    parts.begin()
    parts.again("the page was broken off")
    parts.finish()
    parts.again("two", "one")
    parts.part("one", lambda: None)  # it is drawn, and "two" is broken off by the next click
    parts.again("three")
    for key in ("two", "three"):
        parts.part(key, lambda: None)
    parts.again("four")
    assert asked == [["two", "one"], ["two", "three"], ["four"]]
    parts.begin()
    parts.again("another run of the page was broken off")
    assert len(asked) == 3


def test_a_part_that_somebody_changed_something_in_is_drawn_again_if_it_was_broken_off(monkeypatch):
    asked = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", asked.append)
    monkeypatch.setattr(st, "fragment", lambda key, run_every: lambda draw: draw)
    parts.finish()
    with suppress(InterruptedError):
        parts.part("compare", lambda: (_ for _ in ()).throw(InterruptedError))  # asked for by a widget within it
    parts.again("marks")
    parts.part("compare", lambda: None)
    parts.part("marks", lambda: None)
    parts.again("cell")
    assert asked == [["compare", "marks"], ["cell"]]


@pytest.mark.parametrize(
    "ask",
    [
        links.as_a_whole,
        lambda: links.put({}),
        partial(job_panel._press, "run"),
        front_moment._play,
        experiments.restore,
    ],
    ids=["a chooser", "a preset", "Run", "Play", "Undo"],
)
def test_a_page_that_was_asked_for_is_drawn_even_if_it_is_broken_off_before_it_begins(monkeypatch, ask):
    asked = []
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", asked.append)
    parts.finish()
    ask()  # the message of a widget; that of the map comes before the page has begun
    parts.again("marks")
    assert not asked


def test_a_part_that_is_not_there_any_more_is_asked_for_with_the_page(monkeypatch):
    def rerun(keys):
        raise StreamlitAPIException("No fragment found")

    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "rerun", rerun)
    parts.finish()
    parts.again("gone")  # returns, after which Streamlit draws the page


@pytest.mark.parametrize("part", ["closer", ""])
def test_the_job_of_a_part_asks_for_that_part_alone_once_it_is_over(monkeypatch, part):
    asked, looks = [], []
    monkeypatch.setattr(st, "fragment", lambda draw=None, key="": draw or (lambda drawn: drawn))
    monkeypatch.setattr(st, "rerun", lambda *keys: asked.append(keys))
    monkeypatch.setattr(job_panel, "_ask_again", lambda **more: looks.append(more["on_again_change"]))
    job = jobs().start("of a part", "A job", lambda: iter([1]))
    wait(job)
    job_panel.follow(job, part=part)
    assert asked == ([] if part else [()])
    looks[0]()
    assert asked[-1] == (part or "app",)


def _silent(app):
    """The keys of widgets but buttons that the whole page follows and that say nothing to `parts`; components say what
    they want drawn."""
    state = app.session_state._state._state  # Streamlit's own, inside of two wrappers
    names, told = state._key_id_mapper.id_key_mapping, state._new_widget_state.widget_metadata
    ones = [one for one in told.values() if not one.fragment_id and one.callback is None]
    return {names.get(one.id, one.id) for one in ones if not one.value_type.startswith(("json", "trigger"))}


def test_every_widget_of_a_page_with_a_map_asks_for_the_page(tables):
    search = run_all(opened(**{**SEVERAL, "front_runs": "1", "front_trials": "10"}, edit="true").run())
    ids = made(*(replace(SPEC, strategy=strategy, objectives=TWO) for strategy in ("nsga2", "random_search")))
    table = {name: SEVERAL[name] for name in ("benchmark", "dataset")}
    explore = (link("pages/10_explore.py", {**table, "view": view}).run() for view in ("Map", "Pareto front"))
    for page in (search, select(runs().run(), *ids), *explore):
        assert not page.exception
        assert _silent(page) <= {"import_files"}  # which waits for the button of its form


@pytest.mark.parametrize("view", explore_link.WIDGETS)
def test_a_view_of_explore_lists_what_it_has_in_the_link(view):
    """On a real table, whose cells can be trained and taken; a name that is not listed could stay when it is hidden."""
    app = link("pages/10_explore.py", {"view": view, "across": "true", "chart": "true", "table": "true"}).run().run()
    assert not app.exception
    bound = {
        *app.session_state._state._state.query_params._bindings_by_param
    }  # Streamlit's own, inside of two wrappers
    own = bound - {*links.TRAVEL, "view"}
    assert own and own == {name for name in own if explore_link.belongs(view, name)}


@pytest.mark.torch
@pytest.mark.parametrize("button", ["Take the code", "Train it live"])
def test_a_press_counts_where_the_map_selects_another_cell_in_the_same_message(monkeypatch, button):
    begun = []
    monkeypatch.setattr(jobs(), "start", lambda key, *_, **__: begun.append(key) or Mock(key=key))
    page = link("pages/10_explore.py", {"cell": "100"}).run().run()
    next(b for b in page.button if b.label == button).click()
    page.session_state["next cell"] = "200"
    page.run()
    assert len(begun) == 1 and not page.exception
