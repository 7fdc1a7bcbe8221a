"""A search that begins with candidates that something known proposes, each beside a random one, and says if it paid."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, command
from nas_core.history import History
from nas_core.runner import check, run
from nas_core.spaces import representatives
from nas_core.spaces.topology import Topology
from nas_core.store import Store, encode
from nas_core.studies import opening
from nas_core.types import Asked, RunSpec, Started, Suggestion, Told, Trial
from nas_core.warm_start import Opening
from tests.command_line import last, refused
from tests.tiny import Tiny

SPEC = RunSpec("pocket_topology", "cluttered_digits", "gp_hamming", max_trials=16)
CELLS = tuple(Topology().arch(row) for row in (4711, 100, 12000, 7))


def told(events):
    return [event.trial for event in events if isinstance(event, Told)]


def history(values, archs, objective=SPEC.objectives[0]):
    """Of a run whose opening was `archs`, and what came of them; None failed."""
    spec = replace(SPEC, opening=tuple(archs), objectives=(objective,), opening_source="tables")
    events = [Started(spec, "0")]
    for n, (arch, value) in enumerate(zip(archs, values, strict=False)):
        losses = (np.inf,) if value is None else (objective.loss(value),)
        events += [
            Asked(n, Suggestion(arch), n),
            Told(Trial(n, Suggestion(arch), n, n + 1, {}, losses, "" if value else "no")),
        ]
    return History.of(events)


@pytest.mark.parametrize("strategy", ["gp_hamming", "regularized_evolution", "bohb", "random_search", "nsga2"])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_opening_comes_first_counts_and_teaches_what_learns(strategy, workers):
    params = {"population_size": 4} if strategy == "regularized_evolution" else {}
    cold = replace(SPEC, strategy=strategy, params=params, workers=workers)
    spec = replace(cold, opening=CELLS)
    events = list(run(spec))
    asked = [event.suggestion for event in events if isinstance(event, Asked)]
    assert tuple(s.arch for s in asked[:4]) == CELLS
    assert [s.info["origin"] for s in asked[:4]] == ["proposed", "random"] * 2
    assert sum(s.measure == "train" for s in asked) == 16 and spec.id != cold.id
    assert events[:7] + list(run(spec, log=events[:7])) == events  # in the middle of the opening
    assert events[:12] + list(run(spec, log=events[:12])) == events


@pytest.mark.parametrize("strategy", ["regularized_evolution", "random_search", "successive_halving"])
def test_what_comes_after_the_opening_can_be_the_incumbent(strategy):
    events = run(replace(SPEC, strategy=strategy, max_trials=60, opening=CELLS))
    course = History.of(events)
    full = np.where(np.isin(course.epochs, (0, 4)), course.losses[:, 0], np.inf)
    assert full.argmin() > 3 and course.incumbent()[-1] == full.argmin()


def test_all_results_are_told_at_once_before_the_first_ask_and_failed_ones_are_not():
    class Spy:
        many_objectives, warm_starts = False, True
        learnt: tuple = ()

        def warm_start(self, trials):
            self.learnt = tuple(t.number for t in trials)

        def ask(self):
            return "asked"

        def tell(self, trial):
            self.learnt += (f"told {trial.number}",)

    spy, table = Spy(), benchmarks.create(SPEC.benchmark, SPEC.dataset)
    made = Opening(spy, replace(SPEC, opening=CELLS), table, lambda trial: trial)
    asked = [made.ask() for _ in range(4)]
    assert {s.epochs for s in asked} == {table.search_epochs}
    for n in (2, 0, 3):
        assert made.ask() is None and not spy.learnt
        made.tell(Trial(n, asked[n], 0, 1, {}, (1.0,)))
    made.tell(Trial(1, asked[1], 0, 1, {}, (np.inf,), "out of memory"))
    assert spy.learnt == (0, 2, 3) and made.ask() == "asked"
    made.tell(Trial(4, asked[0], 0, 1, {}, (1.0,)))
    assert spy.learnt[-1] == "told 4"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"opening": CELLS[:3]}, "different architectures, in pairs; it has 3"),
        ({"opening": (CELLS[0],) * 2}, "different architectures, in pairs; it has 2"),
        ({"opening": ((9,) * 6, CELLS[0])}, "which is not in the topology space"),
        ({"opening": CELLS, "max_trials": 3}, "the opening has 4 trainings and the budget 3"),
        ({"opening": CELLS, "strategy": "darts"}, "darts trains no candidates"),
        ({"opening": "abc"}, "must be a tuple of whole numbers"),
    ],
)
def test_what_cannot_be_an_opening_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        check(replace(SPEC, **change))


def test_it_is_saved_with_the_run_and_said_by_the_command(data_folder):
    spec = replace(SPEC, opening=CELLS, opening_source="tables,naswot")
    Store(data_folder / "runs").add(encode(Started(spec, "0")) + "\n")
    assert Store(data_folder / "runs").read(spec.id)[0].spec == spec
    assert command.run(spec).endswith("--opening 2 --opening-by tables,naswot --trials 16 --seed 0")


def test_tables_of_other_datasets_of_the_same_kind_propose_what_they_rank_highest():
    space = Topology()
    (table,) = opening.tables(space, "cifar10")
    assert (table.name, table.dataset) == ("pocket_topology", "cluttered_digits")
    assert [t.dataset for t in opening.tables(space, "cluttered_digits")] == []  # neither itself, nor texts
    chosen = opening.opening(space, "cifar10", 6, "tables", 0)
    column, classes = table.column("val_acc"), {space.canonical(arch) for arch in chosen}
    assert column[space.index(chosen[0])] == column.max() and len(classes) == 12
    assert min(column[space.index(a)] for a in chosen[::2]) > np.quantile(column, 0.999)
    assert opening.opening(space, "cifar10", 2, "tables", 0) == chosen[:4]
    assert opening.opening(space, "cifar10", 6, "tables", 1)[::2] == chosen[::2] != chosen[1::2]
    with pytest.raises(ValueError, match="'tables' cannot propose candidates of the topology space here; there are: "):
        opening.opening(space, "cluttered_digits", 6, "tables", 0)


def test_a_small_space_has_no_more_pairs_than_half_its_networks(tables, monkeypatch):
    space = Tiny.space
    assert opening.most(space) == 12 and opening.most(Topology()) == opening.MOST
    assert len(set(opening.opening(space, "numbers", 12, "tables", 0))) == len(space) == 24
    with pytest.raises(
        ValueError, match=r"13 pairs need 26 different networks, and the .* space has 24; take at most 12"
    ):
        opening.opening(space, "numbers", 13, "tables", 0)
    brief = ("run", "--benchmark", "tiny", "--dataset", "numbers", "--strategy", "random_search", "--trials", 40)
    assert "take at most 12" in refused(2, *brief, "--opening", 13)
    monkeypatch.setattr(type(space), "canonical", lambda self, arch: (0, *arch[1:]))
    representatives.cache_clear()
    assert opening.most(space) == 6
    with pytest.raises(
        ValueError, match=r"7 pairs need 14 different networks, and the .* space has 12; take at most 6"
    ):
        opening.opening(space, "numbers", 7, "tables", 0)
    representatives.cache_clear()


def test_no_more_pairs_than_candidates_that_can_be_ranked(tables, monkeypatch):
    column = Tiny.column
    known = np.arange(24) < 13  # a little more than half, or it would not be a table that proposes
    monkeypatch.setattr(Tiny, "column", lambda *args: np.where(known, column(*args), np.nan))
    monkeypatch.setattr(opening, "POOL", 4)
    with pytest.raises(ValueError, match="tables of other datasets can rank only 4 candidates; take at most as many"):
        opening.opening(Tiny.space, "numbers", 5, "tables", 0)


def test_the_pairs_say_whether_it_paid():
    archs = [Topology().arch(row) for row in range(1, 13)]
    table = benchmarks.create(SPEC.benchmark, SPEC.dataset)
    better = history([70.0, 60.0, 71.0, 65.0, 72.0, 62.0, 70.0, 61.0, 73.0, 60.0, 74.0, 65.0], archs)
    pair, said = opening.advantage(better), opening.sentence(better, table)
    assert (pair.size, pair.ahead, pair.difference) == (6, 6, pytest.approx(57 / 6)) and 0 < pair.low < pair.high
    assert said.startswith("That paid: candidates proposed by tables of other datasets are on average 9.50 points bet")
    assert "(ahead in 6 of 6 pairs, 95 % interval of the difference 6.00 to 13.00)" in said
    worse = history([60.0, 70.0, 65.0, 71.0, 62.0, 72.0, 61.0, 70.0, 60.0, 73.0, 65.0, 74.0], archs)
    said = opening.sentence(worse, table)
    assert said.startswith("That did not pay: ") and "9.50 points worse" in said
    mixed = history([70.0, 71.0, 70.0, 69.0, 70.0, 71.0, 70.0, 69.0, 70.0, 71.0, 70.0, 69.0], archs)
    assert opening.sentence(mixed, table).startswith("Whether that paid cannot be told: ")
    few = history([70.0, 60.0, None, 60.0, 71.0], archs)  # one failed, one without its random one
    assert opening.advantage(few).size == 1 and "from fewer than 6 pairs" in opening.sentence(few, table)
    assert opening.advantage(history([70.0], archs)) is None
    assert "no pair of them has been trained yet" in opening.sentence(history([], archs), table)


def test_a_proxy_proposes_what_it_ranks_highest_and_the_result_says_whether_that_paid(data_folder, monkeypatch):
    monkeypatch.setattr(opening, "POOL", 14)
    pytest.importorskip("torch")
    pocket = ("run", "--benchmark", "pocket_topology", "--dataset", "cluttered_digits", "--trials", 12)
    assert "there are: az_expressivity, " in refused(2, *pocket, "--strategy", "tpe", "--opening", 2)
    result = last(*pocket, "--strategy", "random_search", "--opening", 6, "--opening-by", "params")
    run = Store(data_folder / "runs").read(result["run"])
    space, column = Topology(), benchmarks.create("pocket_topology", "cluttered_digits").column("params_m")
    sizes = [column[space.index(arch)] for arch in run[0].spec.opening]
    assert sizes[::2] == sorted(sizes[::2], reverse=True) and np.mean(sizes[::2]) > np.mean(sizes[1::2])
    assert result["opening"]["by"] == "params" and result["opening"]["pairs"] == 6
    assert result["opening"]["difference"] == pytest.approx(opening.advantage(History.of(run)).difference)
    with pytest.raises(ValueError, match="14 candidates have no score by naswot yet"):
        opening.opening(space, "cluttered_digits", 6, "naswot", 0)
