"""The size space of NATS-Bench (arXiv:2009.00437): how wide each of five layers is, in one fixed topology."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from nas_core.plugins import param
from nas_core.spaces import EasyOption, Network, Notation, SearchSpace
from nas_core.spaces._notations import NUMBER, shortened
from nas_core.types import Arch

NATS_WIDTHS = "8:16:24:32:40:48:56:64"
_NATS = tuple(NATS_WIDTHS.split(":"))
_FIVE = re.compile(r"[0-9]{1,4}(:[0-9]{1,4}){4}")
_WIDTHS = re.compile(r"[1-9][0-9]{0,3}(:[1-9][0-9]{0,3})+")


class Size(SearchSpace):
    """Five layers (cell, reduction, cell, reduction, cell), each of any of the given widths."""

    decisions = ("cell 1", "reduction 1", "cell 2", "reduction 2", "cell 3")
    decision_noun, option_noun, option_unit = "layer", "width", "channels"
    easy = EasyOption(
        -1,
        "greatest width",
        "widest",
        "have the greatest width",
        "gone for width",
        "to which a search for accuracy alone tends",
        "Does it simply choose the greatest width?",
        "More channels nearly always lower the loss a little, so a search for accuracy alone tends to the greatest "
        "width everywhere. Watch its share. A target for the cost, among the parameters, counteracts this.",
    )
    shares = "widths"
    networks = {
        "nats": Network("NATS-Bench's own network"),
        "pocket": Network(
            "the small network of the pocket table", {}, (1, 12), {"widths": "8:16:24:32"}, table="pocket_size"
        ),
    }

    widths: str = param(NATS_WIDTHS, "the channels a layer may have, ascending and joined by colons")

    def __post_init__(self) -> None:
        super().__post_init__()
        numbers = [int(w) for w in self.widths.split(":")] if _WIDTHS.fullmatch(self.widths) else []
        if not numbers or sorted(set(numbers)) != numbers:
            raise ValueError(
                f"{self.name}: widths must be at least two whole numbers from 1 to 9999, ascending and joined by "
                f"colons, such as {NATS_WIDTHS}; it is {self.widths!r}"
            )

    @cached_property
    def options(self) -> tuple[tuple[str, ...], ...]:
        return (tuple(self.widths.split(":")),) * len(self.decisions)

    def channels(self, arch: Arch) -> tuple[int, ...]:
        """The width of each layer."""
        return tuple(int(options[a]) for options, a in zip(self.options, arch, strict=True))

    def text(self, arch: Arch) -> str:
        """NATS-Bench's string, e.g. ``8:16:64:24:40``."""
        return ":".join(map(str, self.channels(arch)))

    @property
    def notations(self) -> dict[str, Notation]:
        string = Notation("NATS-Bench's string", "nats", _FIVE, self.text, self._from_string)
        numbered = Notation("NATS-Bench's number", "nats", NUMBER, self._numbered_by_nats, self._from_nats)
        return {"string": string} | ({"nats": numbered} if self._in_nats else {}) | super().notations

    def numbers(self, arch: Arch) -> dict[str, int]:
        return super().numbers(arch) | ({"nats": self._nats_number(arch)} if self._in_nats else {})

    @property
    def _in_nats(self) -> bool:
        """True if NATS-Bench knows networks of all these widths; it numbers them in index order."""
        return set(self.options[0]) <= set(_NATS)

    def _nats_number(self, arch: Arch) -> int:
        row = 0
        for option in arch:
            row = row * len(_NATS) + _NATS.index(self.options[0][option])
        return row

    def _numbered_by_nats(self, arch: Arch) -> str:
        return f"nats:{self._nats_number(arch)}"

    def _from_nats(self, text: str) -> Arch:
        row, widths = int(text), []
        for _ in self.decisions:
            row, width = divmod(row, len(_NATS))
            widths.append(_NATS[width])
        if row:
            last = len(_NATS) ** len(self.decisions) - 1
            raise ValueError(f"NATS-Bench numbers its choices of widths 0 to {last}; there is no number {text}")
        return self._from_string(":".join(reversed(widths)))

    def _from_string(self, text: str) -> Arch:
        if not _FIVE.fullmatch(text):
            example = self.text(self.arch(len(self) - 1))
            raise ValueError(
                f"{shortened(text)} is not an architecture of the size space. Give five widths such as {example}, or a "
                f"number from 0 to {len(self) - 1}."
            )
        widths = text.split(":")
        for width, options in zip(widths, self.options, strict=True):
            if width not in options:
                raise ValueError(f"a layer cannot be {width} wide; the widths are: {', '.join(options)}")
        return tuple(options.index(width) for width, options in zip(widths, self.options, strict=True))

    def cells(self, arch: Arch) -> tuple[Sequence[str], Sequence[tuple[int, int, str]]]:
        """A row: the input and the five layers as nodes; the edge into a layer carries its width."""
        widths = map(str, self.channels(arch))
        return ("input", *self.decisions), [(i, i + 1, width) for i, width in enumerate(widths)]

    def build(self, arch: Arch, classes: int, **network: Any) -> Any:
        """NATS-Bench's network of these widths; see `nas_core.nets.size_network.SizeNetwork`.

        ValueError for inputs of another kind than images.
        """
        if sentence := self.refusal(network.pop("kind", "image")):
            raise ValueError(sentence)
        from nas_core.nets.size_network import SizeNetwork

        return SizeNetwork(self.channels(arch), classes, **network)

    def supernet(self, classes: int, **network: Any) -> Any:
        """The widest network with masks on its channels; see `nas_core.nets.masked_supernet.MaskedSupernet`."""
        from nas_core.nets.masked_supernet import MaskedSupernet

        return MaskedSupernet(tuple(map(int, self.options[0])), classes, **network)
