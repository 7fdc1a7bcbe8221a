"""A box for limits that networks must keep, such as flops_m<=100: checked as it is read, with how many are within."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nas_core import fitness
from nas_core.benchmarks import Table
from nas_core.strategies import Strategy
from nas_core.types import Constraint
from ui.words import plain, sentence


def draw(table: Table, box: Any) -> tuple[tuple[Constraint, ...], bool]:
    """(what the networks must keep, False); ((), True), after one sentence, if it is wrong."""
    text = box.text_input(
        "Limits",
        key="limits",
        bind="query-params",
        placeholder="for example flops_m<=100",
        max_chars=fitness.LONGEST,
        help="Only networks within the limits count: for the strategies, the curves, the optimum and the mean of "
        f"random search. Separate several by commas. Metrics: {', '.join(table.searchable)}.",
    )
    try:
        limits = fitness.limits([part for part in text.split(",") if part.strip()], table.searchable)
    except fitness.FitnessError as error:
        box.error(plain(sentence(error)), icon=":material/straighten:")
        return (), True
    if limits and not (inside := int(table.within(limits).sum())):
        words = plain(" and ".join(map(str, limits)))
        box.error(f"No {table.space.noun} of this table has {words}; relax the limit.", icon=":material/straighten:")
        return (), True
    if limits:
        box.caption(f"{inside:,} of {len(table.space):,} {table.space.noun}s are within the limits.")
    return limits, False


def unable(limits: Sequence[Constraint], chosen: Sequence[type[Strategy]]) -> str:
    """A sentence on strategies that cannot keep limits; "" if there are none."""
    names = [strategy.heading() for strategy in chosen if strategy.trains_weights]
    if not (limits and names):
        return ""
    return f"{', '.join(names)}: chooses by shared weights alone and cannot keep limits. Remove it, or the limits."
