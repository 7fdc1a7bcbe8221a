"""How many different networks the topology space holds: NATS-Bench's count, ours, and why they differ.

6,466 is published (arXiv:2009.00437, section 3; counted by `to_unique_str` of the nats_bench package). 5,260 is the
number of isomorphism classes, checked here against an independent test by networkx.
"""

import itertools
from collections import defaultdict

import networkx as nx
import numpy as np
import pytest

from nas_core.spaces.topology import EDGES, NONE, OPS, SKIP, Topology

SPACE = Topology()
CELLS = [SPACE.arch(i) for i in range(len(SPACE))]


def network(arch):
    """The cell as an acyclic graph of operations: dead ends dropped and skips contracted.

    A node is an operation, the input, or a sum; edges are values. An average pooling is a fixed linear map, so two
    poolings of one value are one node counted twice; two convolutions are two, for they learn different weights.
    """
    graph = nx.MultiDiGraph()
    graph.add_node("sum 0", kind="input")
    for node in (1, 2, 3):
        graph.add_node(f"sum {node}", kind="sum")
    for (node, source), op in zip(EDGES, arch, strict=True):
        if op == SKIP:
            graph.add_edge(f"sum {source}", f"sum {node}")
        elif op != NONE:
            name = f"{OPS[op]} {node}←{source}"
            graph.add_node(name, kind=OPS[op])
            graph.add_edge(f"sum {source}", name)
            graph.add_edge(name, f"sum {node}")
    return _contracted(_alive(graph))


def _alive(graph):
    """Only what lies on a path from the input to the output."""
    keep = (nx.descendants(graph, "sum 0") | {"sum 0"}) & (nx.ancestors(graph, "sum 3") | {"sum 3"})
    return graph.subgraph(keep).copy()


def _contracted(graph):
    """Sums poured into what they feed, as a simple graph whose edges say how often a value is added."""
    for node in [n for n in ("sum 1", "sum 2") if n in graph]:
        for (before, _), (_, after) in itertools.product(list(graph.in_edges(node)), list(graph.out_edges(node))):
            graph.add_edge(before, after)
        graph.remove_node(node)
    out = nx.DiGraph()
    out.add_nodes_from(graph.nodes(data=True))
    for a, b in graph.edges():
        times = out.edges[a, b]["times"] + 1 if out.has_edge(a, b) else 1
        out.add_edge(a, b, times=times)
    return _merged_pools(out)


def _merged_pools(graph):
    """Poolings that read the same sum are one node."""
    while True:
        pools = [n for n, kind in graph.nodes(data="kind") if kind == "avg_pool_3x3"]
        reads = {n: tuple(sorted((a, graph.edges[a, n]["times"]) for a in graph.predecessors(n))) for n in pools}
        twins = next(((a, b) for a, b in itertools.combinations(pools, 2) if reads[a] == reads[b]), None)
        if twins is None:
            return graph
        keep, drop = twins
        for after in list(graph.successors(drop)):
            times = graph.edges[drop, after]["times"]
            if graph.has_edge(keep, after):
                times += graph.edges[keep, after]["times"]
            graph.add_edge(keep, after, times=times)
        graph.remove_node(drop)


def same_network(a, b):
    return nx.is_isomorphic(
        network(a),
        network(b),
        node_match=lambda x, y: x["kind"] == y["kind"],
        edge_match=lambda x, y: x["times"] == y["times"],
    )


def test_15625_cells():
    assert len(SPACE) == len(set(CELLS)) == 5**6 == 15_625


def test_6466_classes_by_the_published_string():
    assert len({SPACE.published_class(cell) for cell in CELLS}) == 6_466


def test_5260_isomorphism_classes():
    assert len({SPACE.canonical(cell) for cell in CELLS}) == 5_260


def connected(arch):
    reached = {0}
    for (node, source), op in zip(EDGES, arch, strict=True):  # edges are in the order of their nodes
        if op != NONE and source in reached:
            reached.add(node)
    return 3 in reached


def test_341_cells_without_a_path_from_input_to_output_are_one_class():
    dead = [cell for cell in CELLS if not connected(cell)]
    assert len(dead) == 341
    assert {SPACE.canonical(cell) for cell in dead} == {(0,) * 6}


def test_cells_of_one_class_are_isomorphic():
    classes = defaultdict(list)
    for cell in CELLS:
        classes[SPACE.canonical(cell)].append(cell)
    rng = np.random.default_rng(0)
    several = [members for members in classes.values() if len(members) > 1]
    for i in rng.permutation(len(several))[:200]:
        first, second = (several[i][j] for j in rng.choice(len(several[i]), 2, replace=False))
        assert same_network(first, second), (SPACE.text(first), SPACE.text(second))


def test_cells_of_different_classes_are_not_isomorphic():
    """Among all pairs of classes that agree in a cheap invariant, so that the answer is not obvious."""
    alike = defaultdict(list)
    rng = np.random.default_rng(1)
    classes = sorted({SPACE.canonical(cell) for cell in CELLS})
    for cell in (classes[i] for i in rng.permutation(len(classes))[:1500]):
        graph = network(cell)
        kinds = sorted((kind, graph.in_degree(n), graph.out_degree(n)) for n, kind in graph.nodes(data="kind"))
        alike[str((kinds, sorted(times for *_, times in graph.edges(data="times"))))].append(cell)
    pairs = [pair for cells in alike.values() for pair in itertools.combinations(cells, 2)]
    assert len(pairs) > 300
    for i in rng.permutation(len(pairs))[:300]:
        assert not same_network(*pairs[i]), tuple(map(SPACE.text, pairs[i]))


def test_how_often_the_published_string_is_wrong():
    """The numbers of docs/decisions/0003."""
    by_string, by_network = defaultdict(set), defaultdict(set)
    for cell in CELLS:
        by_string[SPACE.published_class(cell)].add(SPACE.canonical(cell))
        by_network[SPACE.canonical(cell)].add(SPACE.published_class(cell))
    assert sum(len(networks) > 1 for networks in by_string.values()) == 430
    assert sum(len(strings) > 1 for strings in by_network.values()) == 688


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (  # one convolution added to itself, and two convolutions of one input
            "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|",
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|",
        ),
        (
            "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_1x1~1|none~2|",
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2|",
        ),
    ],
)
def test_networks_that_differ_are_not_merged(first, second):
    a, b = SPACE.parse(first), SPACE.parse(second)
    assert SPACE.canonical(a) != SPACE.canonical(b)
    assert not same_network(a, b)


def test_the_published_string_merges_networks_that_differ():
    merged = defaultdict(set)
    for cell in CELLS:
        merged[SPACE.published_class(cell)].add(SPACE.canonical(cell))
    for cells in itertools.islice((sorted(c) for c in merged.values() if len(c) > 1), 0, 430, 20):
        assert not same_network(*cells[:2]), tuple(map(SPACE.text, cells))


def test_the_published_string_splits_a_network_written_in_two_ways():
    first, second = (  # the two middle nodes change places
        "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|",
        "|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|",
    )
    a, b = SPACE.parse(first), SPACE.parse(second)
    assert SPACE.published_class(a) != SPACE.published_class(b)
    assert SPACE.canonical(a) == SPACE.canonical(b)
    assert same_network(a, b)
