"""A notebook's race: ten lines from a strategy of one's own to a picture and a sentence."""

import sys

import numpy as np
import pytest

import nas_core as nas
from nas_core import plugins, race
from nas_core.history import History
from nas_core.studies.compare import races, sentences
from nas_core.studies.compare.claims import Claims


@pytest.fixture
def comparison():
    @nas.register
    class CoinToss(nas.Strategy):
        """Draws a random architecture, or changes one decision of the best so far."""

        best = None

        def ask(self):
            fresh = self.best is None or self.rng.random() < 0.5
            return nas.Suggestion(self.space.sample(self.rng) if fresh else self.space.mutate(self.best.arch, self.rng))

        def tell(self, trial):
            self.best = min(self.best or trial, trial, key=lambda t: t.loss)

    yield nas.compare(CoinToss, "random_search", "regularized_evolution", max_trials=60, seeds=[3, 5, 8])
    plugins.unregister(CoinToss)


def test_it_is_the_same_answer_as_by_hand(comparison):
    table = nas.benchmark("pocket_topology", "cluttered_digits")
    ends = {}
    for label, strategy in (("random search", "random_search"), ("regularized evolution", "regularized_evolution")):
        for seed in (3, 5, 8):
            spec = nas.RunSpec("pocket_topology", "cluttered_digits", strategy, max_trials=60, seed=seed)
            history = History.of(nas.run(spec))
            best = history.archs[history.incumbent()[-1]]
            ends.setdefault(label, {})[seed] = float(table.search_column("val_acc")[table.space.index(best)])
    found = races.ends(comparison.groups, comparison.signal)
    assert set(found) == {"coin toss", *ends}
    assert {label: found[label] for label in ends} == {label: pytest.approx(values) for label, values in ends.items()}
    assert str(comparison).splitlines()[0] == sentences.headline(Claims.of(found, "max", "%"))
    assert len(str(comparison).splitlines()) == 4
    assert comparison.results.loc["random search", "mean"] == pytest.approx(np.mean([*ends["random search"].values()]))


@pytest.mark.parametrize("axis", ["trials", "seconds"])
def test_the_chart_draws_the_medians(comparison, axis):
    spec = comparison.chart(axis).to_dict()
    (rows,) = spec["datasets"].values()
    last = {row["strategy"]: row["middle"] for row in rows}
    for label, traces in comparison.groups.items():
        end = race.curves(traces, comparison.signal, axis, np.array([rows[-1]["x"]]))
        assert last[label] == pytest.approx(np.median(end))


def test_a_notebook_shows_the_chart_for_it(comparison):
    assert comparison._repr_mimebundle_()


def test_what_cannot_be_compared_is_said_in_one_sentence(comparison):
    with pytest.raises(ValueError, match="name at least one strategy; there are: "):
        nas.compare(max_trials=5)
    with pytest.raises(ValueError, match="no strategy named 'nonsense'"):
        nas.compare("nonsense", max_trials=5)
    with pytest.raises(ValueError, match="axis must be trials or seconds, not 'epochs'"):
        comparison.chart("epochs")
    with pytest.raises(ValueError, match="a run needs a budget"):
        nas.compare("random_search")
    two = (nas.Objective("val_acc", "max"), nas.Objective("flops_m", "min"))
    with pytest.raises(ValueError, match="one objective"):
        nas.compare("nsga2", objectives=two, max_trials=5)


@pytest.mark.usefixtures("comparison")
def test_other_processes_do_not_know_what_a_notebook_has_registered(monkeypatch):
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    with pytest.raises(ValueError, match="coin_toss is registered in this notebook"):
        nas.compare("coin_toss", "random_search", max_trials=2, processes=2)
