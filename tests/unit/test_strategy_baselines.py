"""Random search, local search and regularized evolution on a whole run: they do what their formulas say."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from nas_core.history import History
from nas_core.runner import run
from nas_core.stats import best_of_n
from nas_core.types import RunSpec
from tests.tiny import Formula

pytestmark = pytest.mark.usefixtures("tables")
TABLE = Formula("numbers")
SPACE, VAL, TEST = TABLE.space, TABLE.column("val_acc"), TABLE.column("test_acc")
LIKELY = 1e-4


def history(strategy, trials, seed=0, **params):
    return History.of(run(RunSpec("formula", "numbers", strategy, params, max_trials=trials, seed=seed)))


def rows(archs):
    return np.array([SPACE.index(arch) for arch in archs])


def test_random_search_is_its_closed_form():
    runs, lengths = 300, np.array([1, 5, 30])
    best = np.empty((runs, len(lengths)))
    for seed in range(runs):
        found = history("random_search", 30, seed)
        best[seed] = TEST[rows(found.archs)][found.incumbent()[lengths - 1]]
    error = best.std(0, ddof=1) / np.sqrt(runs)
    assert (np.abs(best.mean(0) - best_of_n(VAL, TEST, lengths)) < 4 * error).all()


def climbs(found):
    """The trials of each finished climb, as lists of architectures."""
    starts = [i for i, info in enumerate(found.infos) if info["phase"] == "start"]
    return [found.archs[begin:end] for begin, end in pairwise(starts)]


def value(arch):
    return VAL[SPACE.index(arch)]


def greedy_path(arch):
    """Where best improvement stands from `arch` on, with the whole table at hand."""
    path = [arch]
    while value(best := max(SPACE.neighbors(path[-1]), key=value)) > value(path[-1]):
        path.append(best)
    return path


@pytest.mark.parametrize("seed", range(3))
def test_best_improvement_pays_once_for_exactly_the_neighbours_along_its_path(seed):
    known = set()
    result = climbs(history("local_search", 800, seed, improvement="best"))
    assert len(result) > 3
    for climb in result:
        looked = {climb[0]}.union(*(SPACE.neighbors(arch) for arch in greedy_path(climb[0])))
        assert len(climb) == len(set(climb))
        assert set(climb) == looked - known
        known |= looked


@pytest.mark.parametrize("improvement", ["first", "best"])
def test_the_best_of_a_climb_is_a_local_optimum(improvement):
    for seed in range(5):
        climb = climbs(history("local_search", 400, seed, improvement=improvement))[0]
        top = max(climb, key=value)
        assert value(top) > max(map(value, SPACE.neighbors(top)))


@pytest.mark.parametrize("sample_size", [1, 3])
def test_a_tournament_picks_each_rank_as_often_as_it_should(sample_size):
    """Of ten members the r-th best wins a sample of s, drawn with replacement, with ((11-r)^s - (10-r)^s) / 10^s."""
    found = history("regularized_evolution", 3010, population_size=10, sample_size=sample_size)
    values, ranks = VAL[rows(found.archs)], []
    for i in range(10, len(found)):
        members = values[i - 10 : i]
        parent = found.infos[i]["parents"][0]
        assert i - 10 <= parent < i, "the parent is one of the ten youngest"
        if len(set(members.tolist())) == 10:
            ranks.append(int(np.sum(members > values[parent])))
    chance = np.diff([(r / 10) ** sample_size for r in range(11)])[::-1]
    assert len(ranks) > 500
    assert chisquare(np.bincount(ranks, minlength=10), len(ranks) * chance).pvalue > LIKELY


def late_means(runs, sample_size):
    """float64[runs]: mean accuracy of what each run asked after its 40th trial."""
    asked = [history("regularized_evolution", 60, seed, sample_size=sample_size).archs[40:] for seed in range(runs)]
    return np.array([VAL[rows(archs)].mean() for archs in asked])


def test_with_a_sample_of_one_evolution_drifts():
    """No selection: the mean of what is asked late is that of the space, within its standard error."""
    drifting = late_means(80, 1)
    error = drifting.std(ddof=1) / np.sqrt(len(drifting))
    assert abs(drifting.mean() - VAL.mean()) < 4 * error
    assert late_means(20, 5).mean() > VAL.mean() + 10 * error
