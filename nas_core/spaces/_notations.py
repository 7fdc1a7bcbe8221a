"""Notations: the ways in which architectures are written, and which one a text is in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nas_core.types import Arch

NUMBER = re.compile(r"[0-9]{1,9}")
NUMBERS = re.compile(r"[(\[]?\s*[0-9]{1,4}(\s*,\s*[0-9]{1,4})+\s*,?\s*[)\]]?")


@dataclass(frozen=True)
class Notation:
    """One way of writing architectures. `write` gives a text that is read back as it stands.

    prefix: what stands before a colon, as in nats:1, where a text could be taken for that of another notation.
    form: what a text of this notation looks like, without the prefix.
    read: the architecture of such a text; ValueError in one sentence if there is none.
    """

    title: str  # as people call it
    prefix: str
    form: re.Pattern[str]
    write: Callable[[Arch], str]
    read: Callable[[str], Arch]


def whole_numbers(text: str) -> Arch:
    """The numbers of a tuple or list of them."""
    return tuple(map(int, re.findall("[0-9]+", text)))


def shortened(text: str) -> str:
    """`text` as an error quotes it."""
    return repr(text if len(text) <= 80 else text[:77] + "…")


def read(text: str, notations: Iterable[Notation], noun: str) -> Arch:
    """The architecture that `text` names in any of `notations`.

    A prefix settles which is meant. Without one, ValueError with the ways to say it where several notations fit and do
    not name the same. What fits none is left to the first notation, whose error says what is allowed.
    """
    first, *others = notations
    text = text.strip()
    prefix, colon, rest = text.partition(":")
    by_prefix = [n for n in (first, *others) if colon and n.prefix == prefix.strip().lower()]
    bare = rest.strip() if by_prefix else text
    fitting = {n.prefix: n for n in by_prefix or (first, *others) if n.form.fullmatch(bare)}
    if not fitting:
        return first.read(text)
    if len(fitting) == 1:
        return next(iter(fitting.values())).read(bare)
    archs, complaints = set(), []
    for notation in fitting.values():
        try:
            archs.add(notation.read(bare))
        except ValueError as error:
            complaints.append(error)
    if not archs:
        raise complaints[-1]
    if complaints or len(archs) > 1:
        ways = " or ".join(f"{n.prefix}:{bare} for {n.title}" for n in fitting.values())
        raise ValueError(f"{bare} can mean more than one {noun}; write {ways}")
    return archs.pop()
