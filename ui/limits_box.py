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
        help="Only networks within count: for the strategies, the curves, the best there is and what random search "
        f"gives. Several are separated by commas. Metrics: {', '.join(table.searchable)}.",
    )
    try:
        found = fitness.limits([part for part in text.split(",") if part.strip()], table.searchable)
    except fitness.FitnessError as error:
        box.error(plain(sentence(error)), icon=":material/straighten:")
        return (), True
    if found and not (inside := int(table.within(found).sum())):
        wanted = plain(" and ".join(map(str, found)))
        box.error(f"No {table.space.noun} of this table keeps {wanted}; widen the limit.", icon=":material/straighten:")
        return (), True
    if found:
        box.caption(f"{inside:,} of {len(table.space):,} {table.space.noun}s are within.")
    return found, False


def unable(limits: Sequence[Constraint], chosen: Sequence[type[Strategy]]) -> str:
    """A sentence on strategies that can keep no limit; "" if there is none."""
    names = [strategy.heading() for strategy in chosen if strategy.trains_weights]
    if not (limits and names):
        return ""
    return f"{', '.join(names)}: chooses by shared weights alone and can keep no limit. Leave it out, or the limit."
