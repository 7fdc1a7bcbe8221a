"""What the Train page draws: growing curves, each network beside the table, and a closer look at one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from nas_core import stats
from nas_core.benchmarks import Table
from nas_core.charts import pictures, training_curve
from nas_core.charts.cell import svg
from nas_core.charts.training_curve import Curve
from nas_core.sources import user_table
from nas_core.studies import trainings
from nas_core.studies.trainings import PICTURES, Examples, Inspection
from nas_core.types import counted
from ui import choices, downloads, figures, links, run_views, tables
from ui.words import inert, safe_sentence, standout

MISTAKES = 20  # that are listed
CURVES = {
    "validation accuracy": ("acc", "val"),
    "training accuracy": ("acc", "train"),
    "test accuracy": ("acc", "test"),
    "validation loss": ("loss", "val"),
    "training loss": ("loss", "train"),
}


def choose_curve() -> str:
    """Which number the curves show, bound to the link."""
    return choices.one(
        st.columns([2, 5])[0],
        "Show",
        "curve_of",
        CURVES,
        "Accuracy is the share of correct answers. Loss also measures how confident they were. A network that does "
        "much better on training data than on others overfits.",
    )


def curves(table: Table, rows: Sequence[int], items: Sequence[Any], curve: str) -> None:
    """A line a network, as far as it has been trained."""
    what, split = CURVES[curve]
    lines = [_curve(table, row, items) for row in rows if trainings.epochs_of(items, row)]
    if not lines:
        st.caption(
            "The curves of the table, until the first epoch is done: that takes a few seconds longer, because PyTorch "
            "has to load and the data are prepared."
        )
        _tabulated(table, rows, curve)
        return
    option = training_curve.figure(lines, what, (split,), table.fidelities[-1])
    figures.echarts(option, height=330, key="curves", alt=f"{curve} of {len(lines)} networks")


def tabulated(table: Table, rows: Sequence[int]) -> None:
    """Before they are trained here: their curves as the table has them."""
    _tabulated(table, rows, choose_curve())
    st.caption("From the table: these networks were trained before by the same recipe.")


def _tabulated(table: Table, rows: Sequence[int], curve: str) -> None:
    what, split = CURVES[curve]
    lines = [training_curve.table_curve(table, row, f"{table.space.noun} {row}") for row in rows]
    option = training_curve.figure(lines, what, (split,), table.fidelities[-1])
    figures.echarts(option, height=330, key="tabulated", alt=f"{curve} of {len(lines)} networks")


def _curve(table: Table, row: int, items: Sequence[Any]) -> Curve:
    epochs = [{"epoch": e.number, **e.metrics} for e in trainings.epochs_of(items, row)]
    return training_curve.live_curve(f"{table.space.noun} {row}", epochs)


def headline(table: Table, rows: Sequence[int], items: Sequence[Any]) -> None:
    """Who does best."""
    st.markdown(standout(trainings.reading(table, rows, items), "headline"), unsafe_allow_html=True)


def summary(table: Table, rows: Sequence[int], items: Sequence[Any]) -> None:
    """Each network's last numbers beside those of the table, and the downloads."""
    frame = pd.DataFrame([_row(table, row, items) for row in rows if trainings.epochs_of(items, row)])
    numbers: dict[str, Any] = {
        name: st.column_config.NumberColumn(format="%.2f") for name in map(str, frame) if "accuracy" in name
    }
    numbers["seconds"] = st.column_config.NumberColumn(format="%.1f", help="Training only, on one thread.")
    tables.show(frame, column_config=numbers)
    downloads.csv(lambda: training_curve.frame_of([_curve(table, r, items) for r in rows]), "live-curves", "Curves")


def _row(table: Table, row: int, items: Sequence[Any]) -> dict[str, Any]:
    epochs = trainings.epochs_of(items, row)
    last = epochs[-1]
    out: dict[str, Any] = {
        table.space.noun: row,
        "numbers": table.space.number_label(table.space.arch(row)),
        "epochs": last.number,
    }
    for title, metric in (("validation accuracy", "val_acc"), ("test accuracy", "test_acc")):
        out[f"{title}, here (%)"] = last.metrics[metric]
        out[f"{title}, table (%)"] = float(table.column(metric, last.number)[row])
    return out | {"seconds": sum(e.seconds for e in epochs)}


def closer(table: Table, rows: Sequence[int], items: Sequence[Any]) -> None:
    """One network: its drawing, what it mistakes for what, its answers to the examples, what flows over its edges."""
    looked_at = [row for row in rows if any(epoch.inspection for epoch in trainings.epochs_of(items, row))]
    if not looked_at:
        return
    st.subheader("A closer look", anchor=False)
    boxes = st.columns([2, 2, 3])
    row = int(choices.one(boxes[0], table.space.noun.capitalize(), "of", list(map(str, looked_at))))
    looks = {e.number: e.inspection for e in trainings.epochs_of(items, row) if e.inspection}
    look = looks[_after(boxes[1], min(looks), max(looks))]
    examples = next(item for item in items if isinstance(item, Examples))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(svg(table.space, table.space.arch(row)), unsafe_allow_html=True)
        if examples.texts:
            _texts(look, examples)
        else:
            _answers(look, examples)
    with right:
        _confusion(row, look, examples)
    _flow(table, row, look, examples)


