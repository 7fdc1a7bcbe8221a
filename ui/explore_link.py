"""The views of Explore: what each has in the link, and what becomes of it when another is shown."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui import front_links, parts

MAP, FRONT, LANDSCAPE = "Map", front_links.VIEW, "Landscape"
BY_HAND = {MAP: ("region", "zoom"), FRONT: ("front_region", "front_zoom")}  # in the link, by no widget
WIDGETS = {  # what else the link has of a view
    MAP: (
        *("x", "y", "colour", "filters", "isomorphic", "compare", "across", "against", "chart", "table"),
        *("what", "live_seed"),
    ),
    FRONT: front_links.NAMES,
    LANDSCAPE: ("height", "optima_table"),
}
BEGINNINGS = {MAP: ("size ",), FRONT: front_links.BEGINNINGS}  # of more such names
ASIDE = "aside"  # in the session: what the link had of BY_HAND when their view was left


def turn() -> None:
    """What is selected in a view is selected in the next, whatever that begins with; only in a callback."""
    parts.begin()
    if (row := st.session_state.get("last cell")) is not None:
        st.session_state["next cell"] = str(row)
    aside = st.session_state.get(ASIDE, {})
    names = BY_HAND.get(st.session_state["view"], ())
    st.query_params.update({name: aside.pop(name) for name in names if name in aside})
    # also of nothing: a word of the view before that came late may have taken the choice out of the address


def only(view: str) -> None:
    """The link has what is shown. What a hidden view had said when it was left can come after that."""
    aside = st.session_state.setdefault(ASIDE, {})
    for other in {*WIDGETS} - {view}:
        for name in BY_HAND.get(other, ()):
            if name in st.query_params:
                aside[name] = st.query_params.pop(name)
        for name in [name for name in st.query_params if belongs(other, name)]:
            with suppress(StreamlitAPIException):  # still bound, to what is there until this run ends
                del st.query_params[name]


def belongs(view: str, name: str) -> bool:
    """Whether that name in the link is of a widget of the view."""
    return name in WIDGETS[view] or name.startswith(BEGINNINGS.get(view, ()))
