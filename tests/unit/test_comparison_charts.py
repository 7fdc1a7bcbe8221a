"""Charts of experiments and ranks: what is in them, also when there is little."""

import numpy as np
import pytest

from nas_core.charts import comparison as charts
from nas_core.studies.compare.claims import Claims
from nas_core.studies.lab import LabPlan, Results


def results(found, **changes):
    said = dict(
        benchmark="tiny",
        dataset="numbers",
        compare="dies",
        levels=("oldest", "worst"),
        under="noise",
        circumstances=("none", "frozen"),
        seeds=found.shape[1],
        trials=found.shape[2],
    )
    perfect = np.full(found.shape[:2], 91.0, np.float32)
    return Results(LabPlan(**{**said, **changes}), found.astype(np.float32), perfect, 92.0)


FOUND = np.random.default_rng(0).normal(90, 1, (4, 10, 5))


def test_a_row_a_setting_with_mean_and_interval():
    frame = charts.lab_frame(results(FOUND), 3)
    assert list(zip(frame["level"], frame["under"])) == [
        ("oldest", "none"),
        ("oldest", "frozen"),
        ("worst", "none"),
        ("worst", "frozen"),
    ]
    np.testing.assert_allclose(frame["mean"], FOUND[:, :, 2].mean(1), rtol=1e-6)
    half = 2.262157 * FOUND[:, :, 2].std(1, ddof=1) / np.sqrt(10)  # Student's t with 9 degrees of freedom
    np.testing.assert_allclose(frame["high"] - frame["mean"], half, rtol=1e-4)
    assert (frame["preferred"] == 91).all() and (frame["searches"] == 10).all()
    assert frame["text"][0] == f"{frame['mean'][0]:.2f}\n± {half[0]:.2f}"


@pytest.mark.parametrize("done", [0, 1, 10])
def test_the_charts_stand_whatever_is_done(done):
    found = FOUND.copy()
    found[:, done:] = np.nan
    r = results(found)
    frame = charts.lab_frame(r, 5)
    assert (frame["text"] == "").all() == (done == 0)
    for chart in (charts.heat_map(frame, r.plan), charts.intervals(frame, r.plan, r.optimum)):
        assert chart.to_dict()["layer"]


def test_one_factor_alone_has_charts_too():
    r = results(FOUND[:2], under="", circumstances=())
    frame = charts.lab_frame(r, 5)
    assert len(frame) == 2 and set(frame["under"]) == {""}
    assert charts.heat_map(frame, r.plan).to_dict() and charts.intervals(frame, r.plan, 92.0).to_dict()


def test_ranks_have_a_dot_each_and_a_bar_for_what_is_not_told_apart():
    colours = {"a": "#111111", "b": "#222222", "c": "#333333"}
    close = Claims.of({name: dict(enumerate(FOUND[i, :, 0])) for i, name in enumerate("abc")})
    drawn = charts.average_ranks(close, colours).to_dict()
    assert "no difference shown: " in str(drawn)
    apart = Claims.of({name: dict(enumerate(np.arange(50) - i)) for i, name in enumerate("abc")})
    drawn = charts.average_ranks(apart, colours).to_dict()
    assert "no difference shown: " not in str(drawn) and "a  1.00" in str(drawn)
    assert "#333333" in str(drawn) and "#333333" in str(charts.gaps(apart, colours).to_dict())
