"""Boxes for limits such as MFLOPs ≤ 100, checked as they are read: what networks of a search must keep, and what of a
map is looked at."""

from __future__ import annotations

import math
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
from ui import links
from ui.words import are, plain, sentence


def draw(table: Table, box: Any) -> tuple[tuple[Constraint, ...], bool]:
    """(what the networks must keep, False); ((), True), after one sentence, if it is wrong."""
    text = box.text_input(
        "Limits",
        key="limits",
        bind="query-params",
        on_change=links.as_a_whole,
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
        box.caption(f"{inside:,} of {len(table.space):,} {table.space.noun}s {are(inside)} within the limits.")
    return limits, False


def unable(limits: Sequence[Constraint], classes: Sequence[type[Strategy]]) -> str:
    """A sentence on strategies that cannot keep limits; "" if there are none."""
    names = [strategy.heading() for strategy in classes if strategy.trains_weights]
    if not (limits and names):
        return ""
    return f"{', '.join(names)}: chooses by shared weights alone and cannot keep limits. Remove it, or the limits."


def filters(
    box: Any, note: Any, place: Any, table: Table, quantities: Mapping[str, Quantity], axes: Sequence[Quantity]
) -> tuple[np.ndarray | None, str]:
    """(bool[len(space)]: what keeps every limit that was set, those limits in words); (None, "") without any.

    A limit is on a quantity's title or on a metric's name; `filters` in the link. It is typed in `box`, or dragged in
    `place`, which has a slider for each quantity that is `shown`. One that cannot be read is said and left out, in the
    container `note`.
    """
    texts = box.multiselect(
        "Filters",
        list(st.session_state.get("filters", [])),
        key="filters",
        on_change=links.as_a_whole,
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
    inside, active = np.ones(len(table.space), bool), dict[str, Constraint]()
    for text in texts:
        try:
            (active[text],) = fitness.limits([_with_words(text, names)], names)
        except fitness.FitnessError as error:
            note.error(plain(sentence(_with_titles(str(error), names))), icon=":material/filter_alt_off:")
            continue
        inside &= active[text].allows(quantities[names[active[text].metric]].read())
    with place:
        for quantity in {q.title: q for q in axes}.values():
            _slider(quantity, {text: limit for text, limit in active.items() if names[limit.metric] == quantity.title})
    return (inside, " and ".join(in_words(c, names[c.metric]) for c in active.values())) if active else (None, "")


def _slider(quantity: Quantity, limits: Mapping[str, Constraint]) -> None:
    """Draw what can be dragged; kept: the limits on the quantity, by what was typed."""
    values = quantity.read()
    if np.isnan(values).all():
        return
    low, high = outward(float(np.nanmin(values)), float(np.nanmax(values)))
    low, high = (round(low), round(high)) if quantity.whole else (low, high)
    ends = max((c.low for c in limits.values()), default=low), min((c.high for c in limits.values()), default=high)
    key = f"drag.{quantity.title}"
    st.session_state[key] = tuple(
        type(low)(min(max(end, low), high)) for end in ends
    )  # the filters say where it stands
    st.slider(
        quantity.label,
        low,
        high,
        step=1 if quantity.whole else (high - low) / 200,
        key=key,
        format="%d" if quantity.whole else "%.4g",
        on_change=_dragged,
        args=(key, quantity.title, low, high, list(limits)),
    )


def _dragged(key: str, title: str, low: float, high: float, texts: Sequence[str]) -> None:
    """A limit takes the place of those that were typed; only in a callback."""
    first, last = st.session_state[key]
    begin, end = f"{first:.6g} ≤ " * (first > low), f" ≤ {last:.6g}" * (last < high)
    new = f"{begin}{title}{end}" if end or not begin else f"{title} ≥ {first:.6g}"
    rest = [text for text in st.session_state["filters"] if text not in texts]
    links.put({"filters": [*rest, *[new] * bool(begin or end)]})


def outward(low: float, high: float) -> tuple[float, float]:
    """Both rounded away from each other to three digits of their distance."""
    step = 10.0 ** math.floor(math.log10(high - low) - 2) if high > low else 1.0
    return round(math.floor(low / step) * step, 12), round(math.ceil(high / step) * step, 12) + (high == low)


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
