"""Text to copy as it stands: a command, or an architecture in one of its notations.

Streamlit's own code element loads a highlighter for 200 languages, 1.5 MB that take a browser half a second.
"""

from __future__ import annotations

import html

import streamlit as st


def verbatim(text: str) -> None:
    """Draw `text` with a button that copies it (see assets/head_tools.js)."""
    escaped = html.escape(text).replace("\n", "&#10;")  # a blank line would end the block in Markdown
    st.markdown(
        f"<div class='verbatim'><div>{escaped}</div><button type='button'>Copy</button></div>", unsafe_allow_html=True
    )
