"""The form of the Predictors page: who learns, from what, from how many cells; it makes the study."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nas_core import landscape, plugins, predictors
from nas_core.benchmarks import Table
from nas_core.learning_curves import BASELINE, Study
from nas_core.predictors import Predictor
from ui import links, plugin_widgets, table_choice

SIZES = (10, 25, 50, 100, 200, 400)
DEFAULT_SIZES = (25, 50, 100, 200)
DEFAULT = ("gradient_boosting", "gp_wl", "mlp_ensemble", "random_forest")
SIGNAL = "val_acc"


def known() -> list[str]:
    """Every predictor there is, in the order of menus."""
    return list(plugins.find(predictors.__name__, Predictor))


def study() -> tuple[Table, Study | str]:
    """Draw the form, bound to the link; the table, and the study or one sentence on why there is none."""
    boxes = st.columns([2, 2, 3], vertical_alignment="bottom")
    table = table_choice.choose(boxes[0], boxes[1])
    epochs = _epochs(boxes[2], table)
    names = _names()
    boxes = st.columns([3, 1.2, 1.8], vertical_alignment="bottom")
    sizes = _sizes(boxes[0])
    splits = links.number(
        boxes[1], "Splits", "splits", 2, 20, 5,
        help="How often the trained cells are drawn anew. The bands show how much that matters.",
    )  # fmt: skip
    once = landscape.has_twins(table.space) and boxes[2].toggle(
        "Isomorphic cells count once",
        True,
        key="once",
        bind="query-params",
        help="Many cells are the same network once dead edges are dropped. Counted once, no cell that is tested is a "
        "trained one in disguise; counted each, a predictor that knows this gets some for free.",
    )
    with st.expander("Parameters of the predictors", icon=":material/tune:"):
        params = {name: _params(name) for name in names}
    said = {name: given for name, given in params.items() if given}
    try:
        return table, Study(table.name, table.dataset, tuple(names), said, sizes, splits, SIGNAL, epochs, bool(once))
    except ValueError as error:
        return table, f"{str(error)[:1].upper()}{str(error)[1:]}."


def _epochs(box: Any, table: Table) -> int | None:
    """After how many epochs the accuracy is taken that they learn from; None for full training."""
    full = table.fidelities[-1]
    options = [str(e) for e in reversed(table.fidelities)]
    table_choice.refused("learn_from", options, "number of epochs")
    chosen = box.selectbox(
        "Learn from validation accuracy after", options, key="learn_from", bind="query-params",
        format_func=lambda e: f"{e} epoch{'s' if e != '1' else ''}" + (" (full training)" if int(e) == full else ""),
        help="Short trainings are cheaper and mislead a little. They are always judged by test accuracy at full "
        "training.",
    )  # fmt: skip
    return None if int(chosen) == full else int(chosen)


def _names() -> list[str]:
    classes = plugins.find(predictors.__name__, Predictor)
    for asked in st.query_params.get_all("predictors"):
        if asked not in classes:
            st.warning(f"The link asks for the predictor {asked[:60]!r}, which does not exist; it is left out.")
    return st.multiselect(
        "Predictors", known(), [n for n in DEFAULT if n in classes], key="predictors", bind="query-params",
        format_func=lambda n: f"{classes[n].title()} · {classes[n].family}",
        help=f"The {BASELINE} is always drawn: it takes the six choices as they are, and is the bar to clear.\n\n"
        + "\n\n".join(f"**{c.title()}**: {c.summary()} ({c.paper})" for c in classes.values()),
    )  # fmt: skip


def _sizes(box: Any) -> tuple[int, ...]:
    words = [str(size) for size in SIZES]
    chosen = box.multiselect(
        "Cells to learn from", words, [str(s) for s in DEFAULT_SIZES], key="sizes", bind="query-params",
        help="How many trained cells a predictor is given. All others are what it is judged on.",
    )  # fmt: skip
    return tuple(size for size in SIZES if str(size) in chosen)


def _params(name: str) -> dict[str, Any]:
    predictor = plugins.get(predictors.__name__, Predictor, name)
    st.markdown(f"**{predictor.title().capitalize()}** · {predictor.summary()} :gray[{predictor.paper}]")
    return plugin_widgets.draw(predictor, name, columns=4)
