"""Up to four architectures side by side: drawings with their differences outlined, numbers, learning curves."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import cell, training_curve
from nas_core.spaces import SearchSpace
from nas_core.studies import landscape
from nas_core.values import unit_beside
from ui import figures, parts
from ui.cell_details import number, training
from ui.selection import row_of
from ui.words import plain, sentence

MOST = 4


def add(row: int) -> None:
    """Put an architecture beside the others; only in a callback, and `comparison` must run again."""
    st.session_state["next compared"] = f"own:{row}"


def comparison(table: Table, mask: np.ndarray | None) -> None:
    """Choose and compare, bound to `compare` in the link; ranks are among the rows `mask` (bool[n], None: all)."""
    st.subheader("Side by side", anchor=False)
    space, noun = table.space, table.space.noun
    rows = _choose(space)
    if not rows:
        return
    archs = [space.arch(row) for row in rows]
    columns = st.container(key="two-a-row-compared").columns(max(len(rows), 2))
    for column, row, arch in zip(columns, rows, archs, strict=False):
        changed = [i for i, (a, b) in enumerate(zip(arch, archs[0], strict=True)) if a != b]
        column.markdown(
            f"**{noun.capitalize()} {row}** ({space.number_label(arch)})"
            + (f": {len(changed)} different" if changed else "")
        )
        column.markdown(cell.svg(space, arch, changed), unsafe_allow_html=True)
    names = [f"{noun} {row}" for row in rows]
    standings = [landscape.standings(table, row, mask) for row in rows]
    _numbers(names, standings)
    training(standings[0])
    curves = [training_curve.table_curve(table, row, name) for row, name in zip(rows, names, strict=True)]
    if any(curve.has("val_acc") for curve in curves):
        figure = training_curve.figure(curves, "acc", ("val",), table.fidelities[-1])
        figures.echarts(figure, height=260, key="compared", alt="validation accuracy of the compared architectures")


def _choose(space: SearchSpace) -> list[int]:
    """The box of architectures; what cannot be read is said and left out."""
    noun = space.noun
    numbers = "".join(f", {name}:1" for name in space.numbers(space.arch(0)) if name != "own")
    addition, before = st.session_state.pop("next compared", None), st.session_state.get("compare", [])
    if addition is not None and addition not in before:
        st.session_state["compare"] = [*before, addition][-MOST:]
    texts = st.multiselect(
        f"{noun.capitalize()}s",
        list(st.session_state.get("compare", [])),
        key="compare",
        bind="query-params",
        max_selections=MOST,
        accept_new_options=True,
        on_change=_typed,
        placeholder=f"Type a string{numbers} or own:1, or add the selected {noun}",
        help=f"Up to {MOST}. Differences from the first are outlined.",
    )
    st.session_state["last compared"] = texts
    for text in texts:
        if problem := _read(space, text)[1]:
            st.error(plain(sentence(problem)), icon=":material/search_off:")
    if not texts:
        st.caption(f"Nothing to compare yet: press “Add to side by side” on a {noun}, or type some here.")
    return rows(space)


def _typed() -> None:
    """Remember what a person has typed: it must say whose number it is, as a link need not. The map marks the rest."""
    state = st.session_state
    new = [text for text in state["compare"] if text not in state.get("last compared", ())]
    state["typed compared"] = {*state.get("typed compared", ()), *new}
    parts.again("compare", "marks")


def rows(space: SearchSpace) -> list[int]:
    """Numbers of the architectures that are side by side."""
    rows = (_read(space, text)[0] for text in st.session_state.get("compare", []))
    return list(dict.fromkeys(row for row in rows if row is not None))


def _read(space: SearchSpace, text: str) -> tuple[int | None, str]:
    """(row, "") of an architecture, or (None, what is wrong with the text)."""
    try:
        return row_of(space, text, text in st.session_state.get("typed compared", ())), ""
    except ValueError as error:
        return None, str(error)


def _numbers(names: Sequence[str], columns: Sequence[Sequence[landscape.Standing]]) -> None:
    """One column an architecture, one row a metric; the best of a row is bold, the others say how far they are off."""
    lines = []
    for across in zip(*columns, strict=True):
        best = min((s for s in across if not math.isnan(s.value)), key=lambda s: s.rank, default=None)
        cells = []
        for s in across:
            text = number(s.value, html.escape(unit_beside(s.title, s.unit)))
            if best is None or math.isnan(s.value):
                cells.append(f"<td>{text}</td>")
            elif s.value == best.value:
                cells.append(f"<td><b>{text}</b></td>")
            else:
                cells.append(f"<td>{text} <small>{s.value - best.value:+.3g}</small></td>")
        title = html.escape(across[0].title)
        lines.append(
            f"<tr title='{html.escape(across[0].source, quote=True)}'><th scope='row'>{title}</th>{''.join(cells)}</tr>"
        )
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    st.markdown(
        f"<div class='wide'><table class='numbers'><thead><tr><th>metric</th>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>",
        unsafe_allow_html=True,
    )
