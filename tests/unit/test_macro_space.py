"""The macro space: NAS-Bench-Macro's digits, which networks are the same, and the network that it builds."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, spaces
from nas_core.charts import cell, palette
from nas_core.sources import live, scores
from nas_core.spaces import representatives
from nas_core.spaces.macro import BLOCKS
from nas_core.studies import opening
from nas_core.types import Suggestion
from tests.command_line import last
from tests.records import ENDS

MACRO = spaces.create("macro")
PUBLISHED = {  # NAS-Bench-Macro's own numbers: parameters, and multiply-adds of one image
    "22212220": (1_985_514, 85_164_544),
    "00000000": (387_882, 7_713_280),
    "22222222": (2_932_586, 105_660_928),
    "11111111": (1_588_874, 53_246_464),
    "20000000": (409_834, 17_854_976),
}


def test_the_default_is_nas_bench_macros_space():
    assert len(MACRO) == 3**8 == 6561
    assert MACRO.decisions == tuple(
        f"block {s}.{b}" for s, depth in ((1, 2), (2, 3), (3, 3)) for b in range(1, depth + 1)
    )
    assert MACRO.text(MACRO.arch(0)) == "00000000" and MACRO.text(MACRO.arch(5)) == "00000012"
    assert MACRO.parse("22212220") == MACRO.parse("macro:22212220") == (2, 2, 2, 1, 2, 2, 2, 0)
    assert MACRO.parse("5") == MACRO.parse("own:5") == MACRO.parse("(0, 0, 0, 0, 0, 0, 1, 2)") == MACRO.arch(5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("33333333", "Give 8 digits (0 for Identity, 1 for MB3_K3, 2 for MB6_K5) such as 22222222"),
        ("222122201", "'222122201' is not an architecture of the macro space"),
        ("６５６０", "or a number from 0 to 6560"),
        ("6561", "macro has architectures 0 to 6560; there is no number 6561"),
        ("x" * 200, "x…' is not an architecture of the macro space"),
    ],
)
def test_what_is_no_architecture_is_refused_in_words(text, says):
    with pytest.raises(ValueError) as caught:
        MACRO.parse(text)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("depths", ["", "0:3", "2,3", "2:3:", "100", "two", "1:1:1:1:1:1:1"])
def test_impossible_depths_are_refused_in_words(depths):
    with pytest.raises(ValueError, match="depths must be one to six whole numbers from 1 to 99, joined by colons"):
        spaces.create("macro", depths=depths)


@pytest.mark.parametrize("depths", ["1", "2", "1:1", "1:2:1", "12:12"])
def test_each_choice_of_depths_is_a_space_whose_texts_are_read_back(depths):
    space = spaces.create("macro", depths=depths)
    assert space.size == 3 ** sum(map(int, depths.split(":")))
    for arch in space.draw(np.random.default_rng(0), 20):
        assert space.parse(space.text(arch)) == space.parse(f"own:{space.index(arch)}") == arch


def test_where_identities_stand_behind_the_first_block_of_a_stage_does_not_matter():
    same = {MACRO.canonical(MACRO.parse(text)) for text in ("22212220", "22212202")}
    assert {MACRO.text(arch) for arch in same} == {"22212202"}
    assert MACRO.canonical(MACRO.parse("02021012")) == MACRO.parse("02021012")  # the first block halves the image
    assert len(np.unique(representatives(MACRO))) == 3 * 3 * (3 * 7) ** 2 == 3969  # 7: no block, 1, 2, 11, 12, 21, 22


def test_it_is_drawn_as_a_row_of_blocks_in_their_colours():
    picture = cell.svg(MACRO, MACRO.parse("01222222"))
    assert all(name in picture and palette.option(name) in picture for name in BLOCKS)
    assert cell.describe(MACRO, MACRO.arch(1)).startswith("Network: block 1.1 is Identity of input; block 1.2 is Ident")


def published_network(text, **settings):
    import torch

    torch.manual_seed(0)
    return MACRO.build(MACRO.parse(text), 10, **settings)


@pytest.mark.torch
@pytest.mark.parametrize("text", PUBLISHED)
def test_the_network_costs_what_was_published(text):
    import torch

    from nas_core.nets.counts import count

    with torch.device("meta"):
        costs = count(published_network(text), 3, 32)
    biases = 10  # of the linear layer, which NAS-Bench-Macro does not count
    assert (costs.params, costs.macs - biases) == PUBLISHED[text]


@pytest.mark.torch
def test_networks_of_one_class_are_one_network():
    import torch

    images = torch.randn(3, 3, 32, 32)
    first, other = (published_network(text).eval() for text in ("22212220", "22212202"))
    other.load_state_dict(dict(zip(other.state_dict(), first.state_dict().values(), strict=True)))
    with torch.no_grad():
        assert torch.equal(first(images), other(images))


@pytest.mark.torch
@pytest.mark.parametrize(("side", "channels"), [(12, 1), (33, 3), (1, 2)])
def test_it_reads_images_of_any_size_and_channels(side, channels):
    import torch

    from nas_core.nets.macro_network import block

    net = MACRO.build((1, 0, 2, 2, 1, 0, 1, 2), 7, channels=4, features=16, in_channels=channels)
    assert net(torch.zeros(2, channels, side, side)).shape == (2, 7)
    deep = spaces.create("macro", depths="1:2:1:1")
    assert deep.build((2, 0, 1, 0, 2), 5, channels=4, features=16)(torch.zeros(2, 3, 16, 16)).shape == (2, 5)
    with pytest.raises(ValueError, match="the macro space has no network for inputs of kind tokens"):
        MACRO.build((1,) * 8, 5, kind="tokens")
    with pytest.raises(ValueError, match="no block named 'MB9'; there are: Identity, MB3_K3, MB6_K5"):
        block("MB9", 4)


@pytest.fixture
def few_images(monkeypatch):
    """The usual protocol with 128 images."""
    few, usual = {"size": 12, "train": 128, "held_out": 64}, live.recipe_of
    monkeypatch.setattr(live, "recipe_of", lambda *given: replace(usual(*given), dataset_params=few))


@pytest.mark.torch
def test_it_is_trained_live(few_images):
    made = benchmarks.create("live_macro", "cluttered_digits", epochs=1, channels=2, features=8)
    narrow, wide = (made.evaluate(Suggestion((option,) * 8), np.random.default_rng(0)).metrics for option in (0, 2))
    assert set(narrow) == set(made.metrics) | ENDS and 0 <= narrow["val_acc"] <= 100
    assert narrow["params_m"] < wide["params_m"]


def test_live_training_takes_any_depths():
    deep = pickle.loads(pickle.dumps(benchmarks.create("live_macro", "cluttered_digits", depths="1:2:1:1")))
    assert deep.space.stages == (1, 2, 1, 1) and deep.run_settings()["depths"] == "1:2:1:1"
    assert deep.recipe.make_space().same(deep.space) and type(deep).space.same(MACRO)
    assert "depths" not in benchmarks.create("live_macro", "cluttered_digits").run_settings()
    with pytest.raises(ValueError, match="depths must be one to six whole numbers"):
        benchmarks.create("live_macro", "cluttered_digits", depths="2:x")


def test_what_is_known_of_one_choice_of_depths_says_nothing_of_another():
    other = spaces.create("macro", depths="4:4")  # as many blocks
    assert other.options == MACRO.options and not other.same(MACRO)
    assert scores.for_search(other, "cluttered_digits") is None and opening.proposers(other, "cluttered_digits") == []


@pytest.mark.torch
def test_the_command_line_searches_and_trains_networks_of_other_depths(few_images):
    there = ("--benchmark", "live_macro", "--dataset", "cluttered_digits")
    small = [
        f"--benchmark-set={name}={value}" for name, value in {"depths": "1:1", "channels": 2, "features": 8}.items()
    ]
    result = last("run", *there, *small, "--benchmark-set=epochs=1", "--strategy", "local_search", "--trials", 2)
    assert result["trials"] == 2 and re.fullmatch("[012]{2}", result["incumbent"])
    assert last("train", "20", *there, *small, "--epochs", 1)["arch"] == "20"


@pytest.mark.torch
def test_proxies_score_it():
    names = "synflow,naswot,zen,az_expressivity,linear_regions,params,flops"
    result = last("score", "--space", "macro", "--net", "narrow", "--sample", 2, "--batch", 4, "--proxies", names)
    assert (result["done"], result["failed"]) == (2, 0)
