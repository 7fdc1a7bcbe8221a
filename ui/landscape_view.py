"""Explore's view Landscape: how hard a table is to climb, and what each decision is worth in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from nas_core.benchmarks import Table
from nas_core.charts import landscape as charts
from nas_core.charts.quantities import Quantity
from nas_core.studies import landscape_reading as reading
from nas_core.studies import ruggedness
from nas_core.studies.effects import main_effects, variance
from nas_core.studies.optima import Optima, optima
from nas_core.values import capitalised
from ui import cell_details, choices, downloads, figures, network_table, parts, table_choice
from ui.selection import Selection
from ui.words import unbroken

LAGS = 10
NETWORK = 400  # pixels of the network of optima: it ends on the first screen of a laptop
SHOW_SELECTED = ["head", "optima", "table"]  # drawn by a click
HELP = "Any metric after any number of epochs, or a score: the height of the landscape. Type to search the list."


def landscape_view(table: Table, box: Any, quantities: Mapping[str, Quantity]) -> None:
    """All of the view; `box` takes the chooser of the height, one of the `quantities` that have a better side."""
    heights = {title: q for title, q in quantities.items() if q.goal}
    height = table_choice.quantity(box, "height", "Height", ("validation accuracy",), HELP, heights)
    values = np.asarray(height.read(), float)
    count = int(np.sum(~np.isnan(values)))
    if not count:
        st.info(f"This table has no {height.title}, so there is nothing to climb.", icon=":material/landscape:")
        return
    peaks = optima(values, table.space, height.goal)
    pick = Selection(table.space, int(peaks.rows[0]), SHOW_SELECTED)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Local optima", anchor=False)
        place = st.container()
        st.markdown(unbroken(f"{reading.basins(peaks, table.space.noun)} {reading.escapes(peaks)}"))
        noun, note = table.space.noun, f" Drawn are the best and the largest basins, {charts.MOST} in all."
        st.caption(
            f"Colour: {height.label}. Area: the basin. Arrows: one edit and a climb lead there, orange to a better one."
            f" Red edge: where the climb from the selected {noun} ends. Click a circle to select it in every view."
            f"{note if len(peaks) > charts.MOST else ''}"
        )
    with right:
        parts.part("head", _head, table, values, peaks, height, pick)
        _walk(table, values, height)
    with place:  # after the box, which a step back in the history changes
        parts.part("optima", _network, table, peaks, height, pick)
    _decisions(table, values, height)
    missing = len(values) - count
    st.caption(
        f"A step changes one decision; a climb always goes to the best neighbour, until none is better. All of this is "
        f"exact, over {'all' if not missing else 'the'} {count:,} {noun}s"
        + (f" that have a value; {missing:,} others are nobody's neighbours." if missing else ".")
    )
    expander = choices.fold("Local optima as a table", "optima_table", ":material/table:")
    with expander:
        parts.part("table", _as_table, table, peaks, height, pick, expander)


def _head(table: Table, values: np.ndarray, peaks: Optima, height: Quantity, pick: Selection) -> None:
    """Which architecture is selected, and where the climb from it ends."""
    row, steps = pick.heading(), ruggedness.climbs(values, table.space, height.goal).steps
    about = reading.climb(row, int(steps[row]), peaks, table.space.noun)
    number, title = cell_details.number(float(values[row]), height.unit), height.title + height.after
    value = "" if np.isnan(values[row]) else f"{capitalised(title)}: {number}. "
    st.markdown(unbroken(f"{value}{about}"))
    if steps[row]:
        end = int(peaks.rows[peaks.end[row]])
        st.button(f"Climb to {end}", icon=":material/landscape:", on_click=pick.go_to, args=(end,))


def _network(table: Table, peaks: Optima, height: Quantity, pick: Selection) -> None:
    figures.echarts(
        charts.network(table.space, peaks, height, pick.row),
        height=NETWORK,
        key="optima",
        on_select=partial(_select, peaks.rows[charts.visible(peaks)], pick),
        alt=f"Network of the local optima of {height.title}",
    )


def _select(rows: np.ndarray, pick: Selection) -> None:
    """Select the optimum that was clicked, one of `rows` (int[n]), even if it is for the second time, which the chart
    takes back; only in a callback."""
    groups = st.session_state["optima"]["selection"]["selected"]
    nodes = [i for group in groups if group["data_type"] != "edge" for i in group["data_indices"]]
    if nodes:
        st.session_state["optimum clicked"] = int(rows[nodes[-1]])
    if (row := st.session_state.get("optimum clicked")) is not None:
        pick.go_to(row)


def _walk(table: Table, values: np.ndarray, height: Quantity) -> None:
    space = table.space
    st.subheader("Ruggedness", anchor=False)
    correlations = ruggedness.autocorrelation(values, space, LAGS)
    neutral = ruggedness.neutral_share(values, space)
    level = "" if np.isnan(neutral) else f" {reading.percent(neutral)} of all steps leave the value as it is."
    st.markdown(unbroken(reading.walk(correlations, space, not np.isnan(values).any()) + level))
    if not np.isnan(correlations).any():
        figures.echarts(charts.walk(correlations), height=190, key="walk", alt="Autocorrelation of random walks")
    st.subheader("The way to the best", anchor=False)
    correlation = ruggedness.distance_correlation(values, space, height.goal)
    st.markdown(reading.way(correlation, space.noun))
    if not np.isnan(correlation):
        tall = ruggedness.heights(values, height.goal)
        apart = ruggedness.distances(space, np.flatnonzero(tall == tall.max()))
        figures.echarts(
            charts.way(apart, values, height),
            height=240,
            key="way",
            alt=f"{height.title} by distance to the best",
        )
        st.caption("Boxes: the middle half, with the median; lines: from 5 to 95 %.")
    for name, metric in table.metrics.items():
        if (metric.title or name) == height.title:
            cell_details.certain(table, name)


def _decisions(table: Table, values: np.ndarray, height: Quantity) -> None:
    space = table.space
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("What each option is worth", anchor=False)
        effects = main_effects(values, space)
        st.markdown(unbroken(reading.strongest_effect(effects, space, height.unit)))
        figures.echarts(
            charts.effects(space, effects, height),
            height=90 + 44 * len(space.decisions),
            key="effects",
            alt=f"Mean {height.title} of each option at each decision",
        )
    with right:
        st.subheader("Which decisions matter together", anchor=False)
        shares = variance(values, space)
        st.markdown(unbroken(reading.interactions(shares, space)))
        if not np.isnan(shares.alone).any():
            figures.echarts(
                charts.interactions(space, shares),
                height=90 + 44 * len(space.decisions),
                key="interactions",
                alt="Share of the variance that pairs of decisions explain",
            )
            st.caption("Percent of the variance; on the diagonal, of one decision alone.")


def _as_table(table: Table, peaks: Optima, height: Quantity, pick: Selection, place: ExpanderContainer) -> None:
    if place.open:
        frame = charts.frame_of(table.space, peaks, height)
        network_table.draw("optima listed", frame, peaks.rows, pick, 420, {})
        downloads.csv(frame, f"local-optima-{table.name}-{table.dataset}", "Local optima")
