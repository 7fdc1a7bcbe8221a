"""The colours of the app, the same on every page; chosen to be told apart by colour-blind readers.

After Okabe & Ito's set (https://jfly.uni-koeln.de/color/). What can be chosen in a space keeps one colour in light and
dark; the space says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nas_core import plugins
from nas_core.spaces import SearchSpace

SERIES = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#B8860B",
    "#56B4E9",
    "#7A5195",
    "#5C6B7A",
    "#8C564B",
    "#2CA02C",
    "#E377C2",
    "#17BECF",
)
STRATEGIES = {  # the ones raced on the home page, kept apart from the colours of the operations
    "random_search": ("#6B7785", (5, 3)),
    "regularized_evolution": ("#0072B2", (1, 0)),
    "local_search": ("#C2417C", (1, 0)),
}
SEVERAL_OBJECTIVES = {  # these stand on one chart with random search, and with the others only on the Runs page
    "nsga2": ("#D55E00", (1, 0)),
    "mo_regularized_evolution": ("#0072B2", (1, 0)),
    "pareto_local_search": ("#C2417C", (1, 0)),
    "parego": ("#B8860B", (1, 0)),
    "moead": ("#7A5195", (1, 0)),
}
DASHES = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
SEQUENTIAL = "viridis"  # for continuous quantities
STOPS = ("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725")  # viridis
WIDTHS = ("#DCE9F5", "#BBD6EC", "#93BFE0", "#66A5D2", "#3D8AC1", "#1F6DAA", "#0B5190", "#073763")
SELECTED = "#E63946"  # the one architecture that a page is about
OPTIMUM = "#8A8F98"  # reference lines: the optimum, the closed-form random search


def of(names: Iterable[str], name: str, colours: Sequence[str] = SERIES) -> tuple[str, tuple[int, ...]]:
    """(colour, dash) of `name` among all `names` of its kind, in their own order: the same on every page."""
    position = list(names).index(name)
    return colours[position % len(colours)], DASHES[position // len(colours) % len(DASHES)]


def strategy(name: str, names: Iterable[str]) -> tuple[str, tuple[int, ...]]:
    """(colour, dash) of a strategy: its own, or one by its place among all `names` that have none."""
    if own := STRATEGIES.get(name) or SEVERAL_OBJECTIVES.get(name):
        return own
    reserved = {colour for colour, _ in STRATEGIES.values()}
    others = [n for n in names if n not in STRATEGIES and n not in SEVERAL_OBJECTIVES]
    return of(others, name, [c for c in SERIES if c not in reserved])


def short(option: str) -> str:
    """An option of any space in few characters: "conv 3×3"."""
    return _of_spaces(tuple(plugins.find(SearchSpace).values()))[1].get(option, option)  # type: ignore[type-abstract]


def option(name: str) -> str:
    """Colour of an option of any space: that which its space gives it, or one by its place; widths have shades."""
    own = _of_spaces(tuple(plugins.find(SearchSpace).values()))[0].get(name)  # type: ignore[type-abstract]
    return own or (WIDTHS[(int(name) // 8 - 1) % len(WIDTHS)] if name.isdigit() else OPTIMUM)


@lru_cache(maxsize=4)
def _of_spaces(classes: tuple[type[SearchSpace], ...]) -> tuple[dict[str, str], dict[str, str]]:
    """({option: colour}, {option: few characters}); of two spaces with an option of one name the first gives both."""
    colours: dict[str, str] = {}
    words: dict[str, str] = {}
    for space in (plugin() for plugin in classes):
        for options in dict.fromkeys(space.options):
            steps = np.linspace(0, len(STOPS) - 1, len(options)).round().astype(int)
            usual = {n: STOPS[i] for n, i in zip(options, steps, strict=True) if not n.isdigit()}
            colours = {**usual, **{n: space.colours[n] for n in options if n in space.colours}, **colours}
        words = {**space.abbreviations, **words}
    return colours, words


def ink(column: str) -> dict[str, Any]:
    """In Vega's language: black letters where these are easier to read on the colour of `column`, else white ones."""
    light = f"luminance(scale('color', datum['{column}'])) > 0.179"
    return {"condition": {"test": light, "value": "#000000"}, "value": "#FFFFFF"}


def contrast(one: str, other: str) -> float:
    """How well one of two hex colours is read on the other, 1 to 21 (WCAG 2.2)."""
    low, high = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (_linear(one), _linear(other)))
    return (high + 0.05) / (low + 0.05)


def legible(colour: str, ground: str) -> str:
    """`colour`, made darker or lighter until letters of it are read on `ground` (contrast 4.5); all hex."""
    end = "#000000" if contrast(ground, "#000000") > contrast(ground, "#FFFFFF") else "#FFFFFF"
    mixed = (mix(colour, end, k / 20) for k in range(21))
    return next(c for c in mixed if contrast(c, ground) >= 4.5)


def mix(one: str, other: str, share: float) -> str:
    """The colour at `share` of the way from one hex colour to the other."""
    parts = (round(a + (b - a) * share) for a, b in zip(_parts(one), _parts(other), strict=True))
    return "#" + "".join(f"{part:02X}" for part in parts)


def _parts(colour: str) -> list[int]:
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def _linear(colour: str) -> tuple[float, ...]:
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (p / 255 for p in _parts(colour)))
