"""Boxes for limits such as MFLOPs ≤ 100, checked as they are read: what networks of a search must keep, and what of a
map is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from nas_core import fitness
from nas_core.benchmarks import Table
from nas_core.charts.quantities import Quantity
from nas_core.strategies import Strategy
from nas_core.types import Constraint
from ui.words import plain, sentence


def draw(table: Table, box: Any) -> tuple[tuple[Constraint, ...], bool]:
    """(what the networks must keep, False); ((), True), after one sentence, if it is wrong."""
    text = box.text_input(
        "Limits",
        key="limits",
        bind="query-params",
        placeholder="for example MFLOPs ≤ 100",
        max_chars=fitness.LONGEST,
        help="Only networks within the limits count: for the strategies, the curves, the optimum and the mean of "
        "random search. Separate several by commas, write ≤ or <=, and a metric by its title or by its name: "
        f"{', '.join(table.searchable)}.",
    )
    order = sorted(table.metrics, key=table.searchable.__contains__)  # what can be limited has its title for itself
    titles = {name: table.metrics[name].title or name for name in order}
    try:
        limits = fitness.limits([_with_words(t, titles) for t in text.split(",") if t.strip()], table.searchable)
    except fitness.FitnessError as error:
        box.error(plain(sentence(_titled(str(error), titles))), icon=":material/straighten:")
        return (), True
    if limits and not (inside := int(table.within(limits).sum())):
        words = plain(" and ".join(in_words(c, table.metrics[c.metric].title) for c in limits))
        box.error(f"No {table.space.noun} of this table has {words}; relax the limit.", icon=":material/straighten:")
        return (), True
    if limits:
        box.caption(f"{inside:,} of {len(table.space):,} {table.space.noun}s are within the limits.")
    return limits, False


def unable(limits: Sequence[Constraint], classes: Sequence[type[Strategy]]) -> str:
    """A sentence on strategies that cannot keep limits; "" if there are none."""
    names = [strategy.heading() for strategy in classes if strategy.trains_weights]
    if not (limits and names):
        return ""
    return f"{', '.join(names)}: chooses by shared weights alone and cannot keep limits. Remove it, or the limits."


def filters(box: Any, note: Any, table: Table, quantities: Mapping[str, Quantity]) -> tuple[np.ndarray | None, str]:
    """(bool[len(space)]: what keeps every limit that was typed, those limits in words); (None, "") without any.

    A limit is on a quantity's title or on a metric's name; `filters` in the link. One that cannot be read is said and
    left out, in the container `note`.
    """
    texts = box.multiselect(
        "Filters",
        list(st.session_state.get("filters", [])),
        key="filters",
        bind="query-params",
        accept_new_options=True,
        label_visibility="collapsed",
        placeholder="Filter: for example MFLOPs ≤ 100",
        help="Type a limit and press Enter, such as MFLOPs <= 100 or 1 <= number of skip <= 2. All "
        f"must be kept. Whatever can be on an axis can be limited, and metrics by name: {', '.join(table.metrics)}.",
    )
    names = {_word(title): title for title in quantities} | {
        name: metric.title for name, metric in table.metrics.items() if metric.title in quantities
    }
    inside, words = np.ones(len(table.space), bool), []
    for text in texts:
        try:
            (limit,) = fitness.limits([_with_words(text, names)], names)
        except fitness.FitnessError as error:
            note.error(plain(sentence(_with_titles(str(error), names))), icon=":material/filter_alt_off:")
            continue
        inside &= limit.allows(quantities[names[limit.metric]].read())
        words.append(in_words(limit, names[limit.metric]))
    return (inside, " and ".join(words)) if words else (None, "")


def in_words(limit: Constraint, title: str) -> str:
    """ "MFLOPs ≤ 100", title: of its metric."""
    return str(limit).replace(limit.metric, title or limit.metric).replace("<=", " ≤ ").replace(">=", " ≥ ")


def _word(title: str) -> str:
    """A title as one word, which is what a limit is set on."""
    return re.sub(r"\W+", "_", title)


def _with_words(text: str, names: Mapping[str, str]) -> str:
    """The limit `text` with words for the titles among `names` ({word: title}), however their letters are written."""
    words = {_typed(title): word for word, title in names.items()} | {_typed(word): word for word in names}
    titles = "|".join(re.escape(title) for title in sorted(words, key=len, reverse=True))
    text = text.replace("×", "x").replace("≤", "<=").replace("≥", ">=")
    return re.sub(rf"(?<!\w)({titles})(?!\w)", lambda match: words[match[0].lower()], text, flags=re.IGNORECASE)


def _typed(text: str) -> str:
    return text.lower().replace("×", "x")


def _with_titles(message: str, names: Mapping[str, str]) -> str:
    """What is wrong with a limit, without the list of all that can be limited."""
    problem, _, rest = message.partition("; there are: ")
    problem = _titled(problem, names)
    return f"{problem}; there is what an axis can show, by its title, and metrics by name" if rest else problem


def _titled(message: str, names: Mapping[str, str]) -> str:
    """The message with titles for words."""
    return re.sub(r"\w+", lambda word: names.get(word[0], word[0]), message)
