"""Small made-up tables and a real benchmark that misbehaves on request: no number here comes from a training.

The fixture `tables` of conftest.py registers them for a test, under the names `tiny`, `formula`, `widths` and `real`.
"""

from __future__ import annotations

import os
import re
import time
from functools import cache

import numpy as np

from nas_core.benchmarks import Benchmark, Metric, Table
from nas_core.spaces import Notation, SearchSpace
from nas_core.spaces.size import Size
from nas_core.spaces.topology import Topology
from nas_core.types import Outcome

MADE_UP = "modelled: a formula of the tests"


class Blocks(SearchSpace):
    """Three decisions with 2, 3 and 4 options: 24 architectures."""

    options = (("a", "b"), ("a", "b", "c"), ("a", "b", "c", "d"))
    decisions = ("first", "second", "third")

    def text(self, arch):
        return "-".join(names[a] for names, a in zip(self.options, arch, strict=True))

    @property
    def notations(self):
        words = Notation("its words", "blocks", re.compile("[a-d]-[a-d]-[a-d]"), self.text, self._from_words)
        return {"words": words} | super().notations

    def _from_words(self, text):
        parts = text.split("-")
        if len(parts) != 3 or any(p not in names for p, names in zip(parts, self.options, strict=True)):
            raise ValueError(f"{text!r} is not an architecture of blocks; write for example a-b-c")
        return tuple(names.index(p) for p, names in zip(parts, self.options, strict=True))

    def cells(self, arch):
        words = [names[a] for names, a in zip(self.options, arch, strict=True)]
        return ("input", *self.decisions), [(i, i + 1, word) for i, word in enumerate(words)]


class Endless(SearchSpace):
    """28 decisions with 7 options each: more architectures than a machine's whole numbers can count."""

    options = (tuple("abcdefg"),) * 28
    decisions = tuple(f"layer {i + 1}" for i in range(28))

    def text(self, arch):
        return "".join("abcdefg"[a] for a in arch)

    @property
    def notations(self):
        letters = Notation("its letters", "endless", re.compile("[a-g]{28}"), self.text, self._from_letters)
        return {"letters": letters} | super().notations

    def _from_letters(self, text):
        if not re.fullmatch("[a-g]{28}", text):
            raise ValueError(f"{text!r} is not an architecture of endless; write 28 letters from a to g")
        return tuple(map("abcdefg".index, text))

    def cells(self, arch):
        return ("input", *self.decisions), [(i, i + 1, "abcdefg"[a]) for i, a in enumerate(arch)]


@cache
def worth(space: SearchSpace) -> np.ndarray:
    """int64[len(space)]: a rugged score that needs nothing but whole numbers, the same on every machine."""
    grid = space.all().astype(int)
    places = np.arange(grid.shape[1])
    alone = (5 * grid + 3 * places) % 7
    together = (11 * grid[:, :-1] * grid[:, 1:] + places[:-1]) % 5
    return alone.sum(1) + together.sum(1)


class Tiny(Table):
    """A formula on 24 architectures, as a table with four epochs that can be resumed."""

    datasets = ("numbers", "more numbers")
    resumable = True
    space = Blocks()
    fidelities = (1, 2, 4)
    metrics = {
        "val_acc": Metric("%", "max", "score of the architecture", MADE_UP, "validation accuracy", True, True),
        "test_acc": Metric("%", "max", "the score, and a little", MADE_UP, "test accuracy", True, True),
        "flops_m": Metric("MFLOPs", "min", "sum of the option numbers", MADE_UP, "MFLOPs"),
    }

    def column(self, metric, epochs=None, seed=None):
        self._metric(metric)
        epochs = self.fidelities[-1] if epochs is None else self._fidelity(epochs)
        if seed is not None:
            raise ValueError(f"{self.name} has no seeds; there is no seed {seed}")
        rows = np.arange(len(self.space))
        if metric == "flops_m":
            out = 1.0 + self.space.all().sum(1)
        else:
            out = 10.0 + worth(self.space) * (1.0 - 0.5**epochs) + rows / (8 * len(rows))
            out = out + (rows * 37 % 10) / 100 if metric == "test_acc" else out
        out = out.astype(np.float32)
        out.flags.writeable = False
        return out

    def seconds(self, epochs):
        return (1.0 + self.space.all().sum(1).astype(np.float64)) * self._fidelity(epochs)


class Formula(Tiny):
    """The same formula on the 15,625 cells of the topology space."""

    space = Topology()


class Widths(Tiny):
    """The same formula on the 243 networks of a size space so narrow that a supernet of it trains in no time."""

    space = Size(widths="2:3:4")


class Real(Benchmark):
    """Takes real time, in threads or processes; the first decision says what goes wrong."""

    datasets = ("numbers",)
    simulated = False
    space = Blocks()
    fidelities = (1,)
    metrics = {"val_acc": Metric("%", "max", "row of the architecture", MADE_UP)}

    dataset: str = "numbers"
    pause: float = 0.0
    deadly: bool = False  # the process dies at an architecture that begins with b

    def evaluate(self, suggestion, rng):
        began = time.monotonic()
        time.sleep(self.pause)
        if self.deadly and suggestion.arch[0]:
            os._exit(3)
        return Outcome({"val_acc": float(self.space.index(suggestion.arch))}, time.monotonic() - began)


TABLES = (Tiny, Formula)
BENCHMARKS = (*TABLES, Widths, Real)
for benchmark in BENCHMARKS:
    benchmark.name = benchmark.__name__.lower()
