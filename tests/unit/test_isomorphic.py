"""Isomorphic cells are one where they share what is looked at, and two where a cost tells them apart."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, plugins, runner, strategies
from nas_core.proxies import Ensemble, Proxy
from nas_core.sources import user_table
from nas_core.spaces import representatives
from nas_core.strategies import Problem
from nas_core.strategies._niches import distinct
from nas_core.strategies.nsga2 import NSGA2
from nas_core.studies import landscape
from nas_core.types import Constraint, Objective, RunSpec, Suggestion, Trial
from tests.play import TOPOLOGY, begin

DEAR, CHEAP = (3, 0, 3, 2, 0, 0), (0, 0, 0, 2, 0, 0)  # one network, but two convolutions of the first lead nowhere
TWO = (Objective("val_acc"), Objective("flops_m", "min"))
FIRST = representatives(TOPOLOGY)


def trial_of(arch, losses):
    return Trial(0, Suggestion(arch), 0.0, 1.0, {}, losses)


def test_they_are_one_network():
    assert TOPOLOGY.canonical(DEAR) == TOPOLOGY.canonical(CHEAP) == CHEAP


@pytest.mark.parametrize(
    ("objectives", "limits", "shared"),
    [
        (("val_acc",), (), True),
        (("val_acc", "val_loss"), (), True),
        (("sqrt(val_acc) - val_loss",), (), True),
        (("val_acc", "flops_m"), (), False),
        (("flops_m",), (), False),
        (("train_s", "train_acc"), (), False),
        (("val_acc - 2 * log(latency_cpu_ms)",), (), False),
        (("val_acc",), ("memory_mb",), False),
        (("val_acc",), ("train_loss",), True),
    ],
)
def test_a_search_learns_whether_they_share_all_it_looks_at(monkeypatch, objectives, limits, shared):
    found = []
    start = NSGA2.start
    monkeypatch.setattr(NSGA2, "start", lambda self, problem, rng: (found.append(problem), start(self, problem, rng)))
    spec = RunSpec(
        "pocket_topology",
        "cluttered_digits",
        "nsga2",
        objectives=tuple(Objective(text) for text in objectives),
        constraints=tuple(Constraint(name, high=1e6) for name in limits),
        max_trials=1,
    )
    list(runner.run(spec))
    assert found[0].merges_isomorphic == shared
    assert (found[0].key(DEAR) == found[0].key(CHEAP)) == shared


@pytest.mark.parametrize(("objectives", "asked"), [(TWO, CHEAP), (TWO[:1], (4, 4, 4, 4, 4, 4))])
def test_nsga2_asks_for_a_cheaper_twin_of_a_member(objectives, asked):
    strategy = begin(strategies.create("nsga2"), objectives=objectives)
    strategy.population = [trial_of(DEAR, (0.0,) * len(objectives))]
    draws = iter([DEAR, CHEAP, (4, 4, 4, 4, 4, 4)])
    assert strategy._fresh(lambda: next(draws)) == asked


@pytest.mark.parametrize("name", ["gp_wl", "gp_hamming", "bananas", "npenas"])
@pytest.mark.parametrize(("limits", "shared"), [((), True), ((Constraint("flops_m", high=1.0),), False)])
def test_a_model_merges_them_and_a_limit_on_a_cost_forbids_it(name, limits, shared):
    strategy = begin(strategies.create(name), constraints=limits)
    assert strategy.model().merge_isomorphic == shared
    strategy.warm_start([trial_of(DEAR, (0.0,))])
    assert (CHEAP in strategy.new({CHEAP: DEAR})) != shared


@pytest.mark.parametrize("name", ["pocket_topology", "nats_topology"])
def test_no_cost_is_shared_and_what_is_shared_agrees(nats_tables, name):
    """On NATS-Bench each cell was trained by itself: its accuracies are shared by meaning, and differ by chance."""
    table = benchmarks.table(name, benchmarks.create(name, "cifar10").dataset if "nats" in name else "cluttered_digits")
    for metric, about in table.metrics.items():
        values = table.column(metric)
        apart = ~np.isclose(values, values[FIRST], rtol=1e-6, equal_nan=True)
        assert about.shared == metric.endswith(("_acc", "_loss"))
        assert not (about.shared and name == "pocket_topology" and apart.any())
        assert about.shared or apart.mean() > 0.2, metric


def test_an_ensemble_is_shared_if_all_its_members_are():
    classes = plugins.find(Proxy)
    ensembles = {name: plugin for name, plugin in classes.items() if issubclass(plugin, Ensemble)}
    assert len(ensembles) >= 3
    for plugin in ensembles.values():
        assert plugin.shared == all(classes[member].shared for member in plugin.members)


def test_a_column_of_ones_own_is_shared_if_all_isomorphic_cells_agree():
    class_size = [int(np.sum(FIRST[row] == FIRST)) for row in range(len(FIRST))]
    lines = ["arch,val_acc,params_m,sharpness,robust_acc,speed,half"]
    for row in range(len(FIRST)):
        half = class_size[row] if row % 2 else ""
        lines.append(f"{TOPOLOGY.text(TOPOLOGY.arch(row))},{row % 90},{1},{class_size[row]},{row % 80},{row},{half}")
    user_table.save(user_table.read("\n".join(lines).encode(), "mine.csv", "topology"), "mine", "")
    metrics = benchmarks.create("own_topology", "mine").metrics
    assert {name: metrics[name].shared for name in metrics} == {
        "val_acc": True,
        "test_acc": True,
        "params_m": False,  # whatever this table says of it
        "sharpness": True,
        "robust_acc": True,
        "speed": False,
        "half": False,  # not known of all
    }


def test_counted_once_a_cost_is_still_ranked_among_all():
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    standings = landscape.standings(table, TOPOLOGY.index(DEAR), landscape.distinct(TOPOLOGY))
    assert {s.name: s.of for s in standings} == {
        name: 5260 if metric.shared else 15_625 for name, metric in table.metrics.items()
    }


@pytest.mark.parametrize("losses", [(-1.0, 2.0), (-1.0, 3.0)])
def test_of_twins_that_agree_in_every_loss_one_survives(losses):
    twins = [trial_of(DEAR, (-1.0, 2.0)), trial_of(CHEAP, losses), trial_of((4, 4, 4, 4, 4, 4), (-1.0, 2.0))]
    kept = distinct(twins, Problem(TOPOLOGY))
    assert [t.arch for t in kept] == [t.arch for t in twins if t.arch != CHEAP or losses[1] == 3.0]


def test_a_twin_within_a_limit_survives_beside_one_that_breaks_it():
    twins = [
        replace(trial_of(arch, (-1.0,)), metrics={"flops_m": flops}) for arch, flops in ((DEAR, 9.0), (CHEAP, 5.0))
    ]
    assert distinct(twins, Problem(TOPOLOGY, constraints=(Constraint("flops_m", high=6.0),))) == twins
    assert distinct(twins, Problem(TOPOLOGY)) == twins[:1]


@pytest.mark.parametrize("name", ["nsga2", "pareto_local_search"])
def test_a_population_holds_no_clones(name):
    strategy = begin(strategies.create(name), objectives=TWO)
    for number in range(100):
        suggestion = strategy.ask()
        network = TOPOLOGY.index(TOPOLOGY.canonical(suggestion.arch))
        strategy.tell(Trial(number, suggestion, 0.0, 1.0, {}, (-float(network % 7), float(network % 5))))
    members = strategy.population if name == "nsga2" else strategy.archive
    assert len({(TOPOLOGY.canonical(t.arch), t.losses) for t in members}) == len(members)
