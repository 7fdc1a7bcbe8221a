"""The first asks of every strategy at seed 0, on a reward made of whole numbers.

A change of these means that saved runs of the strategy cannot be continued and that published curves change: it is
allowed, and has to be meant. `python -m pytest tests/golden/test_snapshots.py --update-golden` writes them anew.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from nas_core import strategies
from nas_core.strategies import Problem
from nas_core.strategies._model_search import ModelSearch
from nas_core.types import Objective, Trial
from tests.conformance.test_strategies import FOUND, NAMES
from tests.tiny import Formula, worth

FILE = Path(__file__).with_name("asks.json")
ASKS = 50
LOOKS = ("synflow", "naswot")  # proxies that strategies ask for by default
ASKS_WITHOUT_MODEL = 10  # a model chooses by sums whose last digits differ between machines; these come before it
SPACE, WORTH = Formula.space, worth(Formula.space)


def asks(name):
    """[row, epochs] of each ask, one worker, default parameters; fewer if it stops asking."""
    plugin = FOUND[name]
    model = plugin.family in ("Bayesian", "predictor") or issubclass(plugin, ModelSearch)
    count = ASKS_WITHOUT_MODEL if model else ASKS
    strategy = strategies.create(name)
    objectives = (Objective("val_acc"), Objective("flops_m", "min"))[: 1 + FOUND[name].many_objectives]
    problem = Problem(SPACE, objectives, (), Formula.fidelities, True, ASKS, proxies=LOOKS)
    strategy.start(problem, np.random.default_rng([0, 0]))
    out = []
    while len(out) < count and (suggestion := strategy.ask()) is not None:
        row = SPACE.index(suggestion.arch)
        out.append([row, suggestion.epochs])
        values = {"val_acc": float(WORTH[row]), "flops_m": float(sum(suggestion.arch))}
        values |= dict.fromkeys(LOOKS, values["flops_m"])
        losses = tuple(o.loss(values[o.metric]) for o in objectives)
        strategy.tell(Trial(len(out) - 1, suggestion, len(out) - 1.0, float(len(out)), values, losses))
    return out


@pytest.mark.parametrize("name", NAMES)
def test_asks_are_those_of_the_snapshot(name, request):
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    if request.config.getoption("--update-golden"):
        known[name] = asks(name)
        lines = (f"{json.dumps(n)}: {json.dumps(known[n])}" for n in sorted(known) if n in FOUND)
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        return
    assert name in known, f"{name} has no snapshot; make one with --update-golden"
    assert asks(name) == known[name]


def test_every_snapshot_belongs_to_a_strategy():
    assert set(json.loads(FILE.read_text())) <= set(FOUND), "a strategy is gone: use --update-golden"
