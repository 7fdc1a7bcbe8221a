"""Draws tables. Streamlit's own button saves the cells as they are shown as CSV, so none is shown as a formula.

Pages draw tables with `show`, and never with `st.dataframe`.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from nas_core.values import cell

HEAD, ROW = 38, 35  # pixels of the names of the columns, and of a row
_NUMBER = re.compile(r"[+-]?[\d.,\s%]*")  # also one with its sign, such as "+0.31", is not a formula


def show(frame: pd.DataFrame, box: Any = st, most: float = 0, **looks: Any) -> Any:
    """As `st.dataframe`, without the index. most: pixels up to which a table is as high as its rows; 0 leaves that to
    Streamlit."""
    height = {"height": min(most, HEAD + ROW * len(frame))} if most else {}
    return box.dataframe(without_formulas(frame), hide_index=True, **height, **looks)


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with an apostrophe before each text, names of columns too, that a spreadsheet would run as a formula."""
    safe = frame.copy(deep=False)
    for name in frame.select_dtypes(include=["object", "string", "category"]).columns:
        safe[name] = frame[name].astype(object).map(_plain)
    return safe.rename(columns=_plain)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else cell(value)
