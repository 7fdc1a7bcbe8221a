"""The Search page on a fitness of one's own and under limits."""

import shlex

import numpy as np
import pytest

from nas_core import benchmarks, race
from nas_core.types import Told
from tests.searching import SMALL, charts, linked, opened, run_all, tab
from tests.visit import verbatim
from ui import search_form
from ui.server import experiments, store


@pytest.fixture
def page(tables):
    return opened(**SMALL)


FITNESS = "val_acc - 2*log(flops_m)"


def test_a_fitness_of_ones_own_is_what_strategies_maximise_and_what_is_shown(page):
    linked(page, objective=search_form.OWN, strategies=["random_search", "local_search"])
    assert page.warning[0].value.startswith("Write a fitness")
    page.text_input(key="fitness").set_value(FITNESS).run()
    assert any("val_acc is validation accuracy (%); flops_m is MFLOPs" in c.value for c in page.caption)
    run_all(page)
    assert not page.exception and not page.warning
    assert page.selectbox(key="report").value == "fitness after full training"
    spec = store().read(store().ids()[0])[0].spec
    table = benchmarks.table("formula", "numbers")
    own = race.report_signal(table, spec.objectives[0].metric)
    assert own.best == pytest.approx((table.column("test_acc") - 2 * np.log(table.column("flops_m"))).max())
    assert (page.dataframe[0].value["best"] <= own.best).all() and (page.dataframe[0].value["mean regret"] >= 0).all()
    line = shlex.split(verbatim(tab(page, "Inside one run"))[-1])
    assert line[line.index("--fitness") + 1] == spec.objectives[0].metric == "val_acc - 2 * log(flops_m)"
    assert search_form.link([spec])["fitness"] == spec.objectives[0].metric


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("test_acc - flops_m", "A search may not see test_acc"),
        ("__import__('os')", "no function"),
        ("log(-val_acc)", "no value"),
    ],
)
def test_a_wrong_fitness_is_one_sentence_and_runs_nothing(page, text, says):
    linked(page, objective=search_form.OWN, fitness=text)
    assert not page.exception
    assert len(page.error) == 1 and says.lower() in page.error[0].value.replace("\\", "").lower()
    assert not [b for b in page.button if b.key == "run_button"]


def test_limits_are_in_the_link_kept_by_every_run_and_come_back_from_it(page):
    linked(page, limits="mflops ≤ 9, val_acc>=12")
    assert "are within" in " ".join(c.value for c in page.caption)
    run_all(page)
    assert not page.exception and "incumbents" in charts(page)
    specs = [spec for spec in map(lambda run: store().read(run)[0].spec, store().ids()) if spec.constraints]
    assert [str(c) for c in specs[0].constraints] == ["flops_m<=9", "val_acc>=12"]
    again = search_form.link(specs)
    assert again["limits"] == "flops_m<=9, val_acc>=12"
    assert opened(**again).run().text_input(key="limits").value == again["limits"]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ("nonsense", "cannot be read; it takes <= or >= as in MFLOPs<=100"),
        ("test_acc>=1", "may not see it"),
        ("Test accuracy >= 1", "may not see it"),
        ("beauty>=1", "there are: validation accuracy, MFLOPs"),
        ("flops_m<=0", "has MFLOPs ≤ 0; relax the limit"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_said(page, limits, sentence):
    linked(page, limits=limits)
    assert not page.exception and sentence in page.error[0].value.replace("\\", "")


def test_a_search_starts_from_a_saved_run_in_link_command_and_experiment(page):
    run_all(linked(page, strategies="random_search", runs="1"))
    (first,) = store().ids()
    page = opened(**{**SMALL, "strategies": ["random_search", "tpe"], "runs": "2", "warm_start": first}).run()
    assert "12 results are known before" in (text := " ".join(c.value for c in page.caption))
    assert "Random search learns nothing from them: a cold start." in text
    run_all(page)
    specs = [store().read(run)[0].spec for run in store().ids()]  # with the first, which is one of the searches
    warm = [spec for spec in specs if spec.warm_start]
    assert not page.exception and {spec.strategy for spec in warm} == {"tpe"} and (len(warm), len(specs)) == (2, 4)
    assert {len(spec.warm_start) for spec in warm} == {12} and f"12 results of {first}" in page.expander[0].label
    assert f"--warm-start {first}" in verbatim(tab(page, "Repeat"))[0]
    assert search_form.link(specs)["warm_start"] == first
    again = opened(**search_form.link(specs)).run()
    assert "incumbents" in charts(again) and not [b for b in again.button if b.key == "run_button"]
    (one,) = (e for e in experiments().all()[0] if f"from 12 results of {first}" in e.name)
    assert one.run_ids == {spec.id for spec in specs}
    more = opened(**{**SMALL, "strategies": ["tpe"], "runs": "1", "warm_start": one.id}).run()
    assert not more.exception and not more.error
    archs = {event.trial.arch for spec in specs for event in store().read(spec.id) if isinstance(event, Told)}
    assert f"{len(archs)} results are known before" in " ".join(c.value for c in more.caption) and len(archs) > 12


def test_a_search_starts_from_a_file(page):
    linked(page, strategies="tpe", warm_start="a file")
    assert "Give a file" in " ".join(c.value for c in page.caption)
    page.file_uploader(key="warm_file").upload("mine.csv", b"arch,val_acc\nnats:1,90\nnats:2,80\n", "text/csv").run()
    assert not page.exception and "2 results are known before" in " ".join(c.value for c in page.caption)
    run_all(page)
    (run, *_) = store().ids()
    spec = store().read(run)[0].spec
    assert spec.warm_source == "mine.csv" and [r.metrics["val_acc"] for r in spec.warm_start] == [90, 80]
    assert search_form.link([spec]) == {}  # no link can hold a file
    page.file_uploader(key="warm_file").upload("bad.csv", b"arch,loss\nnats:1,90\n", "text/csv").run()
    assert "bad.csv has no column 'val\\_acc'" in page.error[0].value
