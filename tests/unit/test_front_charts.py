"""Pictures of fronts: the border, the attainment band, parallel coordinates, lines of equal fitness, the table."""

import numpy as np
import pytest

from nas_core import fitness
from nas_core.charts import fronts
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective
from tests.tiny import Formula

TWO = (Objective("val_acc"), Objective("flops_m", "min"))
LOOKS = {"NSGA-II": ("#D55E00", (1, 0))}


@pytest.fixture(scope="module")
def task():
    return FrontTask(Formula("numbers"), TWO)


def test_the_border_passes_through_the_front_and_nothing_lies_beyond(task):
    corners = fronts.border(task, task.front, 1, 0)
    on_it = {tuple(c) for c in corners.tolist()}
    assert all(tuple(task.values[row, [1, 0]].tolist()) in on_it for row in task.front)
    assert (np.diff(corners[:, 0]) >= 0).all() and (np.diff(corners[:, 1]) >= 0).all()
    assert corners[-1, 0] == task.values[:, 1].max()
    for flops, accuracy in task.values[::97][:, [1, 0]]:
        assert accuracy <= corners[corners[:, 0] <= flops, 1].max()
    other = fronts.border(task, task.front, 0, 1)  # the other way round: accuracy from left to right
    assert len(other) == len(corners) and other[-1, 0] == task.values[:, 0].min()
    assert fronts.steps(task, np.empty((0, 2)), 1, 0).shape == (0, 2)


def test_attainment_has_a_band_a_line_and_the_exact_front(task):
    best = task.losses[task.front[::2]]
    surfaces = {"NSGA-II": {"best": best, "median": best[:4], "worst": best[1:3]}, "nothing yet": {}}
    chart = fronts.attainment(task, surfaces, LOOKS | {"nothing yet": ("#000000", (1, 0))}, whole=True).to_dict()
    kinds = [layer["mark"]["type"] for layer in chart["layer"]]
    assert kinds == ["area", "line", "point"]
    band = next(d for d in chart["datasets"].values() if "far" in d[0])
    assert all(row["far"] <= row["y"] for row in band)  # all runs attain no more than the best one
    assert fronts.attainment(task, {}, {}, whole=False).to_dict()["layer"]


def test_parallel_coordinates_point_upwards(task):
    option = fronts.parallel(task, {fronts.EXACT: task.front}, {fronts.EXACT: ("#888888", (1, 0))}, int(task.front[0]))
    assert [axis["inverse"] for axis in option["parallelAxis"]] == [False, True]
    assert all(series["selectedMode"] == "single" for series in option["series"])  # a click is told
    lines = [line for axis in option["parallelAxis"] for line in axis["name"].split("\n")]
    assert max(map(len, lines)) <= fronts.WIDE, "the first and the last name would be cut"
    assert len(option["series"][0]["data"]) == len(task.front)
    (selected,) = option["series"][1]["data"]
    assert selected["value"] == pytest.approx(task.values[task.front[0]].tolist(), rel=1e-4)
    assert selected["name"] == f"cell {task.front[0]}"
    assert option["tooltip"]["formatter"] == "{a}: {b}<br>validation accuracy: {@[0]} %<br>MFLOPs: {@[1]}"


def test_tooltips_say_what_their_numbers_are(task):
    ends = fronts.pair(task, 0, 1, int(task.front[0])).to_dict()["layer"][1]["encoding"]["tooltip"]
    assert [tip["title"] for tip in ends] == ["cell", task.label(0), task.label(1)]


def test_lines_of_equal_fitness(task):
    own = fitness.parse("val_acc - 0.5*flops_m", task.table.metrics)
    found = fronts.iso_lines(task, own, 1, 0, np.flatnonzero(task.allowed))
    assert 2 < len(found) < 9
    for level, pieces in found.items():
        np.testing.assert_allclose(pieces[..., 1] - 0.5 * pieces[..., 0], level, atol=1e-9)
    steep = fitness.parse("where(test_acc > 0, flops_m, flops_m)", task.table.metrics)  # one metric off the plane
    assert all(np.ptp(pieces[..., 0]) < 1e-9 for pieces in fronts.iso_lines(task, steep, 1, 0, task.front).values())
    nowhere = fitness.parse("log(0 - val_acc)", task.table.metrics)
    assert fronts.iso_lines(task, nowhere, 1, 0, task.front) == {}


def test_the_table_says_each_step(task):
    frame = fronts.front_frame(task, task.front)
    assert frame["number"].tolist() == task.front.tolist()
    assert list(frame)[:3] == ["number", *map(task.label, range(2))]  # what fits on the screen of a phone
    space = task.table.space
    assert frame["nats number"].tolist() == [space.numbers(space.arch(row))["nats"] for row in task.front.tolist()]
    assert frame["from the one above"][0] == "" and frame["from the one above"][1:].str.contains(" for ").all()
    assert frame.loc[frame["knee"] == "knee", "number"].tolist() == [task.knee]


def test_a_pair_of_objectives(task):
    chart = fronts.pair(task, 0, 1, int(task.front[1])).to_dict()
    (click,) = [p for p in chart["params"] if p["name"] == "cell"]
    assert click["select"]["fields"] == ["cell"]
    assert [layer["mark"]["type"] for layer in chart["layer"]] == ["line", "point", "point"]
