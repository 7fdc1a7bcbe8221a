"""Ranks on several devices, how far devices agree, and which front serves another."""

import numpy as np
import pytest

from nas_core import pareto
from nas_core.benchmarks import Metric
from nas_core.charts import diversity as charts
from nas_core.studies import devices
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective
from tests.tiny import MADE_UP, Tiny


class Phones(Tiny):
    """The formula with a latency on three devices: one like FLOPs, one the other way round, one mostly missing."""

    metrics = Tiny.metrics | {
        f"latency_{name}_ms": Metric("ms", "min", "made up", MADE_UP, f"latency, {name}") for name in ("a", "b", "c")
    }

    def column(self, metric, epochs=None, seed=None):
        if not metric.startswith("latency"):
            return super().column(metric, epochs, seed)
        flops = super().column("flops_m").astype(np.float32)
        if metric == "latency_a_ms":
            return flops
        return 20 - flops if metric == "latency_b_ms" else np.where(np.arange(len(flops)) < 20, np.nan, flops)


AB = ["latency_a_ms", "latency_b_ms"]


@pytest.fixture
def task():
    return FrontTask(Phones("numbers"), (Objective("val_acc"), Objective("latency_a_ms", "min")))


def test_a_device_that_most_cells_cannot_run_on_is_left_out(task):
    assert devices.latencies(task.table) == AB
    assert devices.latencies(Tiny("numbers")) == []
    assert devices.device("latency_raspi4_ms") == "raspi4"


def test_places_on_each_device(task):
    rows = np.array([0, 5, 23])
    found = devices.ranks(task.table, [*AB, "latency_c_ms"], rows)
    assert found[:, :2].tolist() == [[1, 3], [2, 2], [3, 1]]
    assert np.isnan(found[:2, 2]).all() and found[2, 2] == 1


def test_agreement_is_kendalls_tau(task):
    assert devices.agreement(task.table, AB).tolist() == [[1.0, -1.0], [-1.0, 1.0]]


def test_fronts_in_common(task):
    found = devices.shared(task, task.objectives[0], AB)
    fronts = []
    for name in AB:
        losses = np.column_stack([-task.column("val_acc"), task.column(name)])
        fronts.append(set(np.flatnonzero(pareto.non_dominated(losses)).tolist()))
    a, b = fronts
    np.testing.assert_allclose(found, [[100, 100 * len(a & b) / len(a)], [100 * len(a & b) / len(b), 100]])
    narrow = FrontTask(task.table, task.objectives, (Constraint("flops_m", high=0.5),))
    assert np.isnan(devices.shared(narrow, task.objectives[0], AB)).all()


def test_the_pictures_hold_the_numbers(task):
    rows = np.array([0, 5, 23])
    ranks = devices.ranks(task.table, [*AB, "latency_c_ms"], rows)
    drawn = next(iter(charts.bump(rows, ranks, ["a", "b", "c"], 5).to_dict()["datasets"].values()))
    assert len(drawn) == 7  # two have no place on the third device
    tiles = charts.agreement(devices.agreement(task.table, AB), ["a", "b"], "device").to_dict()
    assert [d["value"] for d in next(iter(tiles["datasets"].values()))] == [1, -1, -1, 1]
