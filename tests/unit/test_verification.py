"""Imported runs: every number is checked against the table here, and what does not match never passes for real."""

import json
import re
from dataclasses import replace

import pytest

from nas_core import jobs, searches, verification
from nas_core.runner import run
from nas_core.store import StoreError, encode
from nas_core.types import Asked, Constraint, Objective, Result, RunSpec, Started, Stopped, Suggestion, Told
from tests import tiny
from tests.records import record

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("tiny", "numbers", "regularized_evolution", {"population_size": 4}, max_trials=12, workers=3)
MANY = (Objective("val_acc"), Objective("flops_m", "min"))


def text(events):
    return "".join(encode(e) + "\n" for e in events)


def forged(events, change, kind="Told", place=2):
    """The run with one of its events changed as JSON."""
    records = [record(encode(e)) for e in events]
    change([r for r in records if r["event"] == kind][place])
    return "".join(json.dumps(r) + "\n" for r in records)


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        replace(SPEC, strategy="nsga2", params={}, objectives=MANY, constraints=(Constraint("flops_m", high=5.0),)),
        replace(SPEC, objectives=(Objective("val_acc - 2 * flops_m"),), max_trials=None, max_seconds=100.0),
        replace(SPEC, benchmark_params={"reward_noise": "redrawn", "noise_size": 2.0}),
        replace(SPEC, strategy="hyperband", params={}, benchmark="formula"),
        replace(SPEC, strategy="zero_cost_evolution", params={"proxy": "flops", "warm_up": 5}),
        replace(SPEC, benchmark="real", params={}, strategy="random_search"),
    ],
    ids=["one", "many", "fitness", "noise", "halving", "looks", "real"],
)
def test_a_run_that_was_made_by_these_numbers_matches(store, spec):
    events = list(run(spec))
    assert verification.check(events) == ""
    assert store.add(text(events), verification.check) == spec.id
    assert store.objection(spec.id) == ""
    assert list(jobs.search(store, spec)) == events
    assert verification.check(events[: len(events) // 2]) == ""


def better(record):
    record["trial"]["metrics"]["val_acc"] = 99.99
    record["trial"]["losses"] = [-99.99]


def outside(record):
    record["suggestion"]["arch"] = [99, 0, 0]


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (better, "Told", r"trial 2 says val_acc 99.99, the table says \d+"),
        (
            lambda r: r["trial"].update(losses=[-99.99]),
            "Told",
            "trial 2 has losses that do not follow from its metrics",
        ),
        (lambda r: r["trial"]["metrics"].pop("val_acc"), "Told", "trial 2 says val_acc nan"),
        (lambda r: r["trial"].update(end=r["trial"]["end"] + 1), "Told", r"trial 2 took .* s; by the table it takes"),
        (lambda r: r["trial"].update(error="out of memory", metrics={}, losses=[None]), "Told", "trial 2 failed there"),
        (
            lambda r: r["trial"]["suggestion"].update(arch=[0, 0, 0]),
            "Told",
            "trial 2 was answered differently from how it was asked",
        ),
        (lambda r: r["trial"].update(number=11), "Told", "trial 11 was answered differently from how it was asked"),
        (outside, "Asked", r"trial 2 asks for \(99, 0, 0\), which is not in its space"),
        (lambda r: r["suggestion"].update(arch=[0]), "Asked", r"trial 2 asks for \(0,\), which is not in its space"),
        (lambda r: r.update(number=7), "Asked", "trial 2 is missing"),
    ],
)
def test_a_forged_number_is_found(store, change, kind, said):
    store.add(forged(list(run(replace(SPEC, workers=1))), change, kind), verification.check)
    assert store.objection(replace(SPEC, workers=1).id).startswith(f"{verification.OTHER}: ")
    with pytest.raises(StoreError, match=f"was imported and does not match the table here: {said}"):
        store.check_origin(replace(SPEC, workers=1).id)


WARM = replace(SPEC, params={}, strategy="tpe")


