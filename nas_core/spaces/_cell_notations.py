"""The notations of the topology space that others use, besides NATS-Bench's string."""

from __future__ import annotations

import ast
import itertools
import random
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from nas_core.spaces._cell import EDGES, OPS
from nas_core.spaces._notations import NUMBER, Notation, shortened, whole_numbers
from nas_core.types import Arch

# NASLib writes a cell as a tuple over its own op numbers, edges in the order 1←0 2←0 3←0 2←1 3←1 3←2
_NASLIB_OPS = tuple(map(OPS.index, ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")))
_NASLIB_EDGES = (0, 1, 3, 2, 4, 5)
_NODES = (1, 2, 3)
_OUTPUT = _NODES[-1]

# NAS-Bench-101 puts operations on vertices: here the input, the six edges of the cell, the output
_ENDS = (("input", 0), *((source, node) for node, source in EDGES), (_OUTPUT, "output"))
_MATRIX = [[int(a[1] == b[0]) for b in _ENDS] for a in _ENDS]

_SIX = re.compile(r"[(\[]?\s*[0-9](\s*,\s*[0-9]){5}\s*,?\s*[)\]]?")
_STRUCTURE = re.compile(r"(?s)[A-Za-z_.]*Structure\((?:4 nodes with )?(.{0,2000})\)")
_LIST = re.compile(r"(?s)[(\[](?=.*['\"]).{0,2000}[)\]]")
_GENOTYPE = re.compile(r"(?s)Genotype\(.{0,2000}\)")
_ROWS = re.compile(r"(?s)(?:array\()?\[\s*(?:\[[0-9.,\s]{0,80}\][,\s]*){4}\]\)?")
_GRAPH = re.compile(r"(?s)(ModelSpec\(.{0,2000}\)|\{.{0,2000}\})")


def notations(string: Notation) -> dict[str, Notation]:
    """{name: notation}; `string` is NATS-Bench's."""

    def structure(text: str) -> Arch:
        inside = _STRUCTURE.fullmatch(text)[1].strip()  # type: ignore[index]  # it has this form
        return string.read(inside) if inside.startswith("|") else _from_list(inside)

    def structure_text(arch: Arch) -> str:
        return f"Structure(4 nodes with {string.write(arch)})"

    return {
        "nats": Notation("NATS-Bench's number", "nats", NUMBER, lambda arch: f"nats:{number(arch)}", _numbered),
        "naslib": Notation("NASLib's tuple", "naslib", _SIX, lambda arch: f"naslib:{naslib(arch)}", _from_naslib),
        "structure": Notation("AutoDL's Structure", "autodl", _STRUCTURE, structure_text, structure),
        "list": Notation("AutoDL's list of tuples", "autodl", _LIST, lambda arch: str(_nodes(arch)), _from_list),
        "genotype": Notation("a genotype as DARTS writes it", "darts", _GENOTYPE, _genotype, _from_genotype),
        "matrix": Notation("NATS-Bench's matrix", "nats", _ROWS, _matrix, _from_matrix),
        "adjacency": Notation("NAS-Bench-101's matrix and operations", "nasbench101", _GRAPH, _graph, _from_graph),
    }


@cache
def published_order() -> tuple[int, ...]:
    """The index of the cell with each of NATS-Bench's numbers.

    Its authors listed all cells in the order of our indices and shuffled them with Python's generator at seed 88.
    """
    rows = list(range(len(OPS) ** len(EDGES)))
    random.Random(88).shuffle(rows)
    return tuple(rows)


@cache
def _numbers() -> dict[int, int]:
    return {row: n for n, row in enumerate(published_order())}


def number(arch: Arch) -> int:
    """NATS-Bench's number of a cell."""
    row = 0
    for op in arch:
        row = row * len(OPS) + op
    return _numbers()[row]


def _numbered(text: str) -> Arch:
    if int(text) >= len(published_order()):
        raise ValueError(f"NATS-Bench numbers its cells 0 to {len(published_order()) - 1}; there is no number {text}")
    row, ops = published_order()[int(text)], []
    for _ in EDGES:
        row, op = divmod(row, len(OPS))
        ops.append(op)
    return tuple(reversed(ops))


def naslib(arch: Arch) -> tuple[int, ...]:
    """NASLib's tuple of a cell."""
    return tuple(_NASLIB_OPS.index(arch[position]) for position in _NASLIB_EDGES)


def _from_naslib(text: str) -> Arch:
    ids = whole_numbers(text)
    if bad := [i for i in ids if i >= len(_NASLIB_OPS)]:
        raise ValueError(f"NASLib numbers its operations 0 to 4; there is no operation {bad[0]}")
    arch = [0] * len(EDGES)
    for position, i in zip(_NASLIB_EDGES, ids, strict=True):
        arch[position] = _NASLIB_OPS[i]
    return tuple(arch)


def _pairs(arch: Arch) -> list[tuple[str, int]]:
    """(operation, the node it reads) of every edge."""
    return [(OPS[op], source) for (_, source), op in zip(EDGES, arch, strict=True)]


def _nodes(arch: Arch) -> list[tuple[tuple[str, int], ...]]:
    """The pairs of each node."""
    pairs = _pairs(arch)
    return [tuple(pairs[:1]), tuple(pairs[1:3]), tuple(pairs[3:])]


def _from_nodes(nodes: Any, text: str) -> Arch:
    """A pair may stand anywhere in its node, and an edge that is left out carries none, as in AutoDL."""
    if not isinstance(nodes, list | tuple) or len(nodes) != len(_NODES):
        raise ValueError(f"{shortened(text)} must list the pairs (operation, node it reads) of nodes 1, 2 and 3")
    ops_of: dict[tuple[int, int], int] = {}
    for node, pairs in zip(_NODES, nodes, strict=True):
        for pair in pairs if isinstance(pairs, list | tuple) else [pairs]:
            op, source = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (pair, None)
            edge = (node, source) if isinstance(source, int) else None
            if edge not in EDGES or edge in ops_of:
                raise ValueError(
                    f"node {node} must read each of the nodes before it once, not by {shortened(str(pair))}"
                )
            ops_of[edge] = _operation(op)
    return tuple(ops_of.get(edge, OPS.index("none")) for edge in EDGES)


def _operation(name: Any) -> int:
    if name not in OPS:
        raise ValueError(f"no operation named {shortened(str(name))}; there are: {', '.join(OPS)}")
    return OPS.index(name)


def _expression(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{shortened(text)} cannot be read; a bracket or a quotation mark may be missing") from None


def _value(node: ast.expr, text: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError(f"{shortened(text)} cannot be read; give pairs such as ('nor_conv_3x3', 0)") from None


def _from_list(text: str) -> Arch:
    return _from_nodes(_value(_expression(text), text), text)


def _genotype(arch: Arch) -> str:
    return f"Genotype(normal={_pairs(arch)}, normal_concat=[{_OUTPUT}])"


def _from_genotype(text: str) -> Arch:
    """Six pairs in the order of the edges, or the pairs of each node; node 3 is the output, and there is one cell."""
    parsed = _expression(text)
    fields = {k.arg: k.value for k in parsed.keywords} if isinstance(parsed, ast.Call) else {}
    others = {name: ast.unparse(node) for name, node in fields.items() if name != "normal"}
    allowed = {
        "normal_concat": (f"[{_OUTPUT}]", f"range({_OUTPUT}, {_OUTPUT + 1})"),
        "reduce": ("[]",),
        "reduce_concat": ("[]",),
    }
    if "normal" not in fields or any(value not in allowed.get(str(name), ()) for name, value in others.items()):
        raise ValueError(
            f"{shortened(text)} is not a topology cell: its genotype has normal=[…], normal_concat=[3] and nothing else"
        )
    pairs = _value(fields["normal"], text)
    if isinstance(pairs, list | tuple) and len(pairs) == len(EDGES):
        pairs = [pairs[:1], pairs[1:3], pairs[3:]]
    return _from_nodes(pairs, text)


def _matrix(arch: Arch) -> str:
    rows = [[0] * (_OUTPUT + 1) for _ in range(_OUTPUT + 1)]
    for (node, source), op in zip(EDGES, arch, strict=True):
        rows[node][source] = op
    return str(rows)


def _from_matrix(text: str) -> Arch:
    """Row: the node. Column: the node it reads. Entry: NATS-Bench's number of the operation, 0 (none) elsewhere."""
    numbers = _rows(text, _OUTPUT + 1, len(OPS) - 1)
    if any(numbers[i][j] for i in range(len(numbers)) for j in range(i, len(numbers))):
        raise ValueError("a node reads nodes before it only: the matrix must be 0 on its diagonal and above")
    return tuple(numbers[node][source] for node, source in EDGES)


def _graph(arch: Arch) -> str:
    ops = ["input", *(OPS[op] for op in arch), "output"]
    return f"ModelSpec(matrix={_MATRIX}, ops={ops})"


def _from_graph(text: str) -> Arch:
    """The vertices may come in any order: the matrix says which edge of the cell each one is."""
    parsed = re.search(r"ops['\"]?\s*[=:]\s*\[([^\[\]]*)\]", text)
    ops = re.findall(r"['\"]([^'\"]*)['\"]", parsed[1]) if parsed else []
    if len(ops) != len(_ENDS) or ops.count("input") != 1 or ops.count("output") != 1:
        raise ValueError("the matrix of a topology cell needs ops=[…]: 'input', six operations and 'output'")
    matrix = _rows(text, len(_ENDS), 1)
    first, last = ops.index("input"), ops.index("output")
    for order in itertools.permutations(i for i in range(len(ops)) if i not in (first, last)):
        if _permuted(matrix, (first, *order, last)) == _MATRIX:
            return tuple(_operation(ops[i]) for i in order)
    raise ValueError("the matrix is not that of a topology cell, in which every node reads all nodes before it")


def _rows(text: str, size: int, highest: int) -> list[list[int]]:
    """The entries of a square matrix, whole numbers from 0 on."""
    rows = [re.findall(r"[0-9.]+", row) for row in re.findall(r"\[([0-9.,\s]+)\]", text)]
    good = re.compile(rf"[0-{highest}](\.0*)?")
    if [len(row) for row in rows] != [size] * size or not all(good.fullmatch(entry) for row in rows for entry in row):
        raise ValueError(f"{shortened(text)} must hold {size} rows of {size} whole numbers from 0 to {highest}")
    return [[int(entry[0]) for entry in row] for row in rows]


def _permuted(matrix: list[list[Any]], order: Sequence[int]) -> list[list[Any]]:
    return [[matrix[i][j] for j in order] for i in order]
