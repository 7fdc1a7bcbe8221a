"""The line above the form of Search: what people come for, each as a beginning."""

from __future__ import annotations

import streamlit as st

from nas_core.benchmarks import Table
from ui import links
from ui.several_form import SEVERAL

ABLATION = "pages/60_why_evolution.py"


def draw(table: Table) -> None:
    """Buttons that fill in what is searched for, and the way to an experiment with a form of its own."""
    aims = {"Compare strategies": table.metrics[table.main].title or table.main}
    if len(table.searchable) > 1:
        aims["Accuracy against cost"] = SEVERAL
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Try:", width="content")
        for label, aim in aims.items():
            st.button(label, key=f"template {label}", on_click=take, args=(aim,), type="tertiary")
        st.page_link(ABLATION, label="Why does evolution work? (ablation)", icon=":material/science:")


def take(aim: str) -> None:
    """Search for that; the curves go back to what they show first for it; only in a callback."""
    links.put({"objective": aim})
    show_it()


def show_it() -> None:
    """The curves go back to what they show first for what is searched for now; only in a callback."""
    links.as_a_whole()
    st.session_state.pop("report", None)
    st.query_params.pop("report", None)