def warm(**changes):
    """A run that starts from what the table says of three architectures, the second one changed."""
    archs = [(0, 0, 0), (1, 1, 1), (0, 2, 2)]
    known = [Result(a, dict(tiny.Tiny("numbers").evaluate(Suggestion(a), None).metrics)) for a in archs]
    known[1] = Result(archs[1], {**known[1].metrics, **changes})
    return run(replace(WARM, warm_start=tuple(known), warm_source="mine.csv"))


def test_the_results_of_a_warm_start_are_looked_up_too(store):
    assert verification.check(list(warm())) == ""
    said = verification.check(events := list(warm(val_acc=99.99)))
    assert re.search(
        r"match the table here: its warm start says val_acc 99.99, the table says [\d.]+ for \(1, 1, 1\)", said
    )
    assert "says flops_m 0, the table says" in verification.check(list(warm(flops_m=0.0)))
    assert store.objection(store.add(text(events), verification.check)) == said


@pytest.mark.parametrize("varies", [{"benchmark_params": {"reward_noise": "redrawn"}}, {"benchmark": "real"}])
def test_what_varies_is_not_held_against_a_warm_start(varies):
    known = (Result((1, 1, 1), {"val_acc": 50.0}),)
    assert verification.check(list(run(replace(WARM, warm_start=known, **varies)))) == ""


def test_more_trials_than_the_budget_are_found():
    events = list(run(SPEC))
    few = Started(replace(SPEC, max_trials=5), events[0].version, events[0].table)
    assert "continues after its budget" in verification.check([few, *events[1:]])


def test_another_table_is_said(monkeypatch):
    events = list(run(SPEC))
    monkeypatch.setattr(tiny.Tiny, "fingerprint", lambda self: "0123456789ab")
    assert verification.check(events) == (
        "does not match the table here: the numbers of tiny have changed (table none, now 0123456789ab)"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"benchmark": "imagenet"}, "no benchmark named 'imagenet'"),
        ({"dataset": "mnist"}, "tiny has no dataset 'mnist'"),
        ({"strategy": "evolutoin"}, "no strategy named 'evolutoin'"),
        ({"params": {"population_size": "many"}}, "population_size must be a whole number"),
        ({"benchmark": "nats_topology", "dataset": "cifar10"}, "NATS-Bench"),
    ],
)
def test_what_is_not_here_cannot_be_checked(change, said):
    (_, *rest) = run(SPEC)
    objection = verification.check([Started(replace(SPEC, **change), "1"), *rest])
    assert objection.startswith("cannot be checked here: ") and said in objection


def test_a_forged_run_is_neither_searched_on_nor_kept_for_a_better_one(store):
    events = list(run(SPEC))
    fake = forged(events, better)
    store.add(fake, verification.check)
    (searched,) = [s for s in searches.save_each(store, [SPEC], False) if isinstance(s, searches.SearchResult)]
    assert searched.trace is None and "does not match the table here" in searched.problem
    store.add(text(events[:9]), verification.check)  # shorter, and right
    assert store.objection(SPEC.id) == "" and store.read(SPEC.id) == events[:9]
    with pytest.raises(StoreError, match="is here already, and the imported one does not match the table"):
        store.add(fake, verification.check)
    assert store.read(SPEC.id) == events[:9]


def test_a_run_made_here_is_not_replaced_by_a_forged_one(store):
    events = list(run(SPEC))
    list(store.record(SPEC.id, iter(events[:9])))
    with pytest.raises(StoreError, match="is here already"):
        store.add(forged(events, better), verification.check)
    assert store.objection(SPEC.id) is None and store.read(SPEC.id) == events[:9]


def test_the_mark_goes_with_the_run_and_is_gone_when_it_is_repeated(store):
    fake = forged(list(run(SPEC)), better)
    store.add(fake, verification.check)
    store.delete(SPEC.id)
    assert store.objection(SPEC.id) is None
    store.restore(SPEC.id)
    assert "does not match" in store.objection(SPEC.id)
    events = list(jobs.search(store, SPEC, fresh=True))
    assert store.objection(SPEC.id) is None and isinstance(events[-1], Stopped)
    assert all(t.metrics["val_acc"] < 99 for t in (e.trial for e in events if isinstance(e, Told)))
    assert not isinstance(events[1], Started) and isinstance(events[1], Asked)
