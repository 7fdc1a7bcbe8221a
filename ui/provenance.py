"""Where the numbers of a table come from, for whoever wants to check or cite them."""

from __future__ import annotations

import streamlit as st

from nas_core.benchmarks import Table
from ui.words import inert


def provenance(table: Table) -> None:
    """An expander with protocol, versions and machine, and one line on each metric."""
    with st.expander("Where these numbers come from", icon=":material/source:"):
        st.markdown("\n".join(f"- **{label}**: {inert(text)}" for label, text in table.provenance().items()))
        st.markdown(
            "| metric | unit | meaning | source |\n|---|---|---|---|\n"
            + "\n".join(
                f"| {inert(m.title or n)} | {m.unit} | {inert(m.help)} | {inert(m.source)} |"
                for n, m in table.metrics.items()
            )
        )
        if fingerprint := table.fingerprint():
            st.caption(f"Fingerprint of the table: {fingerprint}. It changes when any number changes.")
