"""The space of NAS-Bench-Graph: how its networks are written, which are the same, what flows where."""

import itertools
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from nas_core import predictors, spaces
from nas_core.charts import cell, palette
from nas_core.charts.quantities import quantities
from nas_core.predictors import _encodings
from nas_core.spaces.graph import LINKS, OPERATIONS, Graph
from tests.tiny import Tiny

SPACE, FIVE = Graph(), Graph(operations="gcn:sage:arma:fc:skip")
GAT, GCN, GIN, CHEB, SAGE, ARMA, GRAPH, FC, SKIP = range(9)


def test_there_are_59049_networks_and_5625_of_five_operations():
    assert (len(SPACE), len(FIVE)) == (59_049, 5_625)
    assert SPACE.text(SPACE.arch(59_048)) == "Arch([0, 1, 2, 3], ['skip', 'skip', 'skip', 'skip'])"
    assert FIVE.options[1] == ("gcn", "sage", "arma", "fc", "skip")


@pytest.mark.parametrize(
    "text",
    [
        "Arch([0, 1, 1, 2], ['gcn', 'cheb', 'gin', 'fc'])",
        "Arch([0, 1, 2, 1], ['gcn', 'cheb', 'fc', 'gin'])",  # the authors' own example: the order does not matter
        "[0,1,1,2],[gcn,cheb,gin,fc]",
        'nbg:([0, 1, 1, 2], ["gcn", "cheb", "gin", "fc"])',
    ],
)
def test_nodes_may_be_given_in_any_order(text):
    assert SPACE.parse(text) == (LINKS.index((0, 1, 1, 2)), GCN, CHEB, GIN, FC)


def test_every_list_of_who_reads_whom_is_one_of_the_nine():
    for links in itertools.product((0,), range(2), range(3), range(4)):
        arch = SPACE.parse(f"Arch({list(links)}, ['gat', 'gcn', 'gin', 'cheb'])")
        reads = {op: arch[source] if source else None for op, source in zip(arch[1:], LINKS[arch[0]], strict=True)}
        assert reads == {node: source - 1 if source else None for node, source in enumerate(links)}  # gat is 0, …


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Arch([0, 1, 1], ['gcn', 'gin', 'fc'])", "is not an architecture of the graph space. Give which node each"),
        ("Arch([0, 2, 1, 1], ['gcn', 'gin', 'fc', 'gat'])", "a node reads an earlier one or the input, which is 0"),
        ("Arch([0, 0, 7, 0], ['gcn', 'gin', 'fc', 'gat'])", "is not an architecture of the graph space"),
        ("Arch([0, 0, 1, 1], ['gcn', 'gin', 'conv', 'gat'])", "no operation named 'conv'; there are: gat, gcn, gin"),
        ("gcn", "is not an architecture of the graph space"),
    ],
)
def test_what_is_no_network_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        SPACE.parse(text)


@pytest.mark.parametrize("given", ["gcn:gat", "skip", "skip:conv", "skip:gcn:gcn", ""])
def test_operations_that_cannot_be_are_refused(given):
    with pytest.raises(ValueError, match="operations must be skip and at least one other of gat, gcn"):
        Graph(operations=given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[0,0,0,0],[gcn,gat,fc,gin]", "[0,0,0,0],[gat,gcn,gin,fc]"),  # nodes change places
        ("[0,0,1,2],[gcn,gat,fc,gin]", "[0,0,1,2],[gat,gcn,gin,fc]"),  # with what reads them
        ("[0,1,2,3],[gcn,skip,gat,fc]", "[0,1,2,3],[skip,gcn,gat,fc]"),  # a skip hands on
        ("[0,1,2,3],[gcn,gat,fc,skip]", "[0,1,2,3],[skip,gcn,gat,fc]"),  # at the end as well
        ("[0,0,1,3],[gcn,skip,gat,fc]", "[0,1,2,3],[skip,gcn,gat,fc]"),  # the input itself does not join the output
    ],
)
def test_the_same_network(one, other):
    assert SPACE.canonical(SPACE.parse(one)) == SPACE.canonical(SPACE.parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[0,0,1,2],[gcn,gat,fc,gin]", "[0,0,1,2],[gcn,gat,gin,fc]"),
        ("[0,1,1,2],[gcn,gat,skip,fc]", "[0,1,2,3],[skip,gcn,gat,fc]"),  # here gcn joins the output too
        ("[0,1,1,1],[gcn,gat,skip,skip]", "[0,1,1,1],[skip,gcn,gat,skip]"),
    ],
)
def test_not_the_same_network(one, other):
    assert SPACE.canonical(SPACE.parse(one)) != SPACE.canonical(SPACE.parse(other))


def test_no_network_is_built_and_one_sentence_says_so():
    assert SPACE.kinds == ()
    assert SPACE.refusal("tokens").startswith("the graph space builds no networks, for inputs of kind tokens or any")
    with pytest.raises(NotImplementedError, match="the graph space builds no networks, for inputs of kind image"):
        SPACE.build(SPACE.arch(0), 10)


