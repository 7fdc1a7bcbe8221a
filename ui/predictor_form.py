"""The form of the Predictors page: who learns, from what, from how many networks; it makes the study."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nas_core import plugins
from nas_core.benchmarks import Table
from nas_core.predictors import Predictor
from nas_core.studies import landscape
from nas_core.studies.predictor_study import BASELINE, PredictorStudy
from ui import choices, links, plugin_widgets, table_choice
from ui.words import sentence

SIZES = ("10", "25", "50", "100", "200", "400")
DEFAULT_SIZES = ("25", "50", "100", "200")
DEFAULT = ("gradient_boosting", "gp_wl", "mlp_ensemble", "random_forest")
SIGNAL = "val_acc"


def known() -> list[str]:
    """Every predictor there is, in the order of menus."""
    return list(plugins.find(Predictor))


def study() -> tuple[Table, PredictorStudy | str]:
    """Draw the form, bound to the link; the table, and the study or one sentence on why there is none."""
    boxes, note = st.columns([2, 2, 3]), st.container()
    with note:
        table = table_choice.choose(boxes[0], boxes[1])
    epochs = [str(e) for e in reversed(table.fidelities)]
    learned = choices.one(
        boxes[2],
        "Epochs of the training they learn from",
        "learn_from",
        epochs,
        epochs[0],
        f"They learn from validation accuracy after so many epochs; {epochs[0]} is full training. Shorter ones are "
        "cheaper and mislead a little. They are always judged by test accuracy at full training.",
    )
    classes = plugins.find(Predictor)
    titles = {c.title(): name for name, c in classes.items()}
    chosen = choices.some(
        st,
        "Predictors",
        "predictors",
        list(titles),
        [classes[n].title() for n in DEFAULT],
        f"The {BASELINE} is always drawn: it takes the choices of an architecture as they are, and is the bar to "
        "clear.\n\n"
        + "\n\n".join(f"**{c.heading()}** ({c.family}): {c.summary()} {c.paper}" for c in classes.values()),
    )
    sizes, splits, once, note = _judging(table)
    with st.expander("Parameters of the predictors", icon=":material/tune:"):
        places = {name: st.container() for name in classes}
        params = {titles[t]: _params(places[titles[t]], classes[titles[t]], note) for t in chosen}
    try:
        return table, PredictorStudy(
            table.name,
            table.dataset,
            tuple(params),
            {n: given for n, given in params.items() if given},
            tuple(map(int, sizes)),
            splits,
            SIGNAL,
            None if learned == epochs[0] else int(learned),
            once,
        )
    except ValueError as error:
        return table, sentence(error)


def _judging(table: Table) -> tuple[list[str], int, bool, Any]:
    """(networks to learn from, splits, equal networks once, the place for sentences about links)."""
    boxes, note = st.columns([3, 1.2, 1.8], vertical_alignment="bottom"), st.container()
    sizes = choices.some(
        boxes[0],
        "Networks to learn from",
        "sizes",
        SIZES,
        DEFAULT_SIZES,
        "How many trained networks a predictor is given. All others are what it is judged on.",
    )
    splits = links.number(
        boxes[1],
        "Splits",
        "splits",
        2,
        20,
        5,
        note,
        help="How often the trained networks are drawn anew. The bands show how much that matters.",
    )
    once = landscape.has_twins(table.space) and boxes[2].toggle(
        "Count equal networks once",
        True,
        key="distinct",
        bind="query-params",
        help="Many cells are isomorphic: the same network once dead edges are dropped. Counted once, no tested one "
        "is a trained one in disguise; counted each, a predictor that knows this gets some for free.",
    )
    return sizes, splits, bool(once), note


def _params(place: Any, predictor: type[Predictor], note: Any) -> dict[str, Any]:
    with place:
        st.markdown(f"**{predictor.heading()}** · {predictor.summary()} :gray[{predictor.paper}]")
        return plugin_widgets.draw(predictor, predictor.name, note, columns=4)
