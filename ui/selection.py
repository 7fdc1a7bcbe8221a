"""Which architecture a page is about: `cell` in the link, chosen from anywhere on the page, found by typing.

A page names the fragments that show the selection; a click then draws those again and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core.spaces import SearchSpace
from ui import figures, parts
from ui.words import plain, sentence


def row_of(space: SearchSpace, text: str, typed: bool = False) -> int:
    """The row of the architecture that a link names; there a number alone is this project's.

    typed: a person wrote it, who must say whose number it is, unless all count alike. ValueError in one sentence.
    """
    return space.index(space.parse(f"own:{text}" if text.isdecimal() and not typed else text))


class Selection:
    """The selected architecture of a page.

    space: what can be selected. start: the one selected while the link names none. parts: keys of the fragments that
    show it. whole: true while the page must run as a whole to show another selection.
    """

    def __init__(
        self, space: SearchSpace, start: int, parts: Sequence[str], whole: Callable[[], bool] = lambda: False
    ) -> None:
        self.space, self.start, self.parts, self.whole = space, start, list(parts), whole
        self._say()

    def _say(self) -> None:
        figures.about(selection=f"{self.space.noun} {self._read()[0]}")

    def go_to(self, row: int) -> None:
        """Select architecture `row`; only in a callback."""
        st.session_state["next cell"] = str(row)
        self.redraw()

    def redraw(self) -> None:
        """Draw what shows the selection; only in a callback."""
        if not self.whole():
            parts.again(*self.parts)

    @property
    def row(self) -> int:
        """Number of the selected architecture: what the box says, or the last one that could be read."""
        if (text := st.session_state.pop("next cell", None)) is not None:
            st.session_state["cell"] = text  # during a run and not in the callback, or the link would not follow
        row, _ = self._read()
        return row

    def heading(self) -> int:
        """The selected architecture's number, which is returned, beside the box that finds another."""
        heading, box = st.columns([1, 1], vertical_alignment="bottom")
        problem, noun = self._find_box(box), self.space.noun
        row = self.row
        if problem:
            st.error(f"{plain(problem)} Showing {noun} {row} instead.", icon=":material/search_off:")
        heading.subheader(f"{noun.capitalize()} {row}", anchor=False)
        return row

    def _find_box(self, box: DeltaGenerator) -> str:
        """A box that takes a number or a string of an architecture; returns what is wrong with the text, or ""."""
        _ = self.row  # a choice made elsewhere is in the box from now on
        self._say()
        others = [name for name in self.space.numbers(self.space.arch(0)) if name != "own"]
        box.text_input(
            f"Find a {self.space.noun}",
            key="cell",
            bind="query-params",
            on_change=self._typed,
            placeholder=f"string{''.join(f', {name}:1' for name in others)} or own:1",
            help="An architecture string such as the one below, or a number or tuple with its notation: "
            f"{'nats:1 is NATS-Bench’s number, ' if 'nats' in others else ''}own:1 is this project's. Links "
            "have this project's number. Empty: the best.",
        )
        return st.session_state.pop("refused cell", "") or self._read()[1]

    def _typed(self) -> None:
        """A number that is typed says whose it is, unless both are the same; a link's is this project's."""
        text = str(st.session_state["cell"]).strip()
        if text.isdecimal():
            try:
                row_of(self.space, text, typed=True)
            except ValueError as error:
                st.session_state["refused cell"] = sentence(error)
                st.session_state["next cell"] = str(st.session_state.get("last cell", self.start))
        self.redraw()

    def _read(self) -> tuple[int, str]:
        """(row, what is wrong with the text in the box or "")."""
        text = str(st.session_state.get("cell", st.query_params.get("cell", ""))).strip()
        if not text:
            st.session_state["last cell"] = self.start
            return self.start, ""
        try:
            row = row_of(self.space, text)
        except ValueError as error:
            last = st.session_state.get("last cell", self.start)
            return (last if last < len(self.space) else self.start), sentence(error)
        st.session_state["last cell"] = row
        return row, ""
