"""A table of networks that sorts: the selected one is ticked, and a tick selects."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from ui import tables
from ui.selection import Selection


def draw(
    key: str, frame: pd.DataFrame, rows: np.ndarray, pick: Selection, height: int, columns: Mapping[str, Any]
) -> None:
    """`frame` has a row for each of the architectures `rows` (int[n]); columns: how its numbers are written.

    To be drawn by a part that a click draws again.
    """
    ticks = np.flatnonzero(rows == pick.row)[:1].tolist()
    if _ticks(key) != ticks:
        st.session_state[key] = {"selection": {"rows": ticks, "columns": [], "cells": []}}
    tables.show(
        frame,
        most=height,
        key=key,
        on_select=partial(_picked, key, rows, pick),
        selection_mode="single-row",
        column_config=columns,
    )


def _picked(key: str, rows: np.ndarray, pick: Selection) -> None:
    if ticks := _ticks(key):
        pick.go_to(int(rows[ticks[0]]))


def _ticks(key: str) -> list[int]:
    return list(st.session_state.get(key, {}).get("selection", {}).get("rows", []))
