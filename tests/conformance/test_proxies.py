"""Every file of nas_core/proxies keeps the contract of its base class; a new one is tested without a new test."""

import copy
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import plugins, proxies, scoring
from nas_core.proxies import GROUPS, Ensemble, Proxy, ranks
from nas_core.proxies.passes import Batch, Passes
from nas_core.sources.scores import Scoring
from nas_core.spaces.topology import Topology

FOUND = plugins.find(Proxy)
SINGLE = [name for name, proxy in FOUND.items() if not issubclass(proxy, Ensemble)]
ENSEMBLES = [name for name in FOUND if name not in SINGLE]
SPACE = Topology()
LIVE, DEAD, SKIPS = (3, 1, 3, 4, 2, 3), (0, 0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1)
SHAPE = dict(channels=4, cells=1, in_channels=1)
SMALL = Scoring(net="pocket", batch=8)


def build(arch, seed=0, **shape):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return SPACE.build(arch, 10, **{**SHAPE, **shape})


def batch(seed):
    rng = np.random.default_rng(seed)
    images = torch.from_numpy(rng.standard_normal((8, 1, 8, 8)).astype(np.float32))
    return Batch(images, torch.from_numpy(rng.integers(0, 4, 8)))


def scored(net, names, arch=LIVE):
    """{proxy: score} of one network, by one set of passes."""
    needs = frozenset().union(*(FOUND[n].needs for n in names))
    passes = Passes(net, batch(0), batch(1), needs, thin=lambda: build(arch, channels=1))
    return {name: proxies.create(name).score(net, passes) for name in names}


@pytest.fixture(scope="module")
def together():
    return scored(build(LIVE), SINGLE)


@pytest.mark.parametrize("name", FOUND)
def test_it_says_what_it_is(name):
    proxy = FOUND[name]
    assert proxy.group in GROUPS and proxy.requires == ("torch",)
    assert len(proxy.summary()) > 20
    assert proxy.paper or proxy.group == "baseline"


@pytest.mark.parametrize("name", SINGLE)
def test_the_network_is_given_back_as_it_came(name):
    net = build(LIVE).eval()
    net(batch(3).images).sum().backward()
    before, state = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    gradients = {key: None if p.grad is None else p.grad.clone() for key, p in net.named_parameters()}
    scored(net, [name])
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(m.training for m in net.modules())
    for key, new in net.state_dict().items():
        assert before[key].dtype == new.dtype and torch.equal(before[key], new), key
    for key, new in net.named_parameters():
        old = gradients[key]
        assert new.requires_grad and (old is None) == (new.grad is None)
        assert old is None or torch.equal(old, new.grad), key
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in net.modules())


@pytest.mark.parametrize("name", SINGLE)
def test_its_score_depends_neither_on_other_proxies_nor_on_the_random_state(name, together):
    torch.manual_seed(1234)
    (alone,) = scored(build(LIVE), [name]).values()
    assert isinstance(alone, float) and math.isfinite(alone)
    assert alone == pytest.approx(together[name], rel=1e-5)


@pytest.mark.parametrize("name", SINGLE)
def test_a_network_of_texts_has_a_score(name):
    shape = dict(in_channels=30, kind="tokens", embedding=4)
    rng = np.random.default_rng(0)
    first, second = (
        Batch(torch.from_numpy(rng.integers(0, 30, (8, 12))), torch.from_numpy(rng.integers(0, 4, 8))) for _ in range(2)
    )
    passes = Passes(
        build(LIVE, **shape), first, second, FOUND[name].needs, thin=lambda: build(LIVE, channels=1, **shape)
    )
    assert math.isfinite(proxies.create(name).score(build(LIVE, **shape), passes))


@pytest.mark.parametrize("name", SINGLE)
def test_a_pass_that_it_does_not_declare_is_refused(name):
    proxy, net = proxies.create(name), build(LIVE)
    passes = Passes(net, batch(0), batch(1), (), thin=lambda: build(LIVE, channels=1))
    if proxy.needs <= {"images"}:
        assert math.isfinite(proxy.score(net, passes))
    else:
        with pytest.raises(ValueError, match="without saying so in `needs`"):
            proxy.score(net, passes)


@pytest.mark.parametrize("name", SINGLE)
def test_a_cell_that_passes_nothing_on_gives_a_number_or_a_reason(name):
    one = scoring.score(SMALL, SPACE.index(DEAD), (name,))
    value = one.values[name]
    assert math.isfinite(value) != (name in one.errors)
    if name in one.errors:
        assert "nothing of the image reaches the output" in one.errors[name]


@pytest.mark.parametrize("name", [n for n in SINGLE if FOUND[n].shared])
def test_isomorphic_cells_have_one_score(name):
    twin = next(a for a in map(SPACE.arch, range(9000, 15625)) if SPACE.canonical(a) not in (a, DEAD))
    (first,) = scoring.tasks(SMALL, [SPACE.index(twin), SPACE.index(SPACE.canonical(twin))], [name])
    assert first == (SPACE.index(SPACE.canonical(twin)), (name,))


@pytest.mark.parametrize("name", ["fisher", "grad_norm", "grasp", "jacob_cov", "epe_nas", "plain", "snip", "synflow"])
def test_edges_that_lead_nowhere_change_nothing(name):
    """The same weights in a cell and in the cell without its dead edge."""
    with_dead, without = (3, 0, 3, 2, 0, 0), (0, 0, 0, 2, 0, 0)
    assert SPACE.canonical(with_dead) == SPACE.canonical(without) == without
    full, bare = build(with_dead), build(without)
    bare.load_state_dict(full.state_dict(), strict=False)
    needs = FOUND[name].needs
    one, other = (FOUND[name]().score(net, Passes(net, batch(0), batch(1), needs)) for net in (full, bare))
    assert one == pytest.approx(other, rel=1e-5)


def test_parameters_and_flops_are_each_cells_own():
    assert scoring.individual_proxies() >= {"params", "flops"}
    one, other = (scoring.score(SMALL, SPACE.index(a), ("params",)) for a in ((3, 0, 3, 2, 0, 0), (0, 0, 0, 2, 0, 0)))
    assert one.values["params"] > other.values["params"]


@pytest.mark.parametrize("name", SINGLE)
def test_the_same_settings_give_the_same_score_and_another_seed_another_network(name):
    row = SPACE.index(LIVE)
    one, again = (scoring.score(SMALL, row, (name,)).values[name] for _ in range(2))
    assert one == pytest.approx(again, rel=1e-6)
    other = scoring.score(Scoring(net="pocket", batch=8, seed=1), row, (name,)).values[name]
    assert (other == one) == (name in ("params", "flops")) or name in ("linear_regions", "swap")


@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_ranks_and_puts_failures_last(name):
    made = proxies.create(name)
    assert isinstance(made, Ensemble) and set(made.members) <= set(SINGLE)
    columns = {member: np.array([1.0, 5.0, np.nan, 3.0]) for member in made.members}
    assert ranks(made.combine(columns)).tolist() == [2.0, 4.0, 1.0, 3.0]
    with pytest.raises(ValueError, match="it cannot score one alone"):
        made.score(None, None)


def test_ranks_put_what_is_not_finite_last():
    assert ranks(np.array([3.0, np.inf, np.nan, 4.0, -np.inf, 3.0])).tolist() == [4.5, 2.0, 2.0, 6.0, 2.0, 4.5]
