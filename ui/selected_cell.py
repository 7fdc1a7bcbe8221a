"""The selected architecture: its drawing, in which it can be changed, its strings and its twins."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import cell
from nas_core.studies import landscape
from ui import cell_details, cell_editor, downloads
from ui.selection import Selection
from ui.verbatim import verbatim


def draw(table: Table, pick: Selection, buttons: Callable[[int], None] | None = None) -> None:
    """All of it; `buttons(row)` draws what else can be done with it."""
    space, row = table.space, pick.row
    arch = space.arch(row)
    steps = {(s.decision, s.new): cell_details.number(s.value) for s in landscape.neighbors(table, row, table.main)}
    notes = [[steps.get((i, option), "now") for option in options] for i, options in enumerate(space.options)]
    cell_editor.cell_editor("editor", space, arch, lambda to: pick.go_to(space.index(to)), notes)
    st.caption(f"Click the drawing to change its {space.option_noun}s.", text_alignment="center")
    verbatim(space.text(arch))
    cell_details.notations(space, arch)
    cell_details.twins(space, row, landscape.twins(space, row))
    if buttons is not None:
        buttons(row)
    downloads.picture(cell.svg(space, arch), "cell", f"{space.noun} {row}")
