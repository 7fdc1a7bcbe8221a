"""Some architectures of a space: what they share, how they are distributed, and all of them as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import region, space_view
from nas_core.charts.quantities import Quantity, quantities
from nas_core.studies import landscape
from ui import cell_details, downloads, figures, space_map
from ui.selection import Selection

MOST_ROWS = 1000  # rows of the table on the page


def panel(
    table: Table,
    rows: np.ndarray,
    matches: np.ndarray,
    filtered: bool,
    first: tuple[Quantity, Quantity, Quantity],
    pick: Selection,
) -> None:
    """Those in the region of the map `map` that match its filters, or the best hundred of all `rows` of that map.

    rows, matches: int64[n], int64[k], of which `matches` passed the filters. first: what is on its axes y and x, and
    its colours.
    """
    (y, x, _), noun = first, table.space.noun
    region, goal, of_them = space_map.region_of("map"), y.goal or "max", " that match" if filtered else ""
    listed = matches
    if region is not None:
        listed = listed[landscape.inside(x.read()[listed], y.read()[listed], region.box)]
    count = 100 if region is None and not filtered else len(listed)
    listed = listed[landscape.top(y.read()[listed], goal, count)]
    if region is not None:
        st.subheader(f"{len(listed):,} {noun}s in the region{of_them}", anchor=False)
    elif filtered:
        st.subheader(f"{len(listed):,} {noun}s{of_them}", anchor=False)
    else:
        st.subheader(f"The {len(listed)} best by {y.title}{y.after}", anchor=False)
        st.caption("Drag a rectangle on the map, or filter, to look at others instead.")
    if not len(listed):
        st.info(
            f"There is no {noun} to list. Draw a larger region, clear it with Escape on the map, or relax a filter."
        )
        return
    _pictures(table, rows, listed, y, pick.row)
    if region is not None and region != st.session_state.get("last region"):
        st.session_state["last region"], st.session_state["table"] = region, True  # a new region opens its table
    _as_table(table, listed, first, pick.go_to)


def _pictures(table: Table, rows: np.ndarray, listed: np.ndarray, y: Quantity, selected: int) -> None:
    """What sets the rows `listed` apart from all `rows` (int[n] each): a sentence, a histogram of y, their options."""
    cell_details.typical(landscape.typical(table.space, listed, rows))
    left, right = st.columns(2, gap="large")
    values = y.read()
    figure = region.histogram(
        values[rows], np.flatnonzero(np.isin(rows, listed)), y, float(values[selected]), table.space.noun
    )
    bars = region.option_bars(table.space, landscape.option_shares(table.space, listed))
    with left:
        figures.echarts(figure, height=280, key="distribution", alt=f"distribution of {y.title}")
    with right:
        figures.echarts(bars, height=280, key="shares", alt="options of the listed architectures, by decision")


def _as_table(table: Table, listed: np.ndarray, first: Sequence[Quantity], on_pick: Callable[[int], None]) -> None:
    """The rows `listed` (int[n]) as a table that sorts, with the quantities `first` first; a click on a row's box calls
    `on_pick(row)`. It is drawn when opened: `table` in the link."""
    place = st.expander("As a table", key="table", bind="query-params", icon=":material/table:")
    if not place.open:
        return
    by_title, noun = quantities(table), table.space.noun
    metrics = [by_title[m.title] for m in table.metrics.values() if m.title in by_title]
    columns = list({q.title: q for q in (*first, *metrics)}.values())
    with place:
        st.dataframe(
            space_view.frame_of(table.space, listed[:MOST_ROWS], columns),
            hide_index=True,
            height=380,
            key="listed",
            on_select=partial(_picked, listed, on_pick),
            selection_mode="single-row",
            column_config=_digits(columns),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            name = f"{table.name}-{len(listed)}-{noun}s"
            downloads.csv(lambda: space_view.frame_of(table.space, listed, columns), name, key="listed")
            cut = (
                f" The first {MOST_ROWS:,} are shown; the file has all {len(listed):,}."
                if len(listed) > MOST_ROWS
                else ""
            )
            st.caption(f"Click a column to sort, tick a row to select that {noun}.{cut}")


def _picked(listed: np.ndarray, on_pick: Callable[[int], None]) -> None:
    if ticks := st.session_state["listed"]["selection"]["rows"]:
        on_pick(int(listed[ticks[0]]))


def _digits(quantities: Sequence[Quantity]) -> dict[str, Any]:
    """How st.dataframe writes these columns."""
    return {
        q.label: st.column_config.NumberColumn(format="%.2f" if q.unit == "%" else "%.5g", help=q.help)
        for q in quantities
        if not q.whole
    }
