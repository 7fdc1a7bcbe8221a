"""The Runs page: list, filter, compare, export, import, delete with undo, continue."""

import io
import zipfile
from dataclasses import replace

import pytest

from nas_core import archives, searches
from nas_core.summary import summarise
from nas_core.types import Objective, RunSpec
from tests.unit.test_jobs import wait
from tests.visit import link, press, shown
from ui import experiments as page_experiments
from ui import saved_runs
from ui.server import jobs, store

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("formula", "numbers", "random_search", max_trials=12)


def opened(**parameters):
    return link("pages/30_runs.py", {"list": "single runs"} | parameters)


def made(*specs):
    wait(searches.start(jobs(), store(), specs))
    return [s.id for s in specs]


def cut(run, lines):
    path = store().path(run)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:lines]))


def select(page, *runs):
    """Tick the rows of these runs."""
    shown = list(page.dataframe[0].value["run"])
    page.session_state[saved_runs.key_of(shown)] = {
        "selection": {"rows": [shown.index(r) for r in runs], "columns": [], "cells": []}
    }
    return page.run()


def said(page):
    return " ".join(e.value for e in [*page.info, *page.warning, *page.error, *page.success, *page.caption])


def test_nothing_saved_says_why_and_what_to_do():
    page = opened().run()
    assert not page.exception
    assert "There are no runs yet" in said(page)


def test_a_page_without_figures_is_exported_as_a_file_too():
    page = press(opened().run(), "Export")
    assert not page.exception and "There is no figure and no data on this page." in said(page)
    assert "Prepare the page as one HTML file" in [b.label for b in page.button]
    made(SPEC)
    table = shown(opened().run()).tables["runs"].make()
    assert list(table["strategy"]) == ["random search"]


def test_every_run_is_a_row_with_its_state():
    done, half, bad = made(SPEC, replace(SPEC, seed=1), replace(SPEC, strategy="local_search"))
    cut(half, 9)
    store().path(bad).write_text("nonsense\n")
    page = opened().run()
    assert not page.exception
    rows = page.dataframe[0].value.set_index("run")
    assert rows.loc[done, "state"] == saved_runs.STATES["finished"]
    assert rows.loc[half, "state"] == saved_runs.STATES["unfinished"]
    assert rows.loc[bad, "state"] == saved_runs.STATES["damaged"]
    assert (rows.loc[done, "trainings"], rows.loc[half, "seed"]) == (12, 1)


@pytest.mark.parametrize(
    ("link", "count"),
    [
        ({"of_strategy": "local_search"}, 1),
        ({"of_benchmark": "tiny"}, 1),
        ({"of_state": "unfinished"}, 1),
        ({"of_text": "population_size=4"}, 1),
        ({"of_text": "numbers 12"}, 4),
        ({"of_text": "there is no such run"}, 0),
        ({"of_state": "nonsense"}, 4),
    ],
)
def test_filters_are_in_the_link(link, count):
    ids = made(
        SPEC,
        replace(SPEC, strategy="local_search"),
        replace(SPEC, benchmark="tiny"),
        replace(SPEC, strategy="regularized_evolution", params={"population_size": 4}),
    )
    cut(ids[0], 9)
    page = opened(**link).run()
    assert not page.exception
    assert (len(page.dataframe[0].value) if page.dataframe else 0) == count
    if count == 0:
        assert "No run matches these filters" in said(page)


def test_runs_on_different_fitness_share_no_fitness_and_each_says_its_own():
    texts = ("val_acc - flops_m", "val_acc - 2 * flops_m")
    runs = made(*(replace(SPEC, objectives=(Objective(text),)) for text in texts))
    page = select(opened().run(), *runs)
    assert not page.exception
    offered = page.selectbox(key="report").options
    assert "test accuracy" in offered and not any("fitness" in name or "saw" in name for name in offered)
    results = next(d.value for d in page.dataframe if "mean regret" in d.value)
    assert set(results["strategy"]) == {f"random search (searching on {text})" for text in texts}
    alone = select(opened().run(), runs[0])
    assert alone.selectbox(key="report").value == "fitness after full training"


def test_selected_runs_are_compared():
    ids = made(SPEC, replace(SPEC, seed=1), replace(SPEC, strategy="local_search"))
    page = select(opened().run(), *ids)
    assert not page.exception
    assert {chart.key for chart in page.get("echarts_chart")} == {"compared", "reached"}
    assert sorted(page.dataframe[1].value["runs"]) == [1, 2]


