"""What of a page can be saved: its tables and drawings stand in the menu Export; a text has a button of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from nas_core.types import RunSpec
from ui import figures


def csv(frame: pd.DataFrame | Callable[[], pd.DataFrame], name: str, label: str = "Data as CSV") -> None:
    """Offer a table in the menu Export; give a function to make the table only when it is asked for."""
    title = label.removesuffix("as CSV").strip(" ,")
    figures.here().tables[name] = figures.Data(name, title, lambda: frame() if callable(frame) else frame)


def searches(specs: Sequence[RunSpec], name: str) -> None:
    """Offer every trial of these searches, and their archive, in the menu Export."""
    figures.here().specs[name] = specs


def text(made: Callable[[], str], file: str, label: str, mime: str = "text/plain") -> None:
    """A button that saves the text `made()` as `file`."""
    st.download_button(
        label, lambda: made().encode(), file, mime, key=f"save {file}", icon=":material/download:", on_click="ignore"
    )


def picture(svg: str, name: str) -> None:
    """Offer an SVG text in the menu Export."""
    figures.add(figures.Figure(name, name.replace("-", " "), svg=svg))
