"""Widgets drawn from the parameters of a plugin: their help, limits and options come from its own file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core.plugins import Plugin, params, validate
from nas_core.predictors import Predictor
from nas_core.strategies import Strategy
from nas_core.values import capitalised
from ui import links

COLUMNS = 4  # of widgets
LARGEST = 2**53 - 1  # the largest whole number a browser counts exactly


def draw(
    plugin: type[Plugin],
    prefix: str,
    note: DeltaGenerator,
    *,
    leave: Collection[str] = (),
    choices: Mapping[str, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """A widget for each parameter but those that the page itself asks for, `leave`.

    Returns those that differ from their default, so that equal choices make equal runs.
    Each is bound to `prefix.name` in the link; nonsense there is answered with one sentence and the default is taken.
    note: the container for such sentences; not in an expander, where nobody would see them.
    choices: parameters for which the page knows all values; the first is shown for the default.
    """
    parameters = [field for field in params(plugin) if field.name not in leave]
    if not parameters:
        st.caption(f"{plugin.heading()} has no parameters.")
        return {}
    boxes = st.columns(min(COLUMNS, len(parameters)))
    changes = {}
    for i, field in enumerate(parameters):
        key = f"{prefix}.{field.name}"
        with boxes[i % len(boxes)].container():
            sentence = _refused(plugin, field, key)
            value = _widget(field, key, (choices or {}).get(field.name, ()))
        if sentence:
            links.complain(sentence, note)
        if value != field.default:
            changes[field.name] = validate(plugin.name, field, value)
    return changes


def described(
    place: DeltaGenerator, plugin: type[Strategy | Predictor], prefix: str, note: DeltaGenerator
) -> dict[str, Any]:
    """`draw` in `place`, under what the plugin is and its paper."""
    with place:
        st.markdown(f"**{plugin.heading()}** · {plugin.summary()} :gray[{plugin.paper}]")
        return draw(plugin, prefix, note)


def values(plugin: type[Plugin], prefix: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """{key: value} that sets the widgets of `draw` to these parameters and the rest to their defaults; see `links.put`.

    Without those that have their default because they were never drawn; they need not stand in the link.
    """
    return {
        key: settings.get(field.name, field.default)
        for field in params(plugin)
        if (key := f"{prefix}.{field.name}") in st.session_state or field.name in settings
    }


def _refused(plugin: type[Plugin], field: Field, key: str) -> str:
    """A sentence if the link asks for a value that is not allowed, else ""; the widget then takes its default."""
    text = st.query_params.get(key)
    if text is None or key in st.session_state:
        return ""
    try:
        validate(plugin.name, field, text)
    except ValueError as error:
        return f"The link asks for a value that is not allowed: {error}. The default is used."
    return ""


def _widget(field: Field, key: str, choices: Sequence[Any]) -> Any:
    """The widget's value; each kind of parameter has its own."""
    meta, default = field.metadata, field.default
    label = field.name.replace("_", " ").capitalize().replace("mflops", "MFLOPs")
    number = isinstance(default, int | float) and not isinstance(default, bool)
    bind = links.binding(key) if number else "query-params"
    common: dict[str, Any] = {"key": key, "bind": bind, "on_change": links.as_a_whole}
    common["help"] = capitalised(meta["help"])
    if choices:
        value = st.selectbox(label, list(choices), **common)
        return default if value == choices[0] else value
    if meta["options"]:
        options = list(meta["options"])
        return st.selectbox(label, options, options.index(default), **common)
    if isinstance(default, bool):
        return st.toggle(label, default, **common)
    if isinstance(default, int):
        low, high = meta["low"], meta["high"]
        return st.number_input(
            label, -LARGEST if low is None else low, LARGEST if high is None else high, default, 1, **common
        )
    if isinstance(default, float):
        step = 10.0 ** (len(str(int(abs(default)))) - 2) if abs(default) >= 1 else 0.05
        return st.number_input(label, meta["low"], meta["high"], default, step, format="%g", **common)
    return st.text_input(label, default, **common)
