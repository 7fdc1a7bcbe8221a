"""The topology space of NAS-Bench-201 and NATS-Bench (arXiv:2001.00326, arXiv:2009.00437)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from nas_core.spaces import SearchSpace
from nas_core.types import Arch

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))  # (node, the node it reads)
NONE, SKIP, CONV1, CONV3, POOL = range(5)

# NASLib writes a cell as a tuple over its own op numbers, edges in the order 1←0 2←0 3←0 2←1 3←1 3←2
_NASLIB_OPS = (SKIP, NONE, CONV3, CONV1, POOL)
_NASLIB_EDGES = (0, 1, 3, 2, 4, 5)


class Topology(SearchSpace):
    """A cell of 4 nodes; each of its 6 edges carries one of 5 operations: 15,625 cells."""

    noun = "cell"
    options = (OPS,) * 6
    decisions = tuple(f"{node}←{source}" for node, source in EDGES)

    def text(self, arch: Arch) -> str:
        """NATS-Bench's string, e.g. ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+|…~0|…~1|…~2|``."""
        nodes = ["|", "|", "|"]
        for (node, source), op in zip(EDGES, arch, strict=True):
            nodes[node - 1] += f"{OPS[op]}~{source}|"
        return "+".join(nodes)

    def parse(self, text: str) -> Arch:
        """Reads NATS-Bench's string, an index (0 … 15624), or NASLib's tuple such as (2, 0, 1, 3, 4, 2)."""
        text = text.strip()
        if re.fullmatch(r"\d{1,9}", text):
            return self.arch(int(text))
        if re.fullmatch(r"[(\[]?\s*\d(\s*,\s*\d){5}\s*[)\]]?", text):
            return self._from_naslib([int(d) for d in re.findall(r"\d", text)])
        cell = tuple(re.findall(r"([^|~+\s]+)~(\d+)\|", text))
        shape = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
        if re.sub(r"[^|~+\s]+~", "op~", text) != shape:
            shown = text if len(text) <= 80 else text[:77] + "…"
            raise ValueError(
                f"{shown!r} is no topology cell. Give a string of the form {shape}, a number from 0 to 15624, "
                f"or NASLib's tuple of six numbers."
            )
        for op, _ in cell:
            if op not in OPS:
                raise ValueError(f"no operation named {op!r}; there are: {', '.join(OPS)}")
        return tuple(OPS.index(op) for op, _ in cell)

    def _from_naslib(self, ids: Sequence[int]) -> Arch:
        if bad := [i for i in ids if i > 4]:
            raise ValueError(f"NASLib numbers its operations 0 to 4; there is no operation {bad[0]}")
        arch = [0] * 6
        for position, number in zip(_NASLIB_EDGES, ids, strict=True):
            arch[position] = _NASLIB_OPS[number]
        return tuple(arch)

    def naslib(self, arch: Arch) -> tuple[int, ...]:
        """NASLib's tuple of `arch` (op ids 0 skip, 1 none, 2 conv 3x3, 3 conv 1x1, 4 pool)."""
        return tuple(_NASLIB_OPS.index(arch[position]) for position in _NASLIB_EDGES)

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
