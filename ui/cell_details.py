"""The numbers of one architecture as a small table with the source behind each number, and sentences about it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core.benchmarks import Table
from nas_core.charts import palette
from nas_core.charts.cell import svg
from nas_core.spaces import SearchSpace
from nas_core.studies import landscape
from nas_core.studies.certainty import Certainty, certainty
from nas_core.types import Arch, counted
from nas_core.values import capitalised, unit_beside
from ui import own_cache, table_choice
from ui.assets import ASSETS
from ui.verbatim import verbatim
from ui.words import unbroken

NUMBERS = "nats: NATS-Bench's number; own: this project's."  # of an architecture
_CSS = ASSETS / "numbers.css"


def style() -> None:
    """The look of these tables; call it once a page."""
    st.html(_CSS)


def number(value: float, unit: str = "") -> str:
    """As people read it: "73.29 %", "0.0984 million", "missing". Percents have two decimals, in the tables too."""
    if math.isnan(value):
        return "missing"
    size = abs(value)
    digits = 2 if unit == "%" else 0 if size >= 1000 else 2 if size >= 10 else 3 if size >= 1 else 4
    return f"{value:,.{digits}f} {unit}".strip()


def headline(box: DeltaGenerator, standing: landscape.Standing) -> None:
    """One number in large, with its rank; its source is in the tooltip."""
    rank = f"rank {standing.rank:,} of {standing.of:,}" if not math.isnan(standing.value) else None
    box.metric(
        capitalised(standing.title) + standing.after,
        number(standing.value, standing.unit),
        rank,
        delta_color="off",
        delta_arrow="off",
        help=standing.source,
    )


def certain(table: Table, metric: str) -> None:
    """How sure it is which architecture is best by `metric`, where the table knows."""
    if (reliability := _certainty(table.fingerprint(), metric, table)) is not None:
        title = table.metrics[metric].title
        st.caption(unbroken(f"{capitalised(title)}: {reliability.sentence(table.metrics[metric].unit)}"))


@own_cache.resource(max_entries=64)
def _certainty(table: str, metric: str, _table: Table) -> Certainty | None:
    return certainty(_table, metric)


def standings(rows: Sequence[landscape.Standing]) -> None:
    """A table of metric, value, rank and the share of architectures it beats; hover over a row for its source."""
    lines = []
    for s in rows:
        has_value, unit = not math.isnan(s.value), unit_beside(s.title, s.unit)
        lines.append(
            f"<tr title='{html.escape(s.source, quote=True)}'><th scope='row'>{html.escape(s.title)}</th>"
            f"<td>{number(s.value, html.escape(unit))}</td><td>{f'{s.rank:,}' if has_value else ''}</td>"
            f"<td>{f'{s.percentile:.1f}' if has_value else ''}</td></tr>"
        )
    of = max((s.of for s in rows), default=0)
    st.markdown(
        "<table class='numbers'><thead><tr><th>metric</th><th>value</th>"
        f"<th title='1 is the best of {of:,}'>rank</th>"
        "<th title='Percent of architectures that are no better'>percentile</th></tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>",
        unsafe_allow_html=True,
    )
    training(rows)


def training(rows: Sequence[landscape.Standing]) -> None:
    """After how many epochs these numbers are, where the table has several lengths of training."""
    if lengths := {s.after.removeprefix(", ") for s in rows if s.after}:
        st.caption(f"Accuracies and losses are those of the full training: {' or '.join(lengths)}.")


def card(table: Table, row: int, remark: str = "") -> None:
    """Name, drawing and numbers of architecture `row`; remark: what follows its name."""
    space, arch = table.space, table.space.arch(row)
    st.markdown(f"**{space.noun.capitalize()} {row}**{remark}")
    st.markdown(svg(space, arch), unsafe_allow_html=True)
    st.caption(space.number_label(arch))


def notations(space: SearchSpace, arch: Arch) -> None:
    """The numbers of an architecture, and how else it is written."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(space.number_label(arch), help=NUMBERS)
        others = st.popover("Other notations", type="tertiary", key="notations", on_change="rerun")
        if others.open:
            with others:
                for notation in space.notations.values():
                    st.caption(notation.title)
                    verbatim(notation.write(arch))


def twins(space: SearchSpace, row: int, same: np.ndarray) -> None:
    """How many architectures are the same network as `row`; `same` (int[k]) lists them all."""
    if len(same) < 2:
        return
    others = [int(t) for t in same if t != row]
    names = ", ".join(space.number_labels(others if len(others) < 5 else others[:3]))
    names += f" and {len(others) - 3:,} more" * (len(others) > 4)
    st.caption(
        f"Computes the same as {counted(len(others), f'other {space.noun}')}: {names}.",
        help=f"Isomorphic {space.noun}s are the same network written differently, with parts that are dead, only hand "
        "on, or change places. In the tables of this project they share an accuracy, but each has its own cost.",
    )


def open_on_explore(table: Table, row: int, label: str = "Open on Explore") -> None:
    """A link to architecture `row` of the table on Explore."""
    link = table_choice.link(table.name, table.dataset) | {"cell": str(row)}
    st.page_link("pages/10_explore.py", label=label, icon=":material/open_in_new:", query_params=link)


def typical(options: Sequence[landscape.Typical]) -> None:
    """One sentence on what the listed architectures share."""
    if not options:
        st.markdown("These networks have nothing in common: no option stands out.")
        return
    parts = [
        f"**{palette.short(t.option)}** on {t.decision} in {100 * t.share:.0f} % ({100 * t.usual:.0f} % of all)"
        for t in options
    ]
    lead = "What they have in common" if options[0].share > options[0].usual else "What they mostly lack"
    st.markdown(unbroken(f"{lead}: {'; '.join(parts)}."))
