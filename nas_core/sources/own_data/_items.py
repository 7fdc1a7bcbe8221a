"""What a reader finds in somebody's data, before it is divided into parts and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nas_core.sources._numbers import short

MOST_ITEMS, MOST_CLASSES, MOST_KEPT = 200_000, 1000, 200_000_000  # the last in bytes, as they are kept
MOST_REASONS = 1000  # that are kept of what is left out; the others are counted
PART_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
"""What people call the parts."""


@dataclass(frozen=True)
class Options:
    """How somebody's data is to be read; what is "" or 0 is found out from the data.

    kind: "images", "text" or "arrays". size: pixels a side; networks halve it twice, so it is divisible by 4, and so
    are lengths. colour: "grey" or "colour". length: words of a text that
    are read. words: different tokens. val_share, test_share: of the examples, where the data names no such part.
    without: classes that are left out. text, image, label, split, group: the columns (or arrays) that hold them;
    examples of one group stay in one part.
    """

    kind: str
    size: int = 0
    colour: str = ""
    length: int = 0
    words: int = 1024
    val_share: float = 0.2
    test_share: float = 0.2
    seed: int = 0
    without: tuple[str, ...] = ()
    text: str = ""
    image: str = ""
    label: str = ""
    split: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        def check(good: bool, name: str, allowed: str) -> None:
            if not good:
                raise ValueError(f"{name} must be {allowed}; it is {getattr(self, name)!r}")

        check(self.kind in ("images", "text", "arrays"), "kind", "images, text or arrays")
        check(self.size in (0, *range(8, 257, 4)), "size", "8 to 256 pixels, divisible by 4, or 0 to choose it")
        check(self.colour in ("", "grey", "colour"), "colour", "grey, colour or nothing")
        check(self.length in (0, *range(4, 513, 4)), "length", "4 to 512 words, divisible by 4, or 0 to choose it")
        check(3 <= self.words <= 50_000, "words", "between 3 and 50,000")
        for name in ("val_share", "test_share"):
            check(0.05 <= getattr(self, name) <= 0.45, name, "between 0.05 and 0.45")
        check(self.seed >= 0, "seed", "at least 0")


@dataclass
class Items:
    """The examples that can be used, in the order of the source; equally many of each list.

    inputs: uint8[n, channels, size, size], float32[n, channels, length], or n texts. labels: the classes' names.
    parts: "train", "val", "test" where the source says so, else "". groups: "" for none. keys: equal where two
    examples are the same or nearly so.
    """

    inputs: Any
    labels: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)  # (name, why): the first MOST_REASONS
    n_left_out: int = 0
    remarks: list[str] = field(default_factory=list)  # what is to be known, a sentence each

    def __len__(self) -> int:
        return len(self.labels)

    def leave_out(self, name: str, why: str) -> None:
        """Note that an example is not used."""
        self.n_left_out += 1
        if len(self.left_out) < MOST_REASONS:
            self.left_out.append((short(name, 200), short(why, 300)))

    def add(self, name: str, label: str, part: str, group: str, key: bytes) -> None:
        """Note where an example comes from; the caller keeps its input."""
        if len(self) == MOST_ITEMS:
            raise ValueError(f"there are more than {MOST_ITEMS:,} examples; take a part of them")
        self.names.append(name)
        self.labels.append(label)
        self.parts.append(part)
        self.groups.append(group)
        self.keys.append(key)


def part_of(word: Any) -> str:
    """ "train", "val" or "test" for what people call the parts; ValueError for any other word."""
    part = PART_NAMES.get(str(word).strip().lower())
    if part is None:
        raise ValueError(f"its part is {short(str(word), 40)!r}; it must be train, val or test")
    return part


def label_of(value: Any, names: Sequence[str] = ()) -> str:
    """The name of a class from a cell of a table; `names` of those that are numbered. ValueError if it is missing."""
    if value is None or (isinstance(value, float) and value != value):
        raise ValueError("it has no label")
    if names and isinstance(value, int | np.integer):
        if not 0 <= value < len(names):
            raise ValueError(f"its label is {value}; the file names the classes 0 to {len(names) - 1}")
        return names[int(value)]
    text = str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
    if not text or len(text) > 100 or not text.isprintable():
        raise ValueError(f"its label is {short(text, 40)!r}; it must be 1 to 100 printable characters")
    return text
