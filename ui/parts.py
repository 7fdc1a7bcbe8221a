"""Parts of a page that are drawn again by themselves, and callbacks that ask for some of them only.

Streamlit breaks off what it draws when the next message comes. A callback that then asked for a few parts would leave
the rest as it was, though the browser shows the choice that asked for it: so whatever was broken off is asked for too.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

UNDRAWN = "parts that are not drawn yet"  # in the session: {key: None}, the first first; None for the whole page


def begin() -> None:
    """The page is drawn as a whole from here on."""
    st.session_state[UNDRAWN] = None


def finish() -> None:
    """All of it has been drawn; a page that never says so is always drawn as a whole."""
    st.session_state[UNDRAWN] = {}


def part(key: str, draw: Callable[..., object], *args: Any, every: float | None = None) -> None:
    """A part that `draw` draws; also by itself, where a callback asks for `key`, and `every` so many seconds."""

    def drawn() -> None:
        if (undrawn := st.session_state.get(UNDRAWN)) is not None:
            undrawn[key] = None  # it may be broken off, by whatever it was asked for
        draw(*args)
        if undrawn := st.session_state.get(UNDRAWN):
            undrawn.pop(key, None)

    st.fragment(key=key, run_every=every)(drawn)()


def again(*keys: str) -> None:
    """Draw these parts in this order, after whatever else was not drawn to its end; the page, where it has no such part
    any more.

    Only in a callback.
    """
    undrawn = st.session_state.get(UNDRAWN)
    if undrawn is not None:
        undrawn |= dict.fromkeys(keys)
        with suppress(StreamlitAPIException):
            st.rerun(list(undrawn))
