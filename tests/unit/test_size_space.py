"""The size space: NATS-Bench's names and order, at any set of widths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from nas_core import spaces
from nas_core.spaces.size import Size

NATS = spaces.create("size")
SMALL = spaces.create("size", widths="4:8:16")


def test_the_default_is_nats_benchs_space():
    assert len(NATS) == 32_768
    assert NATS.text(NATS.arch(0)) == "8:8:8:8:8"
    assert NATS.text(NATS.arch(1)) == "8:8:8:8:16"
    assert NATS.text(NATS.arch(11)) == "8:8:8:16:32"
    assert NATS.text(NATS.arch(32_767)) == "64:64:64:64:64"


def test_the_order_is_that_of_nats_bench():
    """Number by number, the last layer changing first."""
    widths = itertools.product(range(8, 65, 8), repeat=5)
    assert [NATS.text(NATS.arch(i)) for i in range(32_768)] == [":".join(map(str, w)) for w in widths]


def test_text_and_number_name_the_same_architecture():
    for index in range(len(SMALL)):
        arch = SMALL.arch(index)
        assert SMALL.parse(SMALL.text(arch)) == SMALL.parse(f" {index} ") == arch
        assert SMALL.index(arch) == index


def test_each_set_of_widths_is_a_space_of_its_own():
    assert len(SMALL) == 3**5 and len(Size()) == 8**5
    assert SMALL.options == (("4", "8", "16"),) * 5
    assert SMALL.channels((0, 1, 2, 1, 0)) == (4, 8, 16, 8, 4)
    assert SMALL.encode([(0, 1, 2, 1, 0)]).tolist() == [[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0]]


def test_no_two_architectures_are_isomorphic():
    assert all(SMALL.canonical(SMALL.arch(i)) == SMALL.arch(i) for i in range(len(SMALL)))


def test_neighbours_differ_in_one_width():
    arch = (0, 1, 2, 1, 0)
    neighbours = list(SMALL.neighbors(arch))
    assert len(set(neighbours)) == 10
    assert all(sum(np.array(arch) != np.array(n)) == 1 and SMALL.valid(n) for n in neighbours)


def test_it_is_drawn_as_a_row_of_layers():
    nodes, edges = SMALL.cells((0, 1, 2, 1, 0))
    assert nodes == ("input", "cell 1", "reduction 1", "cell 2", "reduction 2", "cell 3")
    assert edges == [(0, 1, "4"), (1, 2, "8"), (2, 3, "16"), (3, 4, "8"), (4, 5, "4")]


@pytest.mark.parametrize(
    "text, message",
    [
        ("8:8:8:8", "'8:8:8:8' is not an architecture of the size space"),
        ("8:8:8:8:8:8", "Give five widths such as 64:64:64:64:64, or a number from 0 to 32767"),
        ("8:8:8:8:9", "a layer cannot be 9 wide; the widths are: 8, 16, 24, 32, 40, 48, 56, 64"),
        ("32768", "0 to 32767; there is no number 32768"),
        ("-1", "'-1' is not an architecture"),
        ("", "'' is not an architecture"),
        ("8:8:8:8:" + "8" * 90, "…' is not an architecture"),
        ("x" * 200, "x…' is not an architecture"),
    ],
)
def test_what_is_no_architecture_is_refused_in_words(text, message):
    with pytest.raises(ValueError) as caught:
        NATS.parse(text)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("widths", ["", "8", "16:8", "8:8", "0:8", "08:16", "8,16", "8:16:", "8:99999", "eight:16"])
def test_impossible_widths_are_refused_in_words(widths):
    with pytest.raises(ValueError, match="size: widths must be at least two whole numbers from 1 to 9999, ascending"):
        spaces.create("size", widths=widths)