def _confusion(row: int, look: Inspection, examples: Examples) -> None:
    """What it mistakes for what: a matrix, of many classes the most frequent mistakes."""
    matrix = look.confusion
    if examples.names:
        st.markdown("**What it confuses most often**", help="Of all test texts.")
        names, total = examples.names, matrix.sum(1)
        rows = [(f"{n} of {total[i]}", names[i], names[j]) for i, j, n in stats.mistakes(matrix, MISTAKES)]
        tables.show(pd.DataFrame(rows, columns=["times", "what it is", "answer"]))
    else:
        st.markdown(
            "**Confusion matrix**",
            help="All test images: a row per true digit, a column per answer. Green is correct; dark orange marks a "
            "pair that it confuses.",
        )
        drawing = pictures.confusion(matrix)
        st.markdown(drawing, unsafe_allow_html=True)
        downloads.picture(drawing, "confusion", f"confusion of {row}")


def _after(box: Any, first: int, last: int) -> int:
    return links.slider(box, "After epoch", "epoch", first, last, last) if first < last else last


def _texts(look: Inspection, examples: Examples) -> None:
    names = examples.names
    st.markdown(
        f"**Its answers to {len(examples.texts)} test texts**, one of each class",
        help=f"As the network reads them: {trainings.UNKNOWN} is a word that it does not know. Beside it: the answer "
        "and its probability.",
    )
    pairs = zip(examples.texts, examples.labels, look.answers, look.confidence, strict=True)
    rows = [(label == answer, text, names[answer], sure, names[label]) for text, label, answer, sure in pairs]
    frame = pd.DataFrame(rows, columns=["right", "text", "answer", "probability (%)", "what it is"])
    numbers = {
        "right": st.column_config.CheckboxColumn(width="small"),
        "text": st.column_config.TextColumn(width="medium"),
        "probability (%)": st.column_config.NumberColumn(format="%.0f"),
    }
    tables.show(frame, column_config=numbers)


def _answers(look: Inspection, examples: Examples) -> None:
    st.markdown(
        "**Its answers to ten test images**, one of each digit",
        help="Each digit lies among fragments of others. Below it: the answer and its probability.",
    )
    st.markdown(
        pictures.examples(examples.images, examples.labels, look.answers, look.confidence), unsafe_allow_html=True
    )


def _flow(table: Table, row: int, look: Inspection, examples: Examples) -> None:
    """The pictures on the edges, for one of the examples."""
    what = "text" if examples.texts else "image"
    st.markdown(
        "**Activations on each edge**",
        help=f"The network has three cells in sequence, and the {what} shrinks between them. Each picture is the mean "
        "activation over the channels, bright for high. An empty picture is an edge that passes nothing."
        + " Of a text, each bar is a word."
        * bool(examples.texts),
    )
    inputs = [*(examples.texts or map(str, examples.labels))][:PICTURES]
    label = "Text" if examples.texts else "Digit in the image"
    position = inputs.index(choices.one(st.columns([2, 5])[0], label, what, dict.fromkeys(inputs)))
    drawing = pictures.edge_maps([cell[position] for cell in look.maps], look.ops)
    st.markdown(f"<div class='scrolls'>{drawing}</div>", unsafe_allow_html=True)
    arch = table.space.arch(row)
    network = table.space.canonical(arch)
    if network != arch:
        st.caption(
            f"Cell {row} computes the same as {table.space.number_label(network)}, which the table trained in its "
            "place, so that cell is trained and shown here."
        )
    downloads.picture(drawing, "edges", f"activations on the edges of {row}")


def keep(table: Table, items: Sequence[Any]) -> None:
    """Save the numbers as a table of your own."""
    draft = trainings.draft(table.space, items)
    with st.expander("Save the results as a table of your own", icon=":material/save:"):
        st.caption("It becomes a dataset of your own tables, on every page.")
        name = st.text_input("Name of the table", f"trained {date.today().isoformat()}", max_chars=40)
        if name.strip() in user_table.names(table.space.name):
            st.caption(f"A table {inert(repr(name.strip()))} exists already; it will be replaced.")
        if st.button(f"Save {counted(draft.count, 'network')}", icon=":material/save:"):
            try:
                user_table.save(draft, name.strip(), f"trained live by the recipe of {table.title()}")
            except (ValueError, RuntimeError) as error:
                st.error(safe_sentence(error), icon=":material/error:")
                return
            run_views.forget_tables()
            st.success(f"“{inert(name.strip())}” is now a dataset.", icon=":material/check_circle:")


def lasting(table: Table, rows: Sequence[int]) -> float:
    """About how many seconds the training of these takes on one thread; 0 where the table does not know."""
    seconds = table.seconds(table.fidelities[-1])[list(rows)].sum()
    return 0.0 if math.isnan(seconds) else float(seconds)
