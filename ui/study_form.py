"""The form of a study: a box that is closed at first, since its page opens on a finished result; what forms share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from nas_core.benchmarks import Table
from nas_core.studies import landscape
from ui import choices, links


def distinct(box: Any, table: Table, key: str, more: str = "") -> bool:
    """Whether isomorphic architectures count once, asked for where there are any; more: of the tooltip."""
    return landscape.has_twins(table.space) and box.toggle(
        "Count equal networks once",
        True,
        key=key,
        bind="query-params",
        help=f"Many {table.space.noun}s are isomorphic: the same as another, written differently. {more}",
    )


@contextmanager
def study_form(label: str, key: str) -> Iterator[None]:
    """A box for widgets; what they say of the link is said below it. key: of the box in the link."""
    box, note = choices.fold(label, key, ":material/edit:"), st.container()
    with box, links.complaints(note):
        yield
