"""Draws tables. Streamlit's own button saves the cells as they are shown as CSV, so none is shown as a formula.

Pages draw tables with `show`, and never with `st.dataframe`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nas_core.values import cell

HEAD, ROW = 38, 35  # pixels of the names of the columns, and of a row
_NUMBER = re.compile(r"[+-]?[\d.,\s%]*")  # also one with its sign, such as "+0.31", is not a formula


def show(
    frame: pd.DataFrame,
    box: Any = st,
    most: float = 0,
    column_config: Mapping[str, Any] | None = None,
    **looks: Any,
) -> Any:
    """As `st.dataframe`, without the index; numbers of columns that `column_config` does not have are written by
    `decimals`. most: pixels up to which a table is as high as its rows; 0 leaves that to Streamlit."""
    height = {"height": min(most, HEAD + ROW * len(frame))} if most else {}
    numbers = frame.select_dtypes(["float32", "float64"]).rename(columns=_plain)
    columns = {str(n): st.column_config.NumberColumn(format=decimals(v, str(n))) for n, v in numbers.items()}
    looks["column_config"] = {**columns, **(column_config or {})}
    return box.dataframe(without_formulas(frame), hide_index=True, **height, **looks)


def decimals(values: Any, title: str) -> str | None:
    """The format of the numbers (float[n]) of a column of that title: two decimals of percents, of others as many as
    show four digits of the largest; None for whole numbers."""
    sizes = np.abs(np.asarray(values, float))
    sizes = sizes[np.isfinite(sizes)]
    if title.endswith("(%)"):
        return "%.2f"
    if not (sizes % 1).any():
        return None
    digits = max(0, 3 - math.floor(math.log10(sizes.max())))
    return f"%.{digits}f" if digits < 7 and np.median(sizes) * 10**digits >= 10 else "%.4g"  # else most would be zeros


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with an apostrophe before each text, names of columns too, that a spreadsheet would run as a formula."""
    safe = frame.copy(deep=False)
    for name in frame.select_dtypes(include=["object", "string", "category"]).columns:
        safe[name] = frame[name].astype(object).map(_plain)
    return safe.rename(columns=_plain)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) and _NUMBER.fullmatch(value) else cell(value)
