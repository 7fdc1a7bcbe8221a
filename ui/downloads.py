"""What of a page can be saved: its tables, searches and drawings, in the menu Export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from nas_core.types import RunSpec
from ui import figures


def csv(frame: pd.DataFrame | Callable[[], pd.DataFrame], name: str, title: str, key: str = "") -> None:
    """Offer a table in the menu Export; give a function to make the table only when it is asked for.

    key: of what is selected, where the name depends on that, so that the table replaces that of what was before.
    """
    figures.here().tables[key or name] = figures.Data(name, title, lambda: frame() if callable(frame) else frame)


def searches(specs: Sequence[RunSpec], name: str) -> None:
    """Offer every trial of these searches, and their archive, in the menu Export."""
    figures.here().specs[name] = specs


def picture(svg: str, key: str, title: str, origin: Mapping[str, Any] | None = None) -> None:
    """Offer an SVG text in the menu Export, instead of the one of that key; origin: see `figures.Figure`."""
    figures.add(figures.Figure(key, title, svg=svg, origin=origin))