def test_runs_on_several_objectives_are_compared_by_their_fronts():
    two = (Objective("val_acc"), Objective("flops_m", "min"))
    ids = made(*(replace(SPEC, strategy=s, objectives=two, seed=k) for s in ("nsga2", "random_search") for k in (0, 1)))
    page = select(opened().run(), *ids)
    assert not page.exception and not page.error and {"searched map", "shares"} <= shown(page).figures.keys()
    results = next(d.value for d in page.dataframe if "on the exact front" in d.value)
    assert set(results["strategy"]) == {"NSGA-II", "random search"} and results["median"].between(0, 100).all()
    assert page.dataframe[0].value["best value"].isna().all()  # a single one would be that of the first objective
    other = made(replace(SPEC, strategy="nsga2", objectives=(two[0], Objective("flops_m"))))
    page = select(opened().run(), *ids, *other)
    assert not page.exception and "Select runs of the same objectives" in said(page)
    assert "shares" not in shown(page).figures


def test_runs_of_different_tasks_are_not_drawn_together_and_it_says_why():
    ids = made(SPEC, replace(SPEC, benchmark="tiny"))
    page = select(opened().run(), *ids)
    assert "Formula · numbers and Tiny · numbers" in said(page)
    assert not page.get("echarts_chart")


def test_a_damaged_run_says_why_and_does_not_hide_the_others():
    ids = made(SPEC, replace(SPEC, seed=1))
    store().path(ids[0]).write_text("nonsense\n")
    page = select(opened().run(), *ids)
    assert not page.exception
    assert "is damaged at line 1" in said(page)
    assert len(page.get("echarts_chart")) == 1


def test_deleting_can_be_undone():
    ids = made(SPEC, replace(SPEC, seed=1))
    page = press(select(opened().run(), *ids), "Delete")
    assert store().ids() == []
    assert "2 runs deleted." in [m.value for m in page.markdown]
    press(page, "Undo")
    assert sorted(store().ids()) == sorted(ids)


def test_an_unfinished_run_is_continued_to_the_same_end():
    (run,) = made(SPEC)
    whole = store().path(run).read_text()
    cut(run, 9)
    page = press(select(opened().run(), run), "Continue 1")
    job = jobs().get(page.session_state["continued"])
    assert wait(job).detached, "it goes on when the page is left"
    assert not page.run().exception
    assert store().path(run).read_text() == whole


def test_what_is_exported_can_be_imported():
    ids = made(SPEC, replace(SPEC, seed=1))
    one, both = saved_runs.exported(ids[:1]), saved_runs.exported(ids)
    assert saved_runs.file_name(ids[:1]) == f"{ids[0]}.jsonl"
    name = saved_runs.file_name(ids)
    assert name == "2-runs.zip"
    for run in ids:
        store().delete(run)
    assert page_experiments.imported("one.jsonl", one)[1:] == (ids[:1], [])
    assert page_experiments.imported(name, both)[1:] == (ids, [])
    assert summarise(store(), ids[1]).state == "finished"


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.jsonl" if name != "other" else "other.txt", data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.jsonl", b"nonsense", "this is not a run file: line 1 cannot be read"),
        ("a.jsonl", b"", "this is not a run file"),
        ("a.jsonl", b"\xff\xfe\x00", "it is not text"),
        ("a.zip", b"nonsense", "this is not a zip archive"),
        ("a.zip", zipped(other="x"), "the archive holds no run file"),
        ("a.zip", zipped(a="nonsense"), "a.jsonl: this is not a run file"),
    ],
)
def test_what_is_no_run_is_refused_in_words(name, data, sentence):
    ids, refused = page_experiments.imported(name, data)[1:]
    assert ids == []
    assert len(refused) == 1
    assert sentence in refused[0]


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    ids, refused = page_experiments.imported("bomb.zip", zipped(a="0" * 5000))[1:]
    assert ids == []
    assert "too large" in refused[0]


def test_a_file_is_read_again_only_if_it_changed(monkeypatch):
    made(SPEC, replace(SPEC, seed=1))
    assert len(saved_runs.summaries()) == 2
    read = []
    monkeypatch.setattr(saved_runs, "summarise", lambda store, run: read.append(run) or summarise(store, run))
    assert len(saved_runs.summaries()) == 2
    assert read == []
    cut(SPEC.id, 9)
    assert {s.state for s in saved_runs.summaries()} == {"finished", "unfinished"}
    assert read == [SPEC.id]


def test_one_selected_run_opens_on_search():
    (run,) = made(SPEC)
    page = select(opened().run(), run)
    links = {link.proto.label: link.proto for link in page.get("page_link")}
    assert "strategies=random_search" in str(links["Open on Search"])
