"""A supernet's run as columns, what they say in words, and its place on the axes of the other searches."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import plugins, race
from nas_core.charts import supernet as charts
from nas_core.history import History
from nas_core.race import Signal, Trace
from nas_core.spaces import SearchSpace
from nas_core.spaces.macro import Macro
from nas_core.spaces.size import Size
from nas_core.spaces.topology import Topology
from nas_core.studies import stopping, supernets
from nas_core.studies.stopping import Stop
from nas_core.studies.supernets import SupernetRun
from nas_core.types import Asked, RunSpec, Started, Stopped, Suggestion, Told, Trial
from tests.tiny import Formula, Widths, worth

SPACE, TABLE = Topology(), Formula("numbers")
COLUMN = TABLE.column("test_acc").astype(float)
LOOKED_AT = list(range(0, 15000, 250))


def alpha(op, lead):
    """float[6][5]: `op` preferred by `lead` on every edge, the rest shared."""
    out = np.full((6, 5), (1 - lead) / 5)
    out[:, op] += lead
    return out


def epoch(number, arch, weights, scores=None):
    info = {"phase": "supernet", "epoch": number, "epochs": 3, "alpha": weights.tolist(), "loss": 2.0, "accuracy": 30.0}
    if scores is not None:
        info["scores"] = {"cells": LOOKED_AT, "batch": scores.tolist(), "running": (-scores).tolist()}
    return Suggestion(arch, measure="derive", seconds=10.0, info=info)


def run_of(cells, weights, over=True, scores=None, eigenvalues=()):
    spec = RunSpec("formula", "numbers", "darts", {"epochs": 3}, max_trials=1)
    events = [Started(spec, "1")]
    for i, (cell, w) in enumerate(zip(cells, weights, strict=True)):
        events.append(Asked(i, epoch(i + 1, cell, w, scores), 10.0 * (i + 1)))
    for asked, value in zip(events[1:], eigenvalues, strict=False):
        asked.suggestion.info["eigenvalue"] = float(value)
    if over:
        last = Suggestion(cells[-1])
        events += [
            Asked(len(cells), last, 30.0),
            Told(Trial(len(cells), last, 30.0, 35.0, {"val_acc": 50.0}, (-50.0,))),
        ]
        events.append(Stopped("budget", 35.0))
    return events


CELLS = [(3,) * 6, (3, 1, 1, 1, 3, 3), (1,) * 6]
COLLAPSING = run_of(CELLS, [alpha(3, 0.1), alpha(1, 0.2), alpha(1, 0.5)], scores=worth(SPACE)[LOOKED_AT].astype(float))


def test_the_columns_of_a_run():
    course = SupernetRun.of(COLLAPSING, SPACE)
    assert course.rows.tolist() == [SPACE.index(c) for c in CELLS]
    assert course.seconds.tolist() == [10.0, 20.0, 30.0]
    assert course.easy_count.tolist() == [0, 3, 6]
    assert course.easy_weight == pytest.approx([18.0, 36.0, 60.0])
    assert course.margin == pytest.approx([10.0, 20.0, 50.0])
    assert course.over and course.planned_epochs == 3
    assert course.label == "DARTS, 3 epochs, seed 0"


def test_an_unfinished_run_and_one_without_an_epoch():
    assert not SupernetRun.of(run_of(CELLS[:1], [alpha(3, 0.1)], over=False), SPACE).over
    assert len(SupernetRun.of(COLLAPSING[:1], SPACE)) == 0
    with pytest.raises(ValueError, match="must begin with Started"):
        SupernetRun.of([], SPACE)


def test_the_rank_correlation_is_that_of_the_cells_looked_at():
    (*_, last) = SupernetRun.of(COLLAPSING, SPACE).scores
    everything, top = last.kendall(COLUMN, "batch")
    assert everything > 0.9  # the test accuracy of the made-up table is its score and a little
    assert -1 <= top <= 1
    assert last.kendall(COLUMN, "running")[0] == pytest.approx(-everything)


def test_collapse_is_said_and_so_is_its_absence():
    said = supernets.reading(SupernetRun.of(COLLAPSING, SPACE), TABLE)
    assert "After 3 epochs, DARTS names a cell that is better than" in said[0]
    assert said[1].startswith("It has collapsed: 6 of the 6 edges")
    assert "Kendall's tau of 0.9" in said[2]
    fine = supernets.reading(SupernetRun.of(run_of(CELLS[:1], [alpha(3, 0.1)]), SPACE), TABLE)
    assert fine[1].startswith("It has not collapsed: 0 of the 6 edges") and len(fine) == 2


@pytest.mark.parametrize(
    ("place", "words"), [(0, "names the best cell of all: "), (1, "names a cell that is better than 99 % of all: ")]
)
def test_only_the_best_is_better_than_all(place, words):
    cell = SPACE.arch(int(np.argsort(-COLUMN)[place]))
    assert words in supernets.reading(SupernetRun.of(run_of([cell], [alpha(3, 0.1)]), SPACE), TABLE)[0]


def test_a_preference_for_skips_that_is_not_named_yet_is_no_acquittal():
    """ENAS names the best of the cells it draws, which need not have what its controller prefers."""
    said = supernets.reading(SupernetRun.of(run_of([CELLS[1]], [alpha(1, 0.3)]), SPACE), TABLE)[1]
    assert said.startswith("It has all but collapsed: the skip connection is preferred on 6 of the 6 edges")
    assert "and 3 of the 6 edges are skip connections in the cell it names" in said
    said = supernets.reading(replace(of_widths(0), alpha=of_widths(2).alpha), Widths("numbers"))[2]
    assert said.startswith("It has all but gone for width: the greatest width is preferred on 5 of the 5 layers")


def test_a_cell_the_table_does_not_know_is_said():
    class Holes(Formula):
        def column(self, metric, epochs=None, seed=None):
            out = super().column(metric, epochs, seed).copy()
            out[SPACE.index(CELLS[-1])] = np.nan
            return out

    assert (
        "of which the table knows nothing" in supernets.reading(SupernetRun.of(COLLAPSING, SPACE), Holes("numbers"))[0]
    )


def test_what_it_named_stands_on_the_time_axis_and_only_its_training_on_the_other():
    trace = Trace.of(History.of(COLLAPSING), SPACE)
    rows = [SPACE.index(c) for c in CELLS]
    assert trace.incumbent.tolist() == [*rows, rows[-1]]
    assert trace.end.tolist() == [10.0, 20.0, 30.0, 35.0]
    assert trace.trials.tolist() == [0, 0, 0, 1]
    signal = Signal("test accuracy", "%", "max", COLUMN)
    by_time = race.curves([trace], signal, "seconds", np.array([5.0, 15.0, 29.0, 40.0]))[0]
    assert by_time == pytest.approx([np.nan, *COLUMN[rows[:2]], COLUMN[rows[2]]], nan_ok=True)
    assert race.grid([trace], "trials").tolist() == [1.0]
    assert race.curves([trace], signal, "trials", np.array([1.0]))[0] == pytest.approx([COLUMN[rows[-1]]])
    assert race.results({"DARTS": [trace]}, signal)[0].trials == 1


@pytest.mark.parametrize("runs", [1, 2])
def test_every_chart_is_drawn_for_one_run_and_for_two(runs):
    courses = [
        SupernetRun.of(COLLAPSING, SPACE),
        SupernetRun.of(run_of(CELLS[:1], [alpha(2, 0.3)], over=False), SPACE),
    ][:runs]
    preferred = charts.preferences(courses)
    assert len(preferred["series"]) == 30 * runs
    assert preferred["legend"]["data"] == list(dict.fromkeys(line["name"] for line in preferred["series"]))
    assert len(charts.choice_accuracy(courses, COLUMN, "test accuracy")["series"]) == runs + 2
    skips = charts.collapse(courses)["series"]
    assert len(skips) == 3 * runs and skips[0]["color"] == SPACE.colours["skip_connect"]
    assert len(charts.ranking(courses, COLUMN, "batch")["series"]) == 2 * runs
    frame = charts.frame_of(courses, COLUMN)
    assert len(frame) == sum(len(c) for c in courses) and frame["3←2 skip_connect"].iloc[2] == pytest.approx(0.6)
    points = charts.scatter(courses[0], COLUMN, "batch", "test accuracy")["series"][0]["data"]
    assert [p[2] for p in points] == LOOKED_AT


def test_the_outcome_is_what_the_charts_end_with():
    course = SupernetRun.of(COLLAPSING, SPACE)
    assert (course.rows[-1], course.easy_count[-1], course.seconds[-1]) == (SPACE.index(CELLS[-1]), 6, 30.0)
    looks = charts.ranking([course], COLUMN, "batch")["series"]
    (tau, best), (running, _) = (course.scores[-1].kendall(COLUMN, mode) for mode in ("batch", "running"))
    assert [series["data"][-1][1] for series in looks] == [round(tau, 4), round(best, 4)] and running == -tau
    assert SupernetRun.of(run_of(CELLS[:1], [alpha(3, 0.1)]), SPACE).scores == ()


def shares(width):
    """float[5][3]: that width preferred everywhere."""
    return [[0.6 if k == width else 0.2 for k in range(3)]] * 5


def of_widths(*chosen, **params):
    """A run on the size space that named these widths, each the same in all layers, epoch by epoch."""
    spec = RunSpec("widths", "numbers", "fbnet_v2", {"epochs": 3, **params}, max_trials=1)
    events = [Started(spec, "1")]
    for i, width in enumerate(chosen):
        info = {"epoch": i + 1, "alpha": shares(width), "loss": 1.0, "accuracy": 50.0, "eigenvalue": 0.5 - i}
        events.append(Asked(i, Suggestion((width,) * 5, measure="derive", seconds=2.0, info=info), 2.0 * (i + 1)))
    return SupernetRun.of(events, Widths.space)


def test_on_the_size_space_the_greatest_width_is_what_it_takes_too_readily():
    course, table = of_widths(0, 2), Widths("numbers")
    assert course.easy_count.tolist() == [0, 5] and course.easy_weight == pytest.approx([20.0, 60.0])
    said = supernets.reading(course, table)
    assert "names a network that is better than" in said[0]
    assert said[1] == "It costs 11.00 MFLOPs, of at most 11.00 in this space."
    assert said[2].startswith("It has gone for width: 5 of the 5 layers have the greatest width")
    modest = supernets.reading(of_widths(0, 1, target_mflops=3.0), table)
    assert modest[1].endswith("Its target was 3 MFLOPs.") and modest[2].startswith(
        "It has not gone for width: 0 of the 5"
    )


def test_preferences_for_widths_are_stacked_from_equal_shares_on_and_those_of_a_second_run_are_limits():
    chart = charts.preferences([of_widths(0, 2), of_widths(1)])
    assert len(chart["grid"]) == 5
    areas = [s for s in chart["series"] if "stack" in s and s["xAxisIndex"] == 0]
    assert [[round(v, 1) for _, v in s["data"]] for s in areas] == [[33.3, 60, 20], [33.3, 20, 20], [33.3, 20, 60]]
    limits = [s for s in chart["series"] if "stack" not in s and s["xAxisIndex"] == 0]
    assert [s["data"][-1] for s in limits] == [[1, 20.0], [1, 80.0]]


def test_the_curvature_is_drawn_of_the_runs_that_noted_it():
    noted, without = of_widths(0, 2), SupernetRun.of(COLLAPSING, SPACE)
    series = charts.curvature([without, noted])["series"]
    assert [(s["type"], s["name"]) for s in series] == [("line", "FBNetV2"), ("scatter", "FBNetV2")]
    assert series[1]["data"] == [[1, 0.5], [2, -0.5]]
    frame = charts.frame_of([noted], Widths("numbers").column("test_acc"))
    assert frame["widest_count"].tolist() == [0, 5] and frame["cell 1 4"].iloc[1] == pytest.approx(0.6)


def test_two_runs_are_named_by_what_tells_them_apart():
    one, other = of_widths(0), of_widths(1, target_mflops=3.0)
    assert supernets.labels([one]) == ["FBNetV2"]
    assert supernets.labels([one, other]) == ["FBNetV2", "FBNetV2, target 3 MFLOPs"]
    assert one.label == "FBNetV2, 3 epochs, seed 0"


def test_which_methods_there_are_depends_on_the_space():
    assert "darts" in supernets.methods(Topology) and set(supernets.methods(Size)) == {"fbnet_v2"}
    assert set(supernets.methods()) >= {"darts", "fbnet_v2"} and not supernets.methods(Macro)
    easy, shared = (
        {n for n, s in plugins.find(SearchSpace).items() if of(s)} for of in (lambda s: s.easy, supernets.methods)
    )
    assert easy == shared == {"topology", "size"}


def growing_by(factor, epochs):
    """float64[epochs]: eigenvalues that grow by that factor an epoch."""
    return 0.1 * factor ** np.arange(epochs)


def test_early_stopping_is_the_rule_of_the_paper():
    """The mean over five epochs grows by factor**5 within five: a third is reached by 1.0593 an epoch, not by 1.059."""
    assert stopping.stop(growing_by(1.059, 60)) is None
    assert stopping.stop(growing_by(1.0593, 60)) == Stop(epoch=17, choice=10)
    late = np.concatenate([np.ones(30), growing_by(1.2, 20) * 10])
    found = stopping.stop(late)
    means = [late[i - 3 : i + 2].mean() for i in range(3, 49)]  # of the five epochs around 3, 4, …
    first = next(i for i in range(10, 44) if means[i - 3] < 0.75 * means[i + 2])
    assert found == Stop(epoch=first + 7, choice=first) and found.epoch > 30


@pytest.mark.parametrize("epochs", [0, 4, 5, 16])
def test_a_run_too_short_for_the_rule_is_not_stopped(epochs):
    assert stopping.stop(growing_by(2.0, epochs)) is None
    assert len(stopping.smoothed(growing_by(2.0, epochs))) == epochs


def test_an_epoch_without_an_eigenvalue_stops_nothing():
    holes = growing_by(2.0, 30)
    holes[::4] = np.nan
    assert stopping.stop(holes) is None


def test_what_early_stopping_would_have_kept_is_said_and_drawn():
    cells = [CELLS[0]] * 12 + [CELLS[-1]] * 8
    growing = run_of(cells, [alpha(3, 0.1)] * 20, eigenvalues=growing_by(1.1, 20))
    course = SupernetRun.of(growing, SPACE)
    [said] = [s for s in supernets.reading(course, TABLE) if "Zela" in s]
    assert f"keep the cell of epoch 10: {COLUMN[SPACE.index(CELLS[0])]:.2f} %" in said and "After epoch 17" in said
    unknown = np.where(np.arange(len(SPACE)) == SPACE.index(CELLS[0]), np.nan, COLUMN)
    [said] = supernets._stopped(course, unknown)
    assert said.endswith("keep the cell of epoch 10, of which the table knows nothing.")
    for chart in (charts.curvature([course]), charts.choice_accuracy([course], COLUMN, "test accuracy")):
        [mark] = [s["markLine"] for s in chart["series"] if s["name"] == "early stopping"]
        assert mark["data"] == [{"xAxis": 10}]
    flat = SupernetRun.of(run_of(cells, [alpha(3, 0.1)] * 20, eigenvalues=np.ones(20)), SPACE)
    assert any("never bent" in s for s in supernets.reading(flat, TABLE))
    assert [s["name"] for s in charts.curvature([flat])["series"]] == ["DARTS"] * 2
