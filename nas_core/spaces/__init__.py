"""Search spaces. A space says what an architecture is; it knows nothing of accuracy."""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np

from nas_core import plugins
from nas_core.arrays import read_only
from nas_core.spaces import _notations
from nas_core.spaces._notations import NUMBER, NUMBERS, Notation
from nas_core.spaces._words import EasyOption, Network
from nas_core.types import Arch

DEFAULT = "topology"  # where no other is asked for
LISTABLE = 1_000_000  # architectures: a larger space is sampled, and never listed


class SearchSpace(plugins.Plugin, ABC):
    """A finite set of architectures, each a tuple of option indices.

    A new space gives `options`, `decisions`, `text` and a notation that reads it; sampling, mutation, crossover,
    neighbourhoods, indexing and one-hot encoding follow from `options`.
    """

    noun: ClassVar[str] = "network"  # what people call one of them
    decision_noun: ClassVar[str] = "decision"  # what a decision is about, e.g. "edge"
    option_noun: ClassVar[str] = "option"  # what is chosen there, e.g. "operation"
    option_unit: ClassVar[str] = ""  # of options that are numbers in ascending order, e.g. "channels"; "" for others
    abbreviations: ClassVar[Mapping[str, str]] = {}  # options in few characters, where their names are long
    colours: ClassVar[Mapping[str, str]] = {}  # of options, as #RRGGBB; charts choose those of the others
    cut: ClassVar[str] = ""  # the option that lets nothing through: behind it a path ends
    easy: ClassVar[EasyOption | None] = None  # what its supernets take too readily; None: nothing is known of that
    shares: ClassVar[str] = ""  # what its `supernet` holds all of: "operations" or "widths"; "": it builds none
    networks: ClassVar[Mapping[str, Network]] = {"own": Network("the network that the space builds")}  # the usual first
    thin: ClassVar[Mapping[str, Any] | None] = None  # what `build` is given for one channel a layer; None: it cannot

    @property
    @abstractmethod
    def decisions(self) -> tuple[str, ...]:
        """Names of the decisions, e.g. "1←0"; a plain class attribute where they are always the same."""

    @property
    @abstractmethod
    def options(self) -> tuple[tuple[str, ...], ...]:
        """Per decision, the names of its options; a plain class attribute where they are always the same."""

    @property
    def option_names(self) -> list[str]:
        """Every option of any decision once."""
        return list(dict.fromkeys(name for names in self.options for name in names))

    @classmethod
    def short(cls, option: str) -> str:
        """The name of an option in few characters."""
        return cls.abbreviations.get(option, option)

    @abstractmethod
    def text(self, arch: Arch) -> str:
        """The published string form of `arch`."""

    @property
    def notations(self) -> dict[str, Notation]:
        """{name: how architectures are written and read}; that of `text` comes first.

        Here those that every space has: this project's number and its tuple of options.
        """

        def from_options(text: str) -> Arch:
            return self.arch(self.index(_notations.whole_numbers(text)))

        return {
            "own": Notation(
                "this project's number", "own", NUMBER, lambda a: f"own:{self.index(a)}", lambda t: self.arch(int(t))
            ),
            "options": Notation("this project's tuple", "own", NUMBERS, lambda a: f"own:{a}", from_options),
        }

    @property
    def prefixes(self) -> list[str]:
        """What may stand before a colon to say which notation is meant."""
        return list(dict.fromkeys(notation.prefix for notation in self.notations.values()))

    def parse(self, text: object) -> Arch:
        """The architecture that `text`, or the text of that object, names in any of the `notations`.

        ValueError in one sentence if none fits, or several that do not agree: then a prefix, as own:, says which it is.
        """
        return _notations.read(str(text), self.notations.values(), self.noun)

    def indices(self, texts: Iterable[str], notation: str = "") -> np.ndarray:
        """int64[n]: the `index` of each architecture of a long list in one notation, by default that of `text`.

        ValueError in one sentence for the first text that is not written so.
        """
        read = self.notations[notation].read if notation else next(iter(self.notations.values())).read
        return np.array([self.index(read(text)) for text in texts], np.int64)

    def numbers(self, arch: Arch) -> dict[str, int]:
        """{notation: number}: the index, and the numbers that others know `arch` by."""
        return {"own": self.index(arch)}

    def number_label(self, arch: Arch) -> str:
        """The numbers of `arch` as `parse` reads them, e.g. ``own:4711 nats:3925``."""
        return " ".join(f"{name}:{number}" for name, number in self.numbers(arch).items())

    def number_labels(self, rows: Iterable[Any]) -> list[str]:
        """The `number_label` of each of the rows (int[n])."""
        return [self.number_label(self.arch(int(row))) for row in rows]

    def canonical(self, arch: Arch) -> Arch:
        """The first member, in index order, of the isomorphism class of `arch`: same network, same accuracy."""
        return arch

    def cells(self, arch: Arch) -> tuple[Sequence[str], Sequence[tuple[int, int, str]]]:
        """(node names, edges (source, target, operation)) for drawing."""
        raise NotImplementedError(f"{self.name} has no drawing")

    def flow(self, archs: Sequence[Arch] | np.ndarray) -> np.ndarray:
        """bool[n, decisions + 2, decisions + 2]: True from a node to those that read it, a graph for each architecture.

        Node 0 is the input, then comes one for each decision, the last is the output. n is 1 where all have the same
        graph, as here: decisions named ``target←source`` meet where one ends and the next begins, others are a chain.
        """
        ends = [d.partition("←")[::2] for d in self.decisions]
        if not all(source for _, source in ends):
            ends = [(str(i + 1), str(i)) for i in range(len(self.decisions))]
        targets, sources = zip(*ends, strict=True)
        first, last = set(sources) - set(targets), set(targets) - set(sources)
        out = np.zeros((1, len(ends) + 2, len(ends) + 2), bool)
        out[0, 0, 1:-1] = [source in first for source in sources]
        out[0, 1:-1, -1] = [target in last for target in targets]
        out[0, 1:-1, 1:-1] = np.array(targets)[:, None] == np.array(sources)[None, :]
        return out

    def build(self, arch: Arch, classes: int, **network: Any) -> Any:
        """The torch.nn.Module of `arch`: float32[n, channels, size, size] -> logits float32[n, classes]."""
        raise NotImplementedError(self.refusal("image"))

    def supernet(self, classes: int, **network: Any) -> Any:
        """The torch.nn.Module that holds the networks of all architectures, which share its weights; see `shares`.

        Called with inputs and `arch`, the logits of that network; with `weights` float32[decisions, options], those of
        the mixture; with both, of the network, each chosen option times its weight. `network` as of `build`, of one of
        operations also `channels` and `cells`. Every decision must have as many options.
        """
        raise NotImplementedError(f"the {self.title()} space has no supernet")

    def connected(self, arch: Arch) -> bool:
        """False for an architecture parts of which read nothing: no method draws it that trains a supernet."""
        return True

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of inputs that its networks read, see `nas_core.datasets.KINDS`: images if it builds networks."""
        return () if type(self).build is SearchSpace.build else ("image",)

    def refusal(self, kind: str) -> str:
        """ "" if it builds networks for inputs of that kind, else one sentence."""
        if kind in self.kinds:
            return ""
        reads = f"its networks read: {', '.join(self.kinds)}" if self.kinds else "it says nothing of how to build one"
        return f"the {self.title()} space has no network for inputs of kind {kind}; {reads}"

    @cached_property
    def radix(self) -> tuple[int, ...]:
        """Number of options per decision."""
        return tuple(len(o) for o in self.options)

    @cached_property
    def size(self) -> int:
        """How many architectures there are, exactly; `len` is the same where it is at most `sys.maxsize`."""
        return math.prod(self.radix)

    def __len__(self) -> int:
        if self.size > sys.maxsize:
            raise OverflowError(f"{self.name} has {self.size:,} architectures, too many for len(); ask for its size")
        return self.size

    def __bool__(self) -> bool:
        return True

    @property
    def exhaustive(self) -> bool:
        """True if all architectures can be listed, which tables, ranks and regret need."""
        return self.size <= LISTABLE

    def check_exhaustive(self, what: str) -> None:
        """ValueError that says why there is no `what`, which lists every architecture, unless `exhaustive`."""
        if not self.exhaustive:
            raise ValueError(
                f"there is no {what}: {self.name} has {self.size:,} architectures, and at most {LISTABLE:,} can be "
                f"listed; sample it instead"
            )

    def same(self, other: SearchSpace) -> bool:
        """True if an architecture of one is the same network in the other: of that name, with the same choices."""
        return (self.name, self.decisions, self.options) == (other.name, other.decisions, other.options)

    def valid(self, arch: Arch) -> bool:
        """True if `arch` is a tuple of one option index per decision."""
        return len(arch) == len(self.radix) and all(0 <= a < r for a, r in zip(arch, self.radix, strict=True))

    def index(self, arch: Arch) -> int:
        """Position in lexicographic order, 0 … len-1; the row of `arch` in every table; ValueError unless valid."""
        radix, row = self.radix, 0
        for a, r in zip(arch, radix, strict=False):
            if not 0 <= a < r:
                break
            row = row * r + a
        else:
            if len(arch) == len(radix):
                return row
        raise ValueError(
            f"{arch} is not an architecture of {self.name}; its decisions have {radix} options, counted from 0"
        )

    def arch(self, index: int) -> Arch:
        """Inverse of `index`; ValueError outside 0 … len-1."""
        if not 0 <= index < self.size:
            raise ValueError(f"{self.name} has architectures 0 to {self.size - 1}; there is no number {index}")
        digits = []
        for r in reversed(self.radix):
            index, digit = divmod(index, r)
            digits.append(digit)
        return tuple(reversed(digits))

    def all(self) -> np.ndarray:
        """int8[len, decisions]: every architecture in index order (option indices); int16 if a decision has more than
        128 options. ValueError in one sentence for a space that is not `exhaustive`."""
        self.check_exhaustive("list of all architectures")
        kind = np.int8 if max(self.radix) <= 128 else np.int16
        return np.stack(np.unravel_index(np.arange(self.size), self.radix), 1).astype(kind)

    def sample(self, rng: np.random.Generator) -> Arch:
        """An architecture drawn uniformly."""
        if self.size > sys.maxsize:
            return tuple(int(rng.integers(r)) for r in self.radix)
        return self.arch(int(rng.integers(self.size)))

    def draw(self, rng: np.random.Generator, count: int) -> list[Arch]:
        """`count` different architectures drawn uniformly, or all of them in random order."""
        if self.exhaustive:
            return [self.arch(int(row)) for row in rng.permutation(self.size)[:count]]
        archs: dict[Arch, None] = {}
        while len(archs) < min(count, self.size):
            archs[self.sample(rng)] = None
        return list(archs)

    def neighbors(self, arch: Arch) -> Iterator[Arch]:
        """All architectures that differ from `arch` in exactly one decision, in index order of the change."""
        for i, r in enumerate(self.radix):
            for o in range(r):
                if o != arch[i]:
                    yield (*arch[:i], o, *arch[i + 1 :])

    def mutate(self, arch: Arch, rng: np.random.Generator, weights: Sequence[float] | None = None) -> Arch:
        """`arch` with one decision changed to a different option: a neighbour, never `arch` itself.

        It is drawn uniformly, or by `weights` (float[decisions]), from those with a choice; ValueError if none has one.
        """
        free = [i for i, options in enumerate(self.radix) if options > 1]
        if not free:
            raise ValueError(f"{self.name} has one architecture only, which has no neighbours")
        p = None if weights is None else np.asarray(weights)[free]
        i = free[int(rng.integers(len(free)))] if p is None else int(rng.choice(free, p=p / p.sum()))
        other = int(rng.integers(self.radix[i] - 1))
        return (*arch[:i], other + (other >= arch[i]), *arch[i + 1 :])

    def crossover(self, a: Arch, b: Arch, rng: np.random.Generator) -> Arch:
        """Each decision from either parent with equal chance."""
        return tuple(x if coin else y for x, y, coin in zip(a, b, rng.random(len(a)) < 0.5, strict=True))

    def encode(self, archs: Sequence[Arch] | np.ndarray) -> np.ndarray:
        """One-hot float32[n, sum(radix)]."""
        columns = np.asarray(archs, int).reshape(-1, len(self.radix)) + np.cumsum((0, *self.radix[:-1]))
        out = np.zeros((len(columns), sum(self.radix)), np.float32)
        np.put_along_axis(out, columns, 1.0, axis=1)
        return out


def create(name: str, /, **params: Any) -> SearchSpace:
    """Make the search space `name`."""
    return plugins.create(SearchSpace, name, **params)


@lru_cache(maxsize=8)
def representatives(space: SearchSpace) -> np.ndarray:
    """int32[len(space)], read-only: row of the first architecture of each one's isomorphism class."""
    space.check_exhaustive("list of its isomorphism classes")
    rows = np.arange(len(space), dtype=np.int32)
    if type(space).canonical is not SearchSpace.canonical:
        rows = np.array([space.index(space.canonical(tuple(arch))) for arch in space.all().tolist()], np.int32)
    return read_only(rows)
