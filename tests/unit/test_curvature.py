"""The largest eigenvalue of a Hessian, against closed forms."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nas_core import strategies
from nas_core.nets.curvature import largest_eigenvalue
from nas_core.strategies import Problem
from nas_core.strategies.darts import Darts
from tests.tiny import Formula


@pytest.mark.parametrize("eigenvalues", [(3.0, 1.0, 0.5, 0.1), (2.0, -7.0, 0.0, 1.0), (-1.0, -2.0, -3.0, -4.0)])
def test_of_a_quadratic_it_is_the_largest_of_its_matrix_even_beside_a_longer_negative_one(eigenvalues):
    basis, _ = torch.linalg.qr(torch.from_numpy(np.random.default_rng(0).normal(size=(4, 4))))
    matrix = basis @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ basis.T

    def loss(x):
        return 0.5 * x.flatten() @ matrix @ x.flatten() + x.sum()

    assert largest_eigenvalue(loss, torch.ones(2, 2, dtype=torch.float64)) == pytest.approx(max(eigenvalues), abs=1e-9)


def test_darts_notes_it_without_leaving_a_trace():
    asked = []
    for curvature in (False, True):
        made = strategies.create("darts", **Darts.quick, curvature=curvature)
        made.start(Problem(Formula.space, dataset="numbers"), np.random.default_rng(0))
        asked.append([made.ask() for _ in range(2)])
    plain, noted = asked
    for a, b in zip(plain, noted, strict=True):
        found = b.info["eigenvalue"]
        assert np.isfinite(found) and a.info == {k: v for k, v in b.info.items() if k != "eigenvalue"}
