"""What a space says of its networks, and of an option that its supernets take too readily."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Network:
    """A network that a space puts around its architectures: how large it is, and what it was made for."""

    title: str  # as it stands within a sentence
    settings: Mapping[str, Any] = field(default_factory=dict)  # what `build` is given for it
    inputs: tuple[int, int] = (3, 32)  # (channels, pixels a side) of images that are made for it, such as noise
    params: Mapping[str, Any] = field(default_factory=dict)  # of the space, where its tables have others than usual
    table: str = ""  # the embedded table of such networks, whose recipe says how data is made for it


@dataclass(frozen=True)
class EasyOption:
    """The option that a supernet prefers too easily, because it helps early, and words for it."""

    option: int  # index among the options of every decision
    name: str
    column: str  # how a column of a table begins that counts it
    predicate: str  # what is said of places that have the option
    collapse: str  # what an architecture has done that has it nearly everywhere
    why: str  # a clause on `predicate`
    question: str  # whether it takes the option
    help: str  # why it might
