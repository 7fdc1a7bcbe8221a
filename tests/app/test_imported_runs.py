"""Runs from elsewhere on the pages: damaged ones can be deleted, imported ones are marked, forged ones never pass."""

import json
from dataclasses import replace

import pytest

from nas_core import imports
from nas_core.types import RunSpec
from tests.app.test_runs import SPEC, made, opened, said, select
from tests.records import record
from tests.visit import link, press
from ui import experiments, saved_runs
from ui.server import store

pytestmark = pytest.mark.usefixtures("tables")

BAD = [  # first lines that once kept the page from drawing anything
    {"benchmark": 5},
    {"benchmark": None},
    {"strategy": {}},
    {"objectives": [{"metric": 5}]},
    {"dataset": "\ud800"},
    {"params": {"population_size": float("nan")}},
    {"max_trials": 10**12},
    {"seed": 10**100},
]


def test_runs_of_wrong_types_are_listed_as_damaged_and_can_be_deleted():
    made(SPEC, replace(SPEC, seed=10**30))
    spec = {"benchmark": "formula", "dataset": "numbers", "strategy": "random_search", "max_trials": 12}
    names = [f"{number:012x}" for number in range(len(BAD))]
    for name, change in zip(names, BAD, strict=True):
        line = json.dumps({"event": "Started", "spec": spec | change, "version": "1"})
        store().path(name).write_text(line + "\n")
    page = opened().run()
    assert not page.exception
    rows = page.dataframe[0].value.set_index("run")
    assert set(rows.loc[names, "state"]) == {saved_runs.STATES["damaged"]} and len(rows) == len(BAD) + 2
    assert rows.loc[replace(SPEC, seed=10**30).id, "seed"] == 1e30
    page = select(page, *names)
    assert not page.exception and "max_trials must be a whole number of at least 1 and at most" in said(page)
    page = press(page, "Delete")
    assert not page.exception and sorted(store().ids()) == sorted(s.id for s in (SPEC, replace(SPEC, seed=10**30)))


def forged(spec, change):
    """An exported run, with something changed in its first finished trial."""
    records = [record(line) for line in store().path(*made(spec)).read_text().splitlines()]
    change(records)
    store().delete(spec.id)
    return "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in records).encode()


def too_good(records):
    told = next(r["trial"] for r in records if r["event"] == "Told")
    told["metrics"]["val_acc"], told["losses"] = 99.99, [-99.99]


def nowhere(records):
    for r in records:
        if "suggestion" in r.get("trial", r):
            r.get("trial", r)["suggestion"]["arch"] = [99, 0, 0, 0, 0, 0]


def test_an_imported_run_is_marked_and_a_forged_one_says_what_does_not_match():
    whole = forged(SPEC, lambda records: None)
    fake = forged(replace(SPEC, seed=1), too_good)
    assert experiments.imported("whole.jsonl", whole) == (None, [SPEC.id], [])
    experiments.imported("fake.jsonl", fake)
    made(replace(SPEC, seed=2))
    page = opened().run()
    origins = page.dataframe[0].value.set_index("run")["origin"].to_dict()
    assert origins == {
        SPEC.id: "imported",
        replace(SPEC, seed=1).id: "imported, does not match the table here",
        replace(SPEC, seed=2).id: "made here",
    }
    page = select(page, replace(SPEC, seed=1).id)
    assert not page.exception and "does not match the table here: trial 0 says val_acc 99.99" in said(page)


def unknown(records):
    records[0]["spec"]["benchmark"] = "5"


def upload(*files):
    page = opened().run()
    page.file_uploader[0].set_value([(f"{number}.jsonl", data, "") for number, data in enumerate(files)])
    return press(page, "Import")


def test_a_large_file_is_read_in_a_process_of_its_own_with_the_same_result(monkeypatch):
    here = experiments.imported("a.jsonl", forged(SPEC, list)), experiments.imported("b.zip", b"PK")
    store().delete(SPEC.id)
    monkeypatch.setattr(imports, "LARGE", 0)
    monkeypatch.setattr(imports, "_take_in", None)  # of this process
    assert (experiments.imported("a.jsonl", forged(SPEC, list)), experiments.imported("b.zip", b"PK")) == here
    assert here[0][1] == [SPEC.id] == store().ids() and "b.zip: " in here[1][2][0]


def test_a_file_larger_than_the_server_takes_is_refused_and_the_others_come_in(monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_UPLOAD_MB", "1")
    page = upload(b" " * (2 << 20), forged(SPEC, list))
    assert not page.exception and [box.value for box in page.success] == ["1 run imported."]
    assert "0.jsonl has 2 MB, and at most 1 MB can be uploaded here." in said(page)


def test_what_cannot_be_checked_is_said_at_once_and_not_in_green():
    page = upload(forged(SPEC, unknown))
    assert not page.exception and not page.success and not page.error
    run = replace(SPEC, benchmark="5").id
    assert f"Run {run} was imported and cannot be checked here: no benchmark named '5'; there are: " in said(page)
    page = upload(forged(SPEC, too_good), forged(replace(SPEC, seed=1), too_good), forged(replace(SPEC, seed=2), list))
    assert [box.value for box in page.success] == ["1 run imported."]
    assert f"Run {SPEC.id} was imported and does not match the table here: trial 0 says val_acc 99.99" in said(page)
    assert "The list marks 1 more." in said(page)
    page = upload(forged(SPEC, lambda records: records[0]["spec"].update(benchmark=5)))
    assert not page.success and "benchmark must be one line of text" in page.error[0].value


@pytest.mark.parametrize("change", [too_good, nowhere])
def test_a_forged_run_is_not_among_the_results_of_search(change):
    spec = RunSpec("formula", "numbers", "random_search", max_trials=12)
    fake = forged(spec, change)
    experiments.imported("fake.jsonl", fake)
    made(replace(spec, seed=1))
    asked = {"benchmark": "formula", "strategies": "random search", "runs": "2", "trials": "12"}
    page = link("pages/20_search.py", asked).run()
    assert not page.exception
    assert "was imported and does not match the table here" in said(page)
    assert [d.value["runs"][0] for d in page.dataframe if "mean regret" in d.value] == [1]
    page = select(opened().run(), spec.id, replace(spec, seed=1).id)
    assert not page.exception and "does not match the table here" in said(page)


def test_a_saved_run_of_architectures_that_do_not_exist_is_a_sentence_everywhere():
    fake = forged(SPEC, nowhere)
    store().path(SPEC.id).write_bytes(fake)  # not imported: it was there before imports were checked
    page = select(opened().run(), SPEC.id)
    assert not page.exception and "which is not a cell of its space; delete the run" in said(page)
    asked = {"benchmark": "formula", "strategies": "random search", "runs": "1", "trials": "12"}
    page = link("pages/20_search.py", asked).run()
    assert not page.exception and "which is not a cell of its space" in said(page)
