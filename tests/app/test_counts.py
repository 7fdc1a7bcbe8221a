"""What pages say of one: in the singular, and by the noun of its space."""

from types import SimpleNamespace

import numpy as np
import pytest

from nas_core.spaces import representatives
from nas_core.spaces.topology import Topology
from tests.searching import SMALL, opened
from tests.visit import captions, link
from ui import space_map

pytestmark = pytest.mark.usefixtures("tables")


def explore(**parameters):
    """The page once its map is on the screen."""
    return link("pages/10_explore.py", {"benchmark": "formula", "dataset": "numbers", **parameters}).run().run()


def test_one_architecture_that_filters_let_through():
    app = explore(benchmark="tiny", filters="MFLOPs <= 1")
    assert not app.exception and "1 network that matches" in [heading.value for heading in app.subheader]
    assert "1 of 24 networks has MFLOPs ≤ 1." in captions(app)


def test_one_cell_that_is_the_same_network():
    twin = next(row for row, of in enumerate(np.bincount(representatives(Topology()))) if of == 2)
    assert "Computes the same as 1 other cell: " in captions(explore(cell=str(twin)))


def test_one_point_outside_the_first_view():
    column = SimpleNamespace(goal="max", read=lambda: np.array([0.0, *[9.0] * 400]))
    assert " 1 lies far below the others" in space_map.outlying(np.arange(401), column, column)


def test_one_search_of_one_training():
    page = opened(**{**SMALL, "runs": "1", "trials": "1", "strategies": "random_search"}).run()
    assert "1 search by 1 strategy, about 1 training that would take" in captions(page)
