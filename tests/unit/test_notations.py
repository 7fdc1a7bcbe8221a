"""How architectures are written: NATS-Bench's order, every notation there and back, ambiguity and encodings."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nas_core import spaces
from nas_core.cli import commands
from nas_core.spaces import _cell_notations, _notations
from nas_core.spaces.topology import Topology
from tests.command_line import last, refused

CELLS = Topology()
FIRST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
PUBLISHED = {  # numbers 0, 9 and 123 are asserted where NAS-Bench-201 made its list; 1 is in its documentation
    0: "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    1: FIRST,
    9: "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|",
    123: "|avg_pool_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|",
}
ARCH = CELLS.parse(FIRST)


@pytest.mark.parametrize(("number", "text"), PUBLISHED.items())
def test_the_order_is_the_published_one(number, text):
    assert CELLS.text(CELLS.parse(f"nats:{number}")) == text
    assert CELLS.numbers(CELLS.parse(text))["nats"] == number


def test_every_number_is_that_of_the_table(nats_tables):
    from nas_core.benchmarks import _table
    from nas_core.sources import nats

    column = _table.columns(nats.file("nats_topology"))["nats_index"].astype(int)
    assert [CELLS.numbers(CELLS.arch(row))["nats"] for row in range(len(CELLS))] == column.tolist()


@pytest.mark.parametrize("name", CELLS.notations)
def test_every_cell_is_written_and_read_back(name):
    notation = CELLS.notations[name]
    for row in range(len(CELLS)):
        arch = CELLS.arch(row)
        text = notation.write(arch)
        if CELLS.parse(text) != arch:
            pytest.fail(f"{text} is not {arch}")


@pytest.mark.parametrize(
    "text",
    [
        f"TopologyStructure(4 nodes with {FIRST})",
        "Structure([(('nor_conv_3x3', 0),), (('avg_pool_3x3', 1), ('nor_conv_3x3', 0)), "
        "(('skip_connect', 0), ('nor_conv_3x3', 1), ('skip_connect', 2))])",
        "[[0. 0. 0. 0.]\n [3. 0. 0. 0.]\n [3. 4. 0. 0.]\n [1. 3. 1. 0.]]",
        np.array([[0, 0, 0, 0], [3, 0, 0, 0], [3, 4, 0, 0], [1, 3, 1, 0]]),
        "NATS: 1",
        f"nats:{FIRST}",
        "naslib:2, 2, 0, 4, 2, 0",
        "own:[3, 3, 4, 1, 3, 1]",
        "Genotype(normal=[[('nor_conv_3x3', 0)], [('nor_conv_3x3', 0), ('avg_pool_3x3', 1)], [('skip_connect', 0), "
        "('nor_conv_3x3', 1), ('skip_connect', 2)]], normal_concat=range(3, 4), reduce=[], reduce_concat=[])",
    ],
)
def test_other_ways_of_writing_the_same_cell(text):
    assert CELLS.parse(text) == ARCH


def test_vertices_may_come_in_any_order():
    text = CELLS.notations["adjacency"].write(ARCH)
    matrix, ops = json.loads(text[text.index("[[") : text.index("]]") + 2]), ["input", *"abcdef", "output"]
    names = dict(zip("abcdef", (CELLS.options[i][a] for i, a in enumerate(ARCH)), strict=True))
    order = [3, 0, 7, 6, 1, 5, 2, 4]
    shuffled = [[matrix[i][j] for j in order] for i in order]
    assert CELLS.parse(f"ModelSpec(matrix={shuffled}, ops={[names.get(ops[i], ops[i]) for i in order]})") == ARCH


@pytest.mark.parametrize("said", [4711, "4711", np.int64(4711), (3, 3, 4, 1, 3, 1), "[3, 3, 4, 1, 3, 1]"])
def test_what_could_be_several_cells_is_refused_with_the_ways_to_say_it(said):
    with pytest.raises(ValueError, match=r"can mean more than one cell; write (nats|naslib):.* or own:"):
        CELLS.parse(said)


def test_what_all_notations_read_alike_is_not_ambiguous():
    same = [row for row in range(len(CELLS)) if _cell_notations.published_order()[row] == row]
    assert len(same) == 1 and CELLS.parse(same[0]) == CELLS.arch(same[0])
    assert spaces.create("size").parse(4711) == spaces.create("size").arch(4711)  # NATS-Bench's order is index order


def test_numbers_of_fewer_widths():
    small = spaces.create("size", widths="8:16:24:32")
    assert small.numbers(small.parse("8:8:8:16:8")) == {"own": 4, "nats": 8}
    assert small.parse("nats:8") == small.parse("own:4")
    with pytest.raises(ValueError, match="can mean more than one network"):
        small.parse("8")
    assert spaces.create("size", widths="4:8").prefixes == ["nats", "own"]
    for row in range(len(small)):
        assert all(small.parse(n.write(small.arch(row))) == small.arch(row) for n in small.notations.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nats:15625", "numbers its cells 0 to 15624"),
        ("naslib:(9, 0, 0, 0, 0, 0)", "no operation 9"),
        ("own:(1, 2)", "is not an architecture"),
        ("nonsense:5", "is not a topology cell"),
        (None, "is not a topology cell"),
        ("Genotype(normal=[], reduce=[('none', 0)])", "is not a topology cell: its genotype"),
        ("[(('nor_conv_3x3', 0),), (('none', 5),), (('none', 0),)]", "node 2 must read"),
        ("[('a'", "is not a topology cell"),
        ("[[0, 1, 0, 0], [3, 0, 0, 0], [3, 4, 0, 0], [1, 3, 1, 0]]", "0 on its diagonal and above"),
        ("ModelSpec(matrix=[[1]], ops=['input'])", "needs ops"),
    ],
)
def test_what_is_no_cell_is_refused_in_one_sentence(text, message):
    with pytest.raises(ValueError, match=message) as caught:
        CELLS.parse(text)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_the_command_line_says_and_reads_all_notations():
    result = last("arch", FIRST)
    assert (result["index"], result["nats_index"]) == (11791, 1)
    assert list(result["notations"]) == list(CELLS.notations)
    assert all(last("arch", text)["index"] == 11791 for text in result["notations"].values())
    assert last("arch", "(3, 3, 4, 1, 3, 1)", "--notation", "own")["index"] == 11791
    for command in ("arch", "train"):
        assert "write nats:4711 for NATS-Bench's number or own:4711" in refused(2, command, "4711")
    assert "no notation 'x'" in refused(2, "arch", "1", "--notation", "x")


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "cp437", "ascii", "utf-8"])
@pytest.mark.parametrize(
    "words", [["list", "proxies"], ["arch", "own:5"], ["run", "--help"], ["front"], ["arch", "µ←"]]
)
def test_no_encoding_is_too_small_for_the_output(encoding, words):
    result = CliRunner(charset=encoding).invoke(commands, words)
    assert "encode" not in result.output
    assert result.exit_code == (2 if words == ["arch", "µ←"] else 0)


def test_letters_that_an_encoding_lacks_are_written_with_others():
    shown, parsed = (CliRunner(charset="gbk").invoke(commands, ["arch", "own:5", *more]) for more in ([], ["--json"]))
    assert " uJ " in shown.output and json.loads(parsed.output)["index"] == 5


def test_epochs_are_those_of_the_seconds_too():
    full, short = ({m["name"]: m for m in last("arch", "own:5", *more)["metrics"]} for more in ([], ["--epochs", "1"]))
    assert (full["train_s"]["epochs"], short["train_s"]["epochs"]) == (4, 1)
    assert short["train_s"]["value"] == pytest.approx(full["train_s"]["value"] / 4, rel=1e-5)
    assert short["params_m"] == full["params_m"] and short["params_m"]["epochs"] is None


def test_what_one_notation_reads_and_another_refuses_is_refused_with_the_ways_to_say_it():
    def refuse(text):
        raise ValueError("there is no such number")

    ours = _notations.Notation("this project's number", "own", _notations.NUMBER, str, lambda text: (int(text),))
    theirs = _notations.Notation("their number", "nats", _notations.NUMBER, str, refuse)
    assert _notations.read("own:7", [ours, theirs], "cell") == (7,)
    with pytest.raises(
        ValueError, match=r"^7 can mean more than one cell; write own:7 for .* or nats:7 for their number$"
    ):
        _notations.read("7", [ours, theirs], "cell")
