"""Columns of one's own in every table of a space, on the Data page: where a file goes, and what was added."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from nas_core import spaces
from nas_core.benchmarks.tables import added_columns
from nas_core.sources import user_table
from ui import run_views
from ui.words import inert, safe_sentence

EVERY = "*"  # stands for all tables of a space


def target(space: str) -> str:
    """The table of the visitor's that a file adds columns to, EVERY for all of the space; "" where it is a table
    itself."""
    titles = {"": "a table of its own", EVERY: f"more columns of every {spaces.create(space).title()} table"}
    titles |= {name: f"more columns of {name}" for name in user_table.names(space)}
    return st.selectbox(
        "The file is",
        list(titles),
        key=f"own_target {space}",
        format_func=titles.__getitem__,
        help="More columns are numbers for architectures, such as published scores by a proxy. They become metrics of "
        "a table of yours, or of every table of these architectures, NATS-Bench's and those that come with the app "
        "too. The files of those tables stay as they are.",
    )


def draw_list() -> None:
    """What was added, each with a button that removes it."""
    for space in user_table.fitting():
        if sentence := added_columns.damage(space):
            st.error(safe_sentence(sentence), icon=":material/broken_image:")
            st.button("Remove it", key=f"remove columns {space}", on_click=added_columns.remove_all, args=(space,))
        for name in added_columns.names(space):
            with st.container(horizontal=True, vertical_alignment="center"):
                words = f"**{inert(added_columns.MARK + name)}**, in every table of the {space} space"
                st.markdown(f":material/view_column: {words}")
                key = f"remove column {space} {name}"
                remove_button(key, added_columns.names, added_columns.remove, space, name)


def remove_button(
    key: str, names: Callable[[str], Collection[str]], delete: Callable[[str, str], None], space: str, name: str
) -> None:
    """A button that deletes what is called `name` in that space, unless it is gone from `names` by then."""
    about = (names, delete, space, name)
    st.button("Remove", icon=":material/delete:", key=key, on_click=_remove, args=about)


def _remove(names: Callable[[str], Collection[str]], delete: Callable[[str, str], None], space: str, name: str) -> None:
    if name in names(space):
        delete(space, name)
    run_views.forget_tables()
