"""What a link asks of a page: nonsense in it is answered with one sentence, and the default is taken.

A widget bound to the link must keep its place among its neighbours from run to run: the browser forgets the binding of
one that moves. So every sentence comes after its widget, and what may be absent has a container of its own.
"""

from __future__ import annotations

import math
from typing import Any

import streamlit as st


def number(
    box: Any, label: str, key: str, low: float, high: float, default: float, note: Any = None, **more: Any
) -> Any:
    """A number input in `box`, bound to `key` in the link; a whole number if `default` is one.

    note: the container for a sentence about the link, where the box is too narrow for it.
    """
    sentence = refused_number(label, key, low, high, default)
    value = box.number_input(label, low, high, default, key=key, bind=binding(key), **more)
    if sentence:
        (note or box).warning(sentence, icon=":material/link_off:")
    return value


def binding(key: str) -> Any:
    """How a number widget is bound to the link: not at all while that says inf or nan, at which Streamlit fails."""
    try:
        if math.isfinite(float(st.query_params.get(key, 0))):
            return "query-params"
    except ValueError:
        return "query-params"
    if key in st.session_state:  # the widget is there, with its default: forget what the link said
        del st.query_params[key]
    return None


def refused_number(label: str, key: str, low: float, high: float, default: float) -> str:
    """A sentence if the link asks for a number that is not allowed, else ""; ask before the widget is drawn."""
    whole = isinstance(default, int)
    asked = st.query_params.get(key)
    if asked is None or key in st.session_state or _allowed(asked, low, high, whole):
        return ""
    kind = "whole number" if whole else "number"
    return (
        f"The link asks for {label.lower()} = {asked[:40]!r}; it must be a {kind} from {low:,} to {high:,}. "
        f"{default:,} is used."
    )


def _allowed(text: str, low: float, high: float, whole: bool) -> bool:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        return False
    return math.isfinite(value) and low <= value <= high
