"""The form of the Predictors page: who learns, from what, from how many networks; it makes the study."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nas_core import plugins
from nas_core.benchmarks import Table
from nas_core.predictors import Predictor
from nas_core.studies.predictor_study import BASELINE, USUAL, PredictorStudy
from ui import choices, links, plugin_widgets, study_form
from ui.words import sentence

SIZES = ("10", "25", "50", "100", "200", "400")
DEFAULT_SIZES = ("25", "50", "100", "200")
SIGNAL = "val_acc"


def names() -> list[str]:
    """Every predictor there is, in the order of menus."""
    return list(plugins.find(Predictor))


def study(table: Table, epochs_box: Any) -> PredictorStudy | str:
    """Draw the form, bound to the link; the study, or one sentence on why there is none."""
    epochs = [str(e) for e in reversed(table.fidelities)]
    length = choices.one(
        epochs_box,
        "Epochs of their training data",
        "learn_from",
        epochs,
        f"Predictors learn validation accuracy after this many epochs; {epochs[0]} is full training. Shorter "
        "trainings are cheaper and slightly misleading. They are always tested on test accuracy after full training.",
    )
    classes = plugins.find(Predictor)
    titles = {c.title(): name for name, c in classes.items()}
    choice = choices.some(
        st,
        "Predictors",
        "predictors",
        titles,
        [classes[n].title() for n in USUAL],
        f"The {BASELINE} is always shown: it reads the plain choices of an architecture and is the baseline to "
        "beat.\n\n" + "\n\n".join(f"**{c.heading()}** ({c.family}): {c.summary()} {c.paper}" for c in classes.values()),
    )
    sizes, splits, once, note = _judging(table)
    with choices.fold("Parameters of the predictors", "predictor_parameters", ":material/tune:"):
        places = {name: st.container() for name in classes}
        params = {n: plugin_widgets.described(places[n], classes[n], n, note) for n in map(titles.__getitem__, choice)}
    try:
        return PredictorStudy(
            table.name,
            table.dataset,
            tuple(params),
            {n: own for n, own in params.items() if own},
            tuple(map(int, sizes)),
            splits,
            SIGNAL,
            None if length == epochs[0] else int(length),
            once,
        )
    except ValueError as error:
        return sentence(error)


def _judging(table: Table) -> tuple[list[str], int, bool, Any]:
    """(networks to learn from, splits, equal networks once, the place for sentences about links)."""
    boxes, note = st.columns([3, 1.2, 1.8], vertical_alignment="bottom"), st.container()
    sizes = choices.some(
        boxes[0],
        "Training set sizes",
        "sizes",
        SIZES,
        DEFAULT_SIZES,
        "Size of the training set. A predictor is tested on all other networks.",
    )
    splits = links.number(
        boxes[1],
        "Splits",
        "splits",
        2,
        20,
        5,
        note,
        help="How many random training sets are drawn. The bands show how much that matters.",
    )
    once = study_form.distinct(
        boxes[2],
        table,
        "distinct",
        "Counted once, no test network is a copy of a training network; otherwise a predictor that recognises copies "
        "has an advantage.",
    )
    return sizes, splits, once, note
