"""The form of a study: a box that is closed at first, since its page opens on a finished result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui import links


@contextmanager
def study_form(label: str, key: str) -> Iterator[None]:
    """A box for widgets; what they say of the link is said below it. key: of the box in the link."""
    box, note = (
        st.expander(label, key=key, icon=":material/edit:", bind="query-params", on_change="rerun"),
        st.container(),
    )
    with box, links.complaints(note):
        yield
