"""The topology space of NAS-Bench-201 and NATS-Bench (arXiv:2001.00326, arXiv:2009.00437)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from nas_core.spaces import EasyOption, Network, Notation, SearchSpace, _cell_notations
from nas_core.spaces._cell import CONV1 as CONV1
from nas_core.spaces._cell import CONV3 as CONV3
from nas_core.spaces._cell import EDGES as EDGES
from nas_core.spaces._cell import NONE, OPS, POOL, SKIP
from nas_core.spaces._notations import shortened
from nas_core.types import Arch

_CELL = re.compile(r"\|.*", re.DOTALL)


class Topology(SearchSpace):
    """A cell of 4 nodes; each of its 6 edges carries one of 5 operations: 15,625 cells."""

    noun, decision_noun, option_noun = "cell", "edge", "operation"
    abbreviations = dict(zip(OPS, ("none", "skip", "conv 1×1", "conv 3×3", "pool 3×3"), strict=True))
    colours = dict(zip(OPS, ("#A3ABB5", "#56B4E9", "#E69F00", "#D55E00", "#009E73"), strict=True))
    cut = OPS[NONE]
    shares = "operations"
    easy = EasyOption(
        SKIP,
        "skip connection",
        "skip",
        "are skip connections",
        "collapsed",
        "which train fast and learn nothing",
        "Does it collapse?",
        "Skip connections let gradients through at once, so they win early in training, and a long search by gradient "
        "can end with nothing else: a cell that trains fast and learns little. Watch their share.",
    )
    kinds = ("image", "sequence", "tokens")
    networks = {
        "nats": Network("NATS-Bench's own network", {"channels": 16, "cells": 5}),
        "pocket": Network(
            "the small network of the pocket table", {"channels": 8, "cells": 1}, (1, 12), table="pocket_topology"
        ),
    }
    thin = {"channels": 1, "cells": 1}
    options = (OPS,) * 6
    decisions = tuple(f"{node}←{source}" for node, source in EDGES)

    def text(self, arch: Arch) -> str:
        """NATS-Bench's string, e.g. ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+|…~0|…~1|…~2|``."""
        nodes = ["|", "|", "|"]
        for (node, source), op in zip(EDGES, arch, strict=True):
            nodes[node - 1] += f"{OPS[op]}~{source}|"
        return "+".join(nodes)

    @property
    def notations(self) -> dict[str, Notation]:
        string = Notation("NATS-Bench's string", "nats", _CELL, self.text, self._from_string)
        return {"string": string} | _cell_notations.notations(string) | super().notations

    def numbers(self, arch: Arch) -> dict[str, int]:
        return super().numbers(arch) | {"nats": _cell_notations.number(arch)}

    def _from_string(self, text: str) -> Arch:
        cell = tuple(re.findall(r"([^|~+\s]+)~(\d+)\|", text))
        shape = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
        if re.sub(r"[^|~+\s]+~", "op~", text) != shape:
            raise ValueError(
                f"{shortened(text)} is not a topology cell. Give a string of the form {shape}, or a number or tuple in "
                f"a notation: nats:1 is NATS-Bench's number, own:1 is this project's, naslib:(…) is NASLib's tuple"
            )
        for op, _ in cell:
            if op not in OPS:
                raise ValueError(f"no operation named {op!r}; there are: {', '.join(OPS)}")
        return tuple(OPS.index(op) for op, _ in cell)

    def naslib(self, arch: Arch) -> tuple[int, ...]:
        """NASLib's tuple of `arch` (op ids 0 skip, 1 none, 2 conv 3x3, 3 conv 1x1, 4 pool)."""
        return _cell_notations.naslib(arch)

    def canonical(self, arch: Arch) -> Arch:
        """The smallest cell, in index order, that computes with the same network (5,260 classes).

        Dead edges are dropped, skips contracted and interchangeable nodes renamed; two applications of
        one convolution stay different from two convolutions. NATS-Bench's own count of 6,466 rests on a
        string that differs in both respects (see `published_class` and docs/decisions/0003).
        """
        return _classes()[arch]

    def published_class(self, arch: Arch) -> str:
        """The string by which NATS-Bench counts 6,466 unique cells (equal to its `to_unique_str(True)`)."""
        nodes = ["0"]
        for node in (1, 2, 3):
            terms = []
            for op, source in ((o, s) for (n, s), o in zip(EDGES, arch, strict=True) if n == node):
                if op == NONE or nodes[source] == "#":
                    terms.append("#")
                else:
                    terms.append(nodes[source] if op == SKIP else f"({nodes[source]})@{OPS[op]}")
            nodes.append("+".join(sorted(terms)))
        return nodes[-1]

    def cells(self, arch: Arch) -> tuple[Sequence[str], Sequence[tuple[int, int, str]]]:
        edges = [(source, node, OPS[op]) for (node, source), op in zip(EDGES, arch, strict=True)]
        return ("input", "1", "2", "output"), edges

    def build(self, arch: Arch, classes: int, **network: Any) -> Any:
        """The macro network of NAS-Bench-201 around `arch`; see `nas_core.nets.cell_network.CellNetwork`."""
        from nas_core.nets.cell_network import CellNetwork

        return CellNetwork([OPS[op] for op in arch], classes, **network)

    def supernet(self, classes: int, **network: Any) -> Any:
        """All five operations on every edge; see `nas_core.nets.supernet.Supernet`."""
        from nas_core.nets.supernet import Supernet

        return Supernet(classes, **network)

    def connected(self, arch: Arch) -> bool:
        """True if every node reads something."""
        return {node for (node, _), op in zip(EDGES, arch, strict=True) if op != NONE} == {1, 2, 3}


