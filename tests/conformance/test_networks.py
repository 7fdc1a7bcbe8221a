"""Every space on every kind of input that its networks read: they are trained live, counted, and scored by all proxies;
a new space is tested without a new test."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import benchmarks, plugins, scoring, spaces
from nas_core.nets.counts import count
from nas_core.proxies import Ensemble, Proxy
from nas_core.sources.scores import Scoring
from nas_core.spaces import SearchSpace
from nas_core.types import Suggestion
from tests.kinds import OF_KIND, made_up_data  # noqa: F401  (a fixture)
from tests.records import ENDS

SINGLE = [name for name, proxy in plugins.find(Proxy).items() if not issubclass(proxy, Ensemble)]
WORLDS = [(name, kind) for name, space in plugins.find(SearchSpace).items() for kind in space().kinds]
SMALL = {"channels": 2, "features": 8}  # of live benchmarks that have such parameters
pytestmark = pytest.mark.usefixtures("made_up_data")
every_world = pytest.mark.parametrize(("name", "kind"), WORLDS, ids=[f"{name}-{kind}" for name, kind in WORLDS])


def test_every_kind_of_input_is_read_by_the_networks_of_some_space():
    assert {kind for _, kind in WORLDS} == set(OF_KIND) and len({name for name, _ in WORLDS}) >= 3


@every_world
def test_a_network_is_trained_live_and_counted(name, kind):
    plugin, data = plugins.get(benchmarks.Benchmark, f"live_{name}"), OF_KIND[kind]
    sizes = {n: v for n, v in SMALL.items() if n in {f.name for f in plugins.params(plugin)}}
    live = benchmarks.create(f"live_{name}", data.name, epochs=1, **sizes)
    arch = live.space.sample(np.random.default_rng(2))
    metrics = live.evaluate(Suggestion(arch), np.random.default_rng(0)).metrics
    assert set(metrics) == set(live.metrics) | ENDS and all(map(math.isfinite, metrics.values()))
    net = live.recipe.initial(live.space.canonical(arch), 0)
    assert metrics["params_m"] * 1e6 == pytest.approx(sum(p.numel() for p in live.recipe.initial(arch, 0).parameters()))
    assert count(net, data().channels, data().size, kind).macs > 0


@every_world
def test_every_proxy_scores_a_network_or_says_why_not(name, kind):
    space = spaces.create(name)
    plan = Scoring(name, list(space.networks)[-1], OF_KIND[kind].name, batch=4)
    searched = plan.make_space()
    row = searched.index(searched.canonical(searched.sample(np.random.default_rng(2))))
    one = scoring.score(plan, row, SINGLE)
    assert set(one.values) == set(SINGLE)
    failed = {proxy: why for proxy, why in one.errors.items() if "needs a network of one channel" not in why}
    assert not failed and (not one.errors or searched.thin is None)
    assert all(math.isfinite(value) for proxy, value in one.values.items() if proxy not in one.errors)
