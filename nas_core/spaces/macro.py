"""The macro space of NAS-Bench-Macro (Su et al., CVPR 2021, arXiv:2103.11922): what each block of a network is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from nas_core.plugins import param
from nas_core.spaces import Network, Notation, SearchSpace
from nas_core.spaces._notations import shortened
from nas_core.types import Arch

BLOCKS = ("Identity", "MB3_K3", "MB6_K5")  # MB3_K3: MobileNetV2's block, 3 times as wide within, with windows of 3×3
IDENTITY = 0
PUBLISHED = "2:3:3"  # blocks of each stage in NAS-Bench-Macro

_DEPTHS = re.compile(r"[1-9][0-9]?(:[1-9][0-9]?){0,5}")


class Macro(SearchSpace):
    """Blocks in a row, each an identity or one of two MobileNetV2 blocks; the first of a stage halves the image."""

    colours = dict(zip(BLOCKS, ("#56B4E9", "#E69F00", "#D55E00"), strict=True))
    networks = {
        "macro": Network("NAS-Bench-Macro's own network"),
        "narrow": Network("a network of a quarter of the channels", {"channels": 8, "features": 64}, (1, 12)),
    }
    thin = {"channels": 1, "features": 8}

    depths: str = param(PUBLISHED, "the number of blocks of each stage, joined by colons")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _DEPTHS.fullmatch(self.depths):
            raise ValueError(
                f"{self.name}: depths must be one to six whole numbers from 1 to 99, joined by colons, such as "
                f"{PUBLISHED}; it is {self.depths!r}"
            )

    @cached_property
    def stages(self) -> tuple[int, ...]:
        """The number of blocks of each stage."""
        return tuple(map(int, self.depths.split(":")))

    @cached_property
    def decisions(self) -> tuple[str, ...]:
        return tuple(f"block {s}.{b}" for s, depth in enumerate(self.stages, 1) for b in range(1, depth + 1))

    @cached_property
    def options(self) -> tuple[tuple[str, ...], ...]:
        return (BLOCKS,) * sum(self.stages)

    def text(self, arch: Arch) -> str:
        """NAS-Bench-Macro's digits, e.g. ``22212220``: a 0, 1 or 2 for each block."""
        return "".join(map(str, arch))

    @property
    def notations(self) -> dict[str, Notation]:
        digits = re.compile(f"[012]{{{len(self.decisions)}}}")
        numbers = re.compile(f"[0-9]{{1,{len(str(self.size - 1))}}}")  # shorter than the digits, so none can be both
        inherited = super().notations
        return {
            "digits": Notation("NAS-Bench-Macro's digits", "macro", digits, self.text, self._from_digits),
            **inherited,
            "own": replace(inherited["own"], form=numbers),
        }

    def _from_digits(self, text: str) -> Arch:
        blocks = len(self.decisions)
        if not re.fullmatch(f"[012]{{{blocks}}}", text):
            meanings = ", ".join(f"{digit} for {name}" for digit, name in enumerate(BLOCKS))
            raise ValueError(
                f"{shortened(text)} is not an architecture of the macro space. Give {blocks} digits ({meanings}) "
                f"such as {self.text(self.arch(self.size - 1))}, or a number from 0 to {self.size - 1}."
            )
        return tuple(map(int, text))

    def canonical(self, arch: Arch) -> Arch:
        """The same network with the identities of each stage before its other blocks (3,969 classes of 6,561).

        The first block of a stage stays: as an identity it is a convolution that halves the image.
        """
        out: list[int] = []
        for first, *others in self.by_stage(arch):
            active = [block for block in others if block != IDENTITY]
            out += [first, *[IDENTITY] * (len(others) - len(active)), *active]
        return tuple(out)

    def by_stage(self, blocks: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """What is given for each block, stage by stage."""
        start = 0
        for depth in self.stages:
            yield blocks[start : start + depth]
            start += depth

    def cells(self, arch: Arch) -> tuple[Sequence[str], Sequence[tuple[int, int, str]]]:
        """A row: the input and the blocks as nodes; the edge into a block carries what it is."""
        return ("input", *self.decisions), [(i, i + 1, BLOCKS[option]) for i, option in enumerate(arch)]

    def build(self, arch: Arch, classes: int, **network: Any) -> Any:
        """NAS-Bench-Macro's network of these blocks; see `nas_core.nets.macro_network.MacroNetwork`.

        ValueError for inputs of another kind than images.
        """
        if sentence := self.refusal(network.pop("kind", "image")):
            raise ValueError(sentence)
        from nas_core.nets.macro_network import MacroNetwork

        return MacroNetwork(list(self.by_stage([BLOCKS[option] for option in arch])), classes, **network)