# A node's value is a sum: a tuple of terms. A term is (op, number of the convolution, value it reads); the
# input is the term ("x", 0, ()). Equal sums of equal terms are equal networks, up to the convolutions' names.
_Value = tuple


def _value(arch: Arch) -> _Value:
    nodes: list[_Value] = [(("x", 0, ()),)]
    for node in (1, 2, 3):
        terms: list[tuple] = []
        for edge, ((n, source), op) in enumerate(zip(EDGES, arch, strict=True)):
            if n != node or op == NONE or not nodes[source]:
                continue
            if op == SKIP:
                terms += nodes[source]
            else:
                terms.append((OPS[op], 0 if op == POOL else edge + 1, nodes[source]))
        nodes.append(tuple(terms))
    return nodes[3]


def _key(arch: Arch) -> str:
    """A string equal for two cells exactly if a renaming of convolutions turns one's output into the other's."""
    value = _value(arch)
    convs: dict[int, str] = {}
    _collect(value, convs)
    ties = [list(group) for _, group in itertools.groupby(sorted(convs, key=lambda c: convs[c]), lambda c: convs[c])]
    keys = []
    for order in itertools.product(*(itertools.permutations(tie) for tie in ties)):
        names = {conv: str(i) for i, conv in enumerate(itertools.chain(*order))}
        keys.append(_write(value, names))
    return min(keys)


def _collect(value: _Value, convs: dict[int, str]) -> None:
    for _, conv, inside in value:
        if conv and conv not in convs:
            convs[conv] = _write(inside, {})
        _collect(inside, convs)


def _write(value: _Value, names: dict[int, str]) -> str:
    return "+".join(sorted(f"{op}{names.get(conv, '')}({_write(inside, names)})" for op, conv, inside in value))


@cache
def _classes() -> dict[Arch, Arch]:
    """{cell: first cell of its isomorphism class} for all 15,625 cells."""
    first: dict[str, Arch] = {}
    return {arch: first.setdefault(_key(arch), arch) for arch in itertools.product(range(5), repeat=6)}
