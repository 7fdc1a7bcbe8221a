"""Some architectures of a space: what they share, how they are distributed, and all of them as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import region, space_view
from nas_core.charts.quantities import Quantity, quantities
from nas_core.studies import landscape
from nas_core.types import counted
from ui import cell_details, choices, downloads, figures, network_table, space_map, tables
from ui.selection import Selection

MOST_ROWS = 1000  # rows of the table on the page
DOCKED = 250  # pixels of height
PARTS = [
    "matches",
    "region",
    "distribution",
    "shares",
    "best",
]  # what follows from a region: the docked table, and the panel


@dataclass(frozen=True)
class Listed:
    """The architectures of the map `map` that are looked at: those in its region that match its filters, or the best
    hundred."""

    table: Table
    mapped: np.ndarray  # int64[n]: all that are on the map
    matches: np.ndarray  # int64[k]: those that the filters let through
    filtered: bool
    axes: tuple[Quantity, Quantity, Quantity]  # y, x and the colours
    pick: Selection

    @property
    def region(self) -> space_map.Region | None:
        return space_map.region_of("map")

    @property
    def rows(self) -> np.ndarray:
        """int64[m]: the best on the y axis first."""
        rows, (y, x, _), region = self.matches, self.axes, self.region
        if region is not None:
            rows = rows[landscape.inside(x.read()[rows], y.read()[rows], region.box)]
        count = 100 if region is None and not self.filtered else len(rows)
        return rows[landscape.top(y.read()[rows], y.goal or "max", count)]

    @property
    def asked(self) -> bool:
        """Whether a visitor has said which."""
        return self.region is not None or self.filtered


def panel(listed: Listed) -> None:
    """What they share, and how they are distributed; the best as a table, where nobody has asked for others."""
    part = partial(space_map.part, "map")
    part("region", _heading, listed)
    left, right = st.columns(2, gap="large")
    with left:
        part("distribution", _distribution, listed)
    with right:
        part("shares", _shares, listed)
    part("best", _best, listed)


def _heading(listed: Listed) -> None:
    """Which they are, and a sentence on what sets them apart from all that are on the map."""
    rows, noun, y = listed.rows, listed.table.space.noun, listed.axes[0]
    if listed.asked:
        where, match = " in the region" * (listed.region is not None), "matches" if len(rows) == 1 else "match"
        st.subheader(f"{counted(len(rows), noun)}{where}{f' that {match}' * listed.filtered}", anchor=False)
    else:
        st.subheader(f"The {len(rows)} best by {y.title}{y.after}", anchor=False)
        st.caption("Drag a rectangle on the map, or filter, to look at others instead.")
    if len(rows):
        cell_details.typical(landscape.typical(listed.table.space, rows, listed.mapped))
    else:
        st.info(
            f"There is no {noun} to list. Draw a larger region, clear it with Escape on the map, or relax a filter."
        )


def _distribution(listed: Listed) -> None:
    """A histogram of y, with a line at the selected architecture."""
    if not len(rows := listed.rows):
        return
    y, mapped, noun = listed.axes[0], listed.mapped, listed.table.space.noun
    values = y.read()
    among, selected = np.flatnonzero(np.isin(mapped, rows)), float(values[listed.pick.row])
    figure = region.histogram(values[mapped], among, y, selected, noun)
    figures.echarts(figure, height=280, key="distribution", alt=f"distribution of {y.title}")


def _shares(listed: Listed) -> None:
    """Their options."""
    if len(rows := listed.rows):
        bars = region.option_bars(listed.table.space, landscape.option_shares(listed.table.space, rows))
        figures.echarts(bars, height=280, key="shares", alt="options of the listed architectures, by decision")


def _best(listed: Listed) -> None:
    """The best as a table, where nobody has asked for others."""
    if listed.asked or not len(rows := listed.rows):
        return
    place = choices.fold("As a table", "table", ":material/table:")
    if place.open:
        with place:
            _as_table(listed, rows, 380)


def docked(listed: Listed) -> None:
    """The table of those that were asked for, to stand under the map."""
    if listed.asked and len(rows := listed.rows):
        _as_table(listed, rows, DOCKED)


def _as_table(listed: Listed, rows: np.ndarray, height: int) -> None:
    """The architectures `rows` (int[n]) as a table, with what is on the axes first."""
    table, noun = listed.table, listed.table.space.noun
    by_title = quantities(table)
    metrics = [by_title[m.title] for m in table.metrics.values() if m.title in by_title]
    columns = list({q.title: q for q in (*listed.axes, *metrics)}.values())
    frame = space_view.frame_of(table.space, rows[:MOST_ROWS], columns)
    network_table.draw("listed", frame, rows[:MOST_ROWS], listed.pick, height, _looks(frame, columns))
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f"{table.name}-{len(rows)}-{noun}s"
        downloads.csv(lambda: space_view.frame_of(table.space, rows, columns), name, f"Listed {noun}s", "listed")
        note = f" The first {MOST_ROWS:,} are shown; the file has all {len(rows):,}." if len(rows) > MOST_ROWS else ""
        st.caption(f"Click a column to sort, tick a row to select that {noun}.{note}")


def _looks(frame: pd.DataFrame, quantities: Sequence[Quantity]) -> dict[str, Any]:
    """How the columns of these are written, and what they mean."""
    number = st.column_config.NumberColumn
    return {q.label: number(format=tables.decimals(frame[q.label], q.label), help=q.help) for q in quantities}
