"""A box for a fitness of your own: checked as it is read, with the units of what it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from nas_core import fitness
from nas_core.benchmarks import Table
from nas_core.fitness import Expression, FitnessError
from nas_core.types import with_unit
from ui import links
from ui.words import plain, sentence

EXAMPLE = "val_acc - 2*log(flops_m)"


def draw(
    key: str,
    table: Table,
    values: Callable[[Expression], np.ndarray],
    use: str,
    allowed: np.ndarray | None = None,
    note: Any = st,
) -> tuple[Expression | None, bool]:
    """(the expression, True); (None, True) while the box is empty; (None, False), after one sentence, if it is wrong.

    key: of the box, and its name in the link. values: the fitness of every architecture, float64[len(space)].
    use: what it is for, a sentence of the tooltip.
    allowed: bool[len(space)], those within limits; None: all. note: the container for what is said of it.
    """
    text = st.text_input(
        "Your own fitness",
        key=key,
        bind="query-params",
        on_change=links.as_a_whole,
        placeholder=f"for example {EXAMPLE}",
        max_chars=fitness.LONGEST,
        help=f"A formula for what you want, higher is better: {fitness.GRAMMAR}. "
        f"Metrics: {', '.join(table.searchable)}. {use}",
    ).strip()
    if not text:
        return None, True
    try:
        expression = fitness.searchable(text, table.metrics)
    except FitnessError as error:
        note.error(plain(sentence(error)), icon=":material/function:")
        return None, False
    inside = np.arange(len(table.space)) if allowed is None else np.flatnonzero(allowed)
    numbers = values(expression)[inside]
    if np.isnan(numbers).all():
        note.error("This fitness has no value for any network here: check divisions and logarithms.")
        return None, False
    metrics = [(name, table.metrics[name]) for name in expression.names]
    units = "; ".join(f"{name} is {with_unit(m.title or name, m.unit)}" for name, m in metrics)
    missing = int(np.isnan(numbers).sum())
    without = f" No value for {missing:,} of {len(numbers):,}." if missing else ""
    best = f"{np.nanmax(numbers):.4g}, of {table.space.noun} {inside[np.nanargmax(numbers)]}"
    note.caption(f"{units}. Highest: {best}.{without}")
    return expression, True