def test_who_reads_whom_is_the_graph_of_the_predictors():
    flow = SPACE.flow([SPACE.parse("[0,0,1,3],[gcn,gat,fc,gin]")])[0]
    edges = {(int(a), int(b)) for a, b in np.argwhere(flow)}
    assert edges == {(0, 2), (0, 3), (2, 4), (4, 5), (3, 6), (5, 6)}  # 0 input, 1 the links, 2 to 5 nodes, 6 output
    living = _encodings.alive(SPACE, SPACE.all()[::503])
    np.testing.assert_array_equal(living, np.broadcast_to([1, 0, 1, 1, 1, 1, 1], living.shape).astype(bool))


def test_paths_are_what_leads_from_input_to_output_and_their_last_three_operations_count():
    rows = [SPACE.parse(t) for t in ("[0,0,1,3],[gcn,gat,fc,gin]", "[0,1,2,3],[gcn,gat,fc,gin]")]
    code = _encodings.paths(SPACE, np.array(rows))
    assert code.shape == (2, 9 + 81 + 729)
    assert set(np.flatnonzero(code[0])) == {GAT, 90 + 81 * GCN + 9 * FC + GIN}
    assert set(np.flatnonzero(code[1])) == {90 + 81 * GAT + 9 * FC + GIN}
    np.testing.assert_array_equal(_encodings.paths(SPACE, np.array(rows[1:])), code[1:])  # whoever else is asked for


def test_the_graph_kernel_does_not_see_in_which_order_nodes_are_listed():
    archs = [SPACE.parse(t) for t in ("[0,0,1,2],[gcn,gat,fc,gin]", "[0,0,1,2],[gat,gcn,gin,fc]")]
    other = SPACE.parse("[0,0,1,2],[gcn,gat,gin,fc]")
    bags = np.sort(_encodings.weisfeiler_lehman(SPACE, np.array([*archs, other]), 3), axis=2)
    np.testing.assert_array_equal(bags[0], bags[1])
    np.testing.assert_array_equal(bags[0, 0], bags[2, 0])
    assert (bags[0, 1:] != bags[2, 1:]).any()


@pytest.mark.parametrize("name", ["gcn", "gp_wl"])
def test_a_predictor_of_graphs_learns_how_deep_a_network_is(name):
    depth = np.array([1, 2, 2, 2, 3, 2, 3, 3, 4])
    rng = np.random.default_rng(0)
    archs = [SPACE.sample(rng) for _ in range(160)]
    y = np.array([depth[arch[0]] for arch in archs], float)
    more = {"epochs": 60} if name == "gcn" else {}
    made = predictors.create(name, SPACE, merge_isomorphic=False, **more).fit(archs[:120], y[:120])
    mean, _ = made.predict(archs[120:])
    assert np.corrcoef(mean, y[120:])[0, 1] > 0.5  # the operations alone say nothing of it


@pytest.mark.parametrize("links", LINKS)
def test_a_drawing_has_no_crossing_labels(links):
    picture = ElementTree.fromstring(cell.svg(SPACE, (LINKS.index(links), GRAPH, SAGE, GRAPH, SKIP)))
    width, height = (float(picture.get(k)) for k in ("width", "height"))
    boxes = []
    for r in picture.findall(".//{*}rect"):
        x, y, w, h = (float(r.get(k)) for k in ("x", "y", "width", "height"))
        boxes.append((x, x + w, y, y + h))
    for c in picture.findall(".//{*}circle"):
        x, y, radius = (float(c.get(k)) for k in ("cx", "cy", "r"))
        boxes.append((x - radius, x + radius, y - radius, y + radius))
    assert len(boxes) == 7
    assert all(x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height for x0, x1, y0, y1 in boxes)
    for a, b in itertools.combinations(boxes, 2):
        assert a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]
    fills = [g.find("{*}rect").get("fill") for g in picture.findall(".//{*}g[@class='edge']")][1:]
    assert fills == [Graph.colours[name] for name in ("graph", "sage", "graph", "skip")]


def test_a_drawing_in_words():
    said = cell.describe(SPACE, SPACE.parse("[0,0,1,3],[gcn,gat,fc,gin]"))
    assert said == (
        "links are 0,0,1,3; node 1 is gcn of input; node 2 is gat of input; node 3 is fc of node 1; node 4 is gin of "
        "node 3; the output joins node 2, node 4"
    )


def test_every_option_has_a_colour_of_its_own():
    for options in SPACE.options:
        assert len({palette.option(option) for option in options}) == 9
    assert set(Graph.colours) == set(OPERATIONS)


def test_operations_are_counted_and_links_are_not():
    class Drawn(Tiny):
        name, space = "drawn", SPACE

    by_name = quantities(Drawn(dataset="numbers"))
    assert [t for t in by_name if t.startswith("number of")] == [f"number of {name}" for name in OPERATIONS]
    arch = SPACE.parse("[0,0,1,3],[gcn,gat,gcn,gin]")
    assert by_name["number of gcn"].read()[SPACE.index(arch)] == 2


def test_the_space_can_be_made_by_name():
    assert spaces.create("graph", operations="skip:gcn").size == 9 * 2**4
