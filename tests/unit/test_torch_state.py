"""Whoever calls for a training has the same threads and random numbers of torch after it."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

import nas_core as nas
from nas_core import resuming, torch_state
from nas_core.sources.chunks import Recipe
from nas_core.training import Protocol

RECIPE = Recipe(
    "topology", "cluttered_digits", {"train": 64, "held_out": 64}, {"channels": 4, "cells": 1}, Protocol(epochs=2)
)


@pytest.fixture(autouse=True)
def threads():
    """Another number of threads than work sets."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def state():
    return torch.get_num_threads(), torch.get_rng_state().tolist()


@pytest.mark.parametrize("strategy", ["random_search", "rsps"])
def test_a_search_by_real_trainings_leaves_them_as_they_were(strategy, monkeypatch):
    monkeypatch.setattr("nas_core.sources.live.recipe_of", lambda space, dataset: RECIPE)
    quick = {"epochs": 1, "steps": 1, "scored": 3, "judged_on": 64, "candidates": 4} if strategy == "rsps" else {}
    before = state()
    spec = nas.RunSpec("live_topology", "cluttered_digits", strategy, quick, {"epochs": 1}, max_trials=1)
    list(nas.run(spec))
    assert state() == before


def test_a_training_in_steps_has_its_own_and_the_caller_another_between_them():
    before, drawn = state(), []
    for _ in resuming.train(RECIPE, (3,) * 6, RECIPE.load()):
        assert state() == before
    assert state() == before

    @torch_state.own_state_of_steps()
    def steps():
        torch.manual_seed(1)
        for _ in range(3):
            yield torch.get_num_threads(), float(torch.rand(1))
        return "end"

    def caller():
        drawn.append((yield from steps()))

    torch.manual_seed(1)
    expected = [(1, float(torch.rand(1))) for _ in range(3)]
    got = []
    for step in caller():
        got.append(step)
        torch.rand(5)
    assert got == expected and drawn == ["end"] and torch.get_num_threads() == 3


def test_they_come_back_after_an_error_and_from_steps_that_are_not_finished():
    before = state()

    @torch_state.own_state_of_steps()
    def failing():
        torch.manual_seed(1)
        yield
        raise RuntimeError("no memory")

    next(failing())
    assert state() == before
    with pytest.raises(RuntimeError, match="no memory"):
        list(failing())
    assert state() == before
