"""Parts of a page that are drawn again by themselves after a click, and when the whole page must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

UNFINISHED = "unfinished"  # in the session: a run of the whole page was begun and has not come to its end


@contextmanager
def whole() -> Iterator[None]:
    """While this lasts the whole page is drawn. A click that cuts it short must not draw its own parts alone: what else
    has changed, such as the view, would never be drawn."""
    st.session_state[UNFINISHED] = True
    yield
    st.session_state[UNFINISHED] = False  # not where the run was cut short


def redraw(parts: str | Sequence[str]) -> None:
    """Draw the parts of these keys again; or the page, if its last run was cut short or has no such part any more. Only
    in a callback."""
    if not st.session_state.get(UNFINISHED):
        with suppress(StreamlitAPIException):
            st.rerun(parts)
