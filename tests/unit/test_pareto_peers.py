"""Fronts, crowding and hypervolume against pymoo's on the same sets."""

import numpy as np
import pytest

from nas_core import pareto

pymoo = pytest.importorskip("pymoo", reason="pymoo is not installed; it is in requirements-dev.txt")


@pytest.fixture(params=[(60, 2, 0), (200, 2, 1), (80, 3, 2), (120, 4, 3)], ids=str)
def losses(request):
    """Some rows, a third of them with ties: whole numbers."""
    rows, objectives, seed = request.param
    rng = np.random.default_rng(seed)
    out = rng.random((rows, objectives))
    out[: rows // 3] = rng.integers(0, 5, (rows // 3, objectives)) / 5
    return out


def test_ranks_are_those_of_pymoo(losses):
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    _, theirs = NonDominatedSorting().do(losses, return_rank=True)
    np.testing.assert_array_equal(pareto.fronts(losses), theirs)
    np.testing.assert_array_equal(pareto.non_dominated(losses), theirs == 0)


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_crowding_is_that_of_pymoo(objectives):
    """Theirs is divided by the number of objectives; without ties, whose order nobody fixes."""
    from pymoo.operators.survival.rank_and_crowding.metrics import calc_crowding_distance

    losses = np.random.default_rng(objectives).random((150, objectives))
    ranks = pareto.fronts(losses)
    for rank in range(3):
        front = losses[ranks == rank]
        assert len(front) > 2
        np.testing.assert_allclose(pareto.crowding(front) / objectives, calc_crowding_distance(front))


def test_hypervolume_is_that_of_pymoo(losses):
    from pymoo.indicators.hv import HV

    reference = np.full(losses.shape[1], 1.05)
    assert pareto.hypervolume(losses, reference) == pytest.approx(HV(ref_point=reference)(losses))
