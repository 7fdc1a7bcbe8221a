"""The space of NAS-Bench-Graph (Qin et al., NeurIPS 2022, arXiv:2206.09166): graph neural networks of four nodes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np

from nas_core.plugins import param
from nas_core.spaces import Notation, SearchSpace
from nas_core.spaces._notations import shortened
from nas_core.types import Arch

LINKS = (  # by node, the node it reads; 0 is the input
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
OPERATIONS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
NODES = len(LINKS[0])
SKIP = "skip"

_FORM = re.compile(r"(?:Arch\s*)?\(?\s*\[([^\[\]]*)\]\s*,\s*\[([^\[\]]*)\]\s*\)?")
_EXAMPLE = "Arch([0, 1, 1, 2], ['gcn', 'cheb', 'gin', 'fc'])"


class Graph(SearchSpace):
    """Four nodes, each reads one node or the input by one of nine operations: 59,049 graph neural networks.

    The nodes that no other reads are joined in the output. The first decision says who reads whom, in one of the nine
    ways that differ; the others are the operations.
    """

    colours = {  # Tol's light set (https://personal.sron.nl/~pault/), made for dark labels on nine colours
        "gat": "#EE8866",
        "gcn": "#77AADD",
        "gin": "#44BB99",
        "cheb": "#EEDD88",
        "sage": "#FFAABB",
        "arma": "#AAAA00",
        "graph": "#BBCC33",
        "fc": "#BDBDBD",
        "skip": "#99DDFF",
    }
    decisions = ("links", *(f"node {node + 1}" for node in range(NODES)))

    operations: str = param(":".join(OPERATIONS), "the operations a node may have, joined by colons; skip among them")

    def __post_init__(self) -> None:
        super().__post_init__()
        names = self.operations.split(":")
        if SKIP not in names or len(set(names)) != len(names) or not set(names) <= set(OPERATIONS) or len(names) < 2:
            raise ValueError(
                f"{self.name}: operations must be {SKIP} and at least one other of {', '.join(OPERATIONS)}, joined by "
                f"colons; it is {self.operations!r}"
            )

    @cached_property
    def options(self) -> tuple[tuple[str, ...], ...]:
        links = tuple(",".join(map(str, reads)) for reads in LINKS)
        return (links, *(tuple(self.operations.split(":")),) * NODES)

    def text(self, arch: Arch) -> str:
        """The published constructor, e.g. ``Arch([0, 1, 1, 2], ['gcn', 'cheb', 'gin', 'fc'])``."""
        return f"Arch({list(LINKS[arch[0]])}, {[self.options[1][op] for op in arch[1:]]})"

    @property
    def notations(self) -> dict[str, Notation]:
        string = Notation("NAS-Bench-Graph's constructor", "nbg", _FORM, self.text, self._from_string)
        return {"string": string} | super().notations

    def _from_string(self, text: str) -> Arch:
        """Nodes may be given in any order in which each comes after the one it reads, as the authors allow."""
        form = _FORM.fullmatch(text)
        reads, names = (re.findall(r"\w+", part) for part in form.groups()) if form else ([], [])
        if len(reads) != NODES or len(names) != NODES or not all(source in "0123" for source in reads):
            raise ValueError(
                f"{shortened(text)} is not an architecture of the graph space. Give which node each of the four reads "
                f"and its operation, such as {_EXAMPLE}, or a number from 0 to {len(self) - 1} as own:4711."
            )
        for name in names:
            if name not in self.options[1]:
                raise ValueError(f"no operation named {name!r}; there are: {', '.join(self.options[1])}")
        links = tuple(map(int, reads))
        if any(source > node for node, source in enumerate(links)):
            raise ValueError(f"a node reads an earlier one or the input, which is 0; {list(links)} says otherwise")
        link, order = _ordered(links)
        return (link, *(self.options[1].index(names[node]) for node in order))

    def canonical(self, arch: Arch) -> Arch:
        """The first architecture, in index order, that computes with the same network (26,207 classes).

        Nodes may change places, and a skip that only hands on is left out; see `_network`. One of the classes is the
        network of skips alone, which NAS-Bench-Graph leaves out of its 26,206.
        """
        return self.arch(int(_first(self.options[1])[self.index(arch)]))

    def flow(self, archs: Sequence[Arch] | np.ndarray) -> np.ndarray:
        """As `SearchSpace.flow`. The links are not an operation: nothing reads their node, and it reads nothing."""
        return _FLOW[np.asarray(archs, int).reshape(-1, len(self.decisions))[:, 0]]

    def refusal(self, kind: str) -> str:
        return (
            f"the {self.title()} space builds no networks, for inputs of kind {kind} or any other: its architectures "
            f"are only known from a table"
        )


def _flow() -> np.ndarray:
    """bool[links, nodes + 3, nodes + 3]: see `SearchSpace.flow`."""
    out = np.zeros((len(LINKS), NODES + 3, NODES + 3), bool)
    for flow, links in zip(out, LINKS, strict=True):
        for node, source in enumerate(links):
            flow[source + 1 if source else 0, node + 2] = True
            flow[node + 2, -1] = node + 1 not in links
    return out


_FLOW = _flow()


@cache
def _ordered(links: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """(which of LINKS it is, the nodes in the order in which they stand there) of any list of who reads whom."""
    for order in itertools.permutations(range(NODES)):
        place = {0: 0} | {node + 1: i + 1 for i, node in enumerate(order)}
        links_in_order = tuple(place[links[node]] for node in order)
        if links_in_order in LINKS:
            return LINKS.index(links_in_order), order
    raise ValueError(f"{list(links)} is not a list of what each node reads")


@cache
def _first(operations: tuple[str, ...]) -> np.ndarray:
    """int64[architectures]: by row, that of the first one with the same network."""
    choices = np.stack(np.unravel_index(np.arange(len(operations) ** NODES), (len(operations),) * NODES), 1)
    idle = choices == operations.index(SKIP)
    keys = np.empty((len(LINKS), len(choices)), np.int64)
    for links, row in zip(LINKS, keys, strict=True):
        for skips in itertools.product((False, True), repeat=NODES):
            mine = (idle == skips).all(1)
            row[mine] = _network(links, skips, choices[mine] + 1)
    _, first, which = np.unique(keys.ravel(), return_index=True, return_inverse=True)
    return first[which]


def _network(links: tuple[int, ...], skips: tuple[bool, ...], ops: np.ndarray) -> np.ndarray:
    """int64[n]: a number that says what is computed: the tree of the operations (ops int[n, nodes], from 1 on).

    A skip that is read hands on what it reads, and so does one that is the only reader of a node. A skip that nobody
    reads joins what it reads to the output, and stays, unless that is the input itself. Of a node stand the digit of
    its operation, what reads it in ascending order, and a 0.
    """
    readers: list[list[int]] = [[] for _ in range(NODES + 1)]
    for node, source in enumerate(links):
        readers[source].append(node + 1)

    def behind(node: int) -> list[tuple[int, bool, np.ndarray]]:
        """What reads a node: (digits, whether it is a skip that nobody reads, number [n])."""
        out = []
        for reader in readers[node]:
            skip = skips[reader - 1]
            if skip and readers[reader]:
                out += behind(reader)
            else:
                below = behind(reader)
                if len(below) == 1 and below[0][1]:
                    below = []
                digits, number = _concatenate([(d, n) for d, _, n in below], ops)
                out.append((digits + 2, skip, (ops[:, reader - 1] * 10**digits + number) * 10))
        return out

    return _concatenate([(digits, number) for digits, skip, number in behind(0) if not skip], ops)[1]


def _concatenate(terms: list[tuple[int, np.ndarray]], ops: np.ndarray) -> tuple[int, np.ndarray]:
    """(digits, number [n]): the numbers one after the other, ascending."""
    out = np.zeros(len(ops), np.int64)
    for digits, alike in itertools.groupby(sorted(terms, key=lambda term: term[0]), lambda term: term[0]):
        for number in np.sort([number for _, number in alike], axis=0):
            out = out * 10**digits + number
    return sum(digits for digits, _ in terms), out
