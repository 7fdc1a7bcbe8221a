"""What a link asks of a page: nonsense in it is answered with one sentence, and the default is taken."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st


def number(box: Any, label: str, key: str, low: float, high: float, default: float, **more: Any) -> Any:
    """A number input bound to `key` in the link; a whole number if `default` is one."""
    refused = refused_number(label, key, low, high, default)
    bind = None if refused else "query-params"  # Streamlit itself would fail at inf
    return box.number_input(label, low, high, default, key=key, bind=bind, **more)


def refused_number(label: str, key: str, low: float, high: float, default: float) -> bool:
    """True, after one sentence, if the link asks for a number that is not allowed."""
    whole = isinstance(default, int)
    asked = st.query_params.get(key)
    if asked is None or _allowed(asked, low, high, whole):
        return False
    if key in st.session_state:  # it was said when the page opened
        del st.query_params[key]
        return True
    kind = "whole number" if whole else "number"
    st.warning(
        f"The link asks for {label.lower()} = {asked[:40]!r}; it must be a {kind} from {low:,} to {high:,}. "
        f"{default:,} is used.",
        icon=":material/link_off:",
    )
    return True


def _allowed(text: str, low: float, high: float, whole: bool) -> bool:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        return False
    return math.isfinite(value) and low <= value <= high
