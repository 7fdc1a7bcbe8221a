"""A cell that can be changed where it is drawn, and a ranked list of cells to walk to; both are small components."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import streamlit as st

from nas_core.benchmarks import Metric
from nas_core.charts import cell, palette
from nas_core.spaces import SearchSpace
from nas_core.studies.landscape import Neighbor
from nas_core.types import Arch
from ui.assets import read

_editor = st.components.v2.component(
    "nas_cell_editor",
    html='<div class="editor"><div class="drawing"></div><div class="menu" role="menu" hidden></div></div>',
    css=read("cell_editor.css"),
    js=read("cell_editor.js"),
)
_neighbour_list = st.components.v2.component(
    "nas_ranked_list",
    html="<ol></ol>\n",
    css=read("ranked_list.css"),
    js=read("ranked_list.js"),
)


def cell_editor(
    key: str, space: SearchSpace, arch: Arch, on_edit: Callable[[Arch], None], notes: Sequence[Sequence[str]]
) -> None:
    """Draw `arch`; a click on an operation opens a menu, and a choice calls `on_edit` with the changed architecture.

    notes: per decision and option a few characters shown beside it in the menu, such as the accuracy it leads to.
    """

    def edited() -> None:
        if (edit := st.session_state[key].edited) is not None:
            decision, option = edit
            on_edit((*arch[:decision], option, *arch[decision + 1 :]))

    decisions = [
        {
            "title": f"Edge {title}" if "←" in title else title.capitalize(),
            "current": arch[i],
            "choices": [
                {"label": _chip(option)[0], "colour": _chip(option)[1], "note": notes[i][k]}
                for k, option in enumerate(space.options[i])
            ],
        }
        for i, title in enumerate(space.decisions)
    ]
    _editor(key=key, data={"svg": cell.svg(space, arch), "decisions": decisions}, on_edited_change=edited)


def ranked_steps(
    key: str, space: SearchSpace, near: Sequence[Neighbor], metric: Metric, on_pick: Callable[[int], None]
) -> None:
    """The neighbours `near`, which come best first, as a list; a click calls `on_pick(row)`."""

    def pick() -> None:
        if (row := st.session_state[key].picked) is not None:
            on_pick(int(row))

    sign = 1 if metric.goal == "max" else -1
    better = sum(sign * n.change > 0 for n in near)
    if all(math.isnan(n.change) for n in near):
        whose = "Its neighbours have" if all(math.isnan(n.value) for n in near) else "It has"
        headline = f"{whose} no {metric.title}, so they cannot be compared."
    else:
        headline = (
            f"**{better} of its {len(near)} neighbours are better.**"
            if better
            else ("**No neighbour is better:** a local optimum.")
        )
    st.markdown(headline, help=f"Cells that differ in one choice, ranked by {metric.title}. Click one to walk there.")
    values = [n.value for n in near if not math.isnan(n.value)]
    low, span = (min(values), max(values) - min(values)) if values else (0.0, 0.0)
    items = [
        {
            "id": n.row,
            "title": space.decisions[n.decision],
            "from": _chip(n.old),
            "to": _chip(n.new),
            "value": _number(n.value),
            "change": "" if math.isnan(n.change) else f"{n.change:+.2f}" if n.change else "same",
            "kind": "good" if sign * n.change > 0 else "bad" if sign * n.change < 0 else "",
            "share": (n.value - low) / span if span and not math.isnan(n.value) else 0.0,
            "spoken": f"{space.decisions[n.decision]} from {n.old} to {n.new}: {_number(n.value, metric.unit)}",
        }
        for n in near
    ]
    _neighbour_list(key=key, data={"items": items, "label": "Neighbours, best first"}, on_picked_change=pick)


def _number(value: float, unit: str = "") -> str:
    return "missing" if math.isnan(value) else f"{value:.2f} {unit}".strip()


def _chip(option: str) -> tuple[str, str]:
    return palette.short(option), palette.option(option)
