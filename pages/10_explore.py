"""Explore: every architecture of a search space on one map, and any of them in detail."""

from __future__ import annotations

import streamlit as st

from nas_core.charts.quantities import quantities
from ui import cell_details, choices, landscape_view, map_view, missing_table, table_choice
from ui.frame import frame
from ui.provenance import provenance

TITLE = "Explore"
ICON = ":material/scatter_plot:"
GROUP = "Look"
QUESTION = "What is in this search space, and what makes a cell good?"

VIEWS = ("Map", "Landscape")


def page() -> None:
    """The choosers of a view and of a table, and what they choose."""
    cell_details.style()
    kind = choices.segments(st, "View", "view", VIEWS, "view", label_visibility="collapsed")
    boxes = st.container(key="two-a-row-choices").columns(5)
    table = table_choice.choose(boxes[0], boxes[1])
    axes = quantities(table)
    if kind == VIEWS[1]:
        landscape_view.landscape_view(table, boxes[2], axes)
    else:
        map_view.map_view(table, boxes[2:], axes)
    provenance(table)


frame(TITLE, ICON, QUESTION)
if not missing_table.offered():
    page()
