"""Many cells scored as one network: the same scores as one by one, on the CPU and on a GPU; what a full device does."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import plugins, scoring
from nas_core.proxies import Ensemble, Proxy
from nas_core.proxies.passes import batched
from nas_core.sources.scores import Scoring
from tests.command_line import refused

PLAN = Scoring(net="pocket", batch=8)
SPACE = PLAN.make_space()
DEAD, SKIPS = 0, SPACE.index((1,) * 6)
ROWS = sorted([DEAD, SKIPS, 15_624, *scoring.sample(PLAN, 5)])
FOUND = {n: c for n, c in plugins.find(Proxy).items() if not issubclass(c, Ensemble)}
SHARING = [name for name, proxy in FOUND.items() if proxy.needs & set(batched.READS)]


def agree(one, other, within):
    if not math.isfinite(other):
        return str(one) == str(other)
    return one == pytest.approx(other, rel=within, abs=1e-9)


def test_cells_scored_together_have_the_scores_they_have_alone():
    assert len(SHARING) >= 10
    together = scoring.score_together(PLAN, [(row, tuple(SHARING)) for row in ROWS])
    assert [one.row for one in together] == ROWS
    for one in together:
        alone = scoring.score(PLAN, one.row, SHARING)
        assert one.errors == alone.errors
        for name in SHARING:
            assert agree(one.values[name], alone.values[name], 1e-4), (one.row, name)
            assert one.seconds[name] > 0 or not math.isfinite(alone.seconds[name])


def test_each_cell_is_asked_only_for_its_own():
    todo = [(ROWS[3], ("snip",)), (ROWS[4], ("naswot", "params")), (ROWS[5], ("synflow",))]
    scores = scoring.score_together(PLAN, todo)
    assert [tuple(one.values) for one in scores] == [names for _, names in todo]
    assert scores[1].values == scoring.score(PLAN, *todo[1]).values


def test_where_many_do_not_fit_fewer_are_scored_and_one_that_does_not_fit_says_so(monkeypatch):
    sizes, real = [], batched.fill

    def small(passes, networks, needs):
        sizes.append(len(networks))
        if len(networks) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        real(passes, networks, needs)

    monkeypatch.setattr(batched, "fill", small)
    scores = scoring.score_together(PLAN, [(row, ("snip",)) for row in ROWS])
    assert [one.row for one in scores] == ROWS and max(sizes) == len(ROWS) and min(sizes) == 2
    assert all(math.isfinite(one.values["snip"]) for one in scores if one.row != DEAD)

    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(scoring, "network", full)
    scores = scoring.score_together(PLAN, [(row, ("snip",)) for row in ROWS[:3]])
    assert {one.errors["snip"] for one in scores} == {
        "it could not be scored, perhaps because memory ran out: OutOfMemoryError: CUDA out of memory"
    }


@pytest.mark.parametrize(
    ("device", "executor", "says"),
    [("tpu", "serial", "no device 'tpu' to score on; there are: cpu, cuda"), ("cuda", "processes:2", "one process")],
)
def test_a_device_that_cannot_be_used_is_refused_in_words(device, executor, says):
    with pytest.raises(ValueError, match=says):
        next(scoring.sweep(PLAN, ROWS, ["snip"], executor, device=device))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_the_command_says_so():
    assert "no CUDA device" in refused(1, "score", "--sample", 1, "--net", "pocket", "--device", "cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here")
@pytest.mark.parametrize("plan", [replace(PLAN, batch=32), Scoring(batch=16)], ids=["pocket", "nats"])
def test_a_gpu_gives_the_scores_of_the_cpu(plan):
    """To 1e-3, every proxy but ZiCo, which divides by differences of gradients that are all but zero."""
    rows, names = scoring.sample(plan, 6), [name for name in FOUND if name != "linear_regions"]
    on_gpu = {one.row: one for one in scoring.sweep(plan, rows, names, save=False, device="cuda")}
    for one in scoring.sweep(plan, rows, names, save=False):
        assert on_gpu[one.row].device == "cuda" and one.device == "cpu"
        for name, value in one.values.items():
            assert agree(on_gpu[one.row].values[name], value, 1e-2 if name == "zico" else 1e-3), (one.row, name)


def test_a_sweep_on_a_gpu_scores_neighbours_together_and_saves_them(monkeypatch):
    asked, real = [], scoring.score_together

    def on_the_cpu(plan, todo, device):
        asked.append([row for row, _ in todo])
        return real(plan, todo)

    monkeypatch.setattr(scoring, "check_device", lambda *_: None)
    monkeypatch.setattr(scoring, "score_together", on_the_cpu)
    monkeypatch.setattr(scoring, "TOGETHER", 3)
    found = {one.row: one.values for one in scoring.sweep(PLAN, ROWS, ["snip"], device="cuda")}
    assert [row for group in asked for row in group] == sorted(found) and {len(group) for group in asked} <= {3, 2, 1}
    assert len(asked[0]) == 3
    asked.clear()
    assert {one.row: one.values for one in scoring.sweep(PLAN, ROWS, ["snip"], device="cuda")} == found and not asked
