"""Which architecture a page is about: `cell` in the link, chosen from anywhere on the page, found by typing.

A page names the fragments that show the selection; a click then draws those again and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core.spaces import SearchSpace
from ui.words import sentence


class Selection:
    """The selected architecture of a page.

    space: what can be selected. start: the one selected while the link names none. parts: keys of the fragments that
    show it. whole: true while the page must run as a whole to show another selection.
    """

    def __init__(
        self, space: SearchSpace, start: int, parts: Sequence[str], whole: Callable[[], bool] = lambda: False
    ) -> None:
        self.space, self.start, self.parts, self.whole = space, start, list(parts), whole

    def go_to(self, row: int) -> None:
        """Select architecture `row`; only in a callback."""
        st.session_state["next cell"] = str(row)
        self.redraw()

    def redraw(self) -> None:
        """Draw what shows the selection; only in a callback."""
        if not self.whole():
            st.rerun(self.parts)

    @property
    def row(self) -> int:
        """Number of the selected architecture: what the box says, or the last one that could be read."""
        if (chosen := st.session_state.pop("next cell", None)) is not None:
            st.session_state["cell"] = chosen  # during a run and not in the callback, or the link would not follow
        row, _ = self._read()
        return row

    def find_box(self, box: DeltaGenerator) -> str:
        """A box that takes a number or a string of an architecture; returns what is wrong with the text, or ""."""
        _ = self.row  # a choice made elsewhere is in the box from now on
        box.text_input(
            f"Find a {self.space.noun}",
            key="cell",
            bind="query-params",
            on_change=self.redraw,
            placeholder="number or string",
            help=f"A number from 0 to {len(self.space) - 1:,}, an architecture string such as the one below, or for "
            "cells NASLib's tuple of six numbers. Empty: the best by validation accuracy.",
        )
        return self._read()[1]

    def _read(self) -> tuple[int, str]:
        """(row, what is wrong with the text in the box or "")."""
        text = str(st.session_state.get("cell", st.query_params.get("cell", ""))).strip()
        if not text:
            st.session_state["last cell"] = self.start
            return self.start, ""
        try:
            row = self.space.index(self.space.parse(text))
        except ValueError as error:
            last = st.session_state.get("last cell", self.start)
            return (last if last < len(self.space) else self.start), sentence(error)
        st.session_state["last cell"] = row
        return row, ""
