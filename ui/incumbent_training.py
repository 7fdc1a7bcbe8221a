"""The learning curves of the networks that searches ended with, from the table, in one chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from nas_core import race
from nas_core.benchmarks import Table
from nas_core.charts import training_curve
from nas_core.charts.training_curve import WHAT, Curve
from nas_core.models import Choice
from nas_core.race import Signal, Trace
from nas_core.sources.download import SourceError
from nas_core.studies.compare.sentences import name_list
from ui import cell_details, downloads, evidence_panel, figures, take_model
from ui.words import safe_sentence

KINDS = {
    f"{split} {WHAT[what][0]}": (split_key, what) for what in WHAT for split_key, split in training_curve.SPLITS.items()
}
START = "validation accuracy"


def draw(table: Table, groups: Mapping[str, Sequence[Trace]], signal: Signal) -> None:
    """A line for each curve that the last incumbents of the entrants' best runs have. A sentence where the table knows
    none."""
    colours = evidence_panel.colours(groups)
    try:
        by_label = _curves(table, _finders(groups, signal))
    except SourceError as error:
        st.warning(safe_sentence(error), icon=":material/broken_image:")
        return
    curves, inks = list(by_label.values()), {curve.name: colours[label] for label, curve in by_label.items()}
    kinds = [kind for kind, (split, what) in KINDS.items() if any(f"{split}_{what}" in c.metrics for c in curves)]
    if not any(len(c.epochs) > 1 for c in curves) or not kinds:
        st.info("This table knows no learning curves of these networks.", icon=":material/show_chart:")
        return
    kind = st.selectbox(
        "Curve",
        kinds,
        kinds.index(START) if START in kinds else 0,
        key="incumbent_curve",
        bind="query-params",
        help="The final incumbent of each strategy's best run: its training, epoch by epoch, from the table. Good "
        "networks often lead from the first epochs on, which is why short trainings can guide a search.",
    )
    split, what = KINDS[kind]
    figure = training_curve.figure(curves, what, (split,), table.fidelities[-1], inks)
    figures.echarts(figure, height=330, key="incumbent training", alt=f"{kind} of the incumbents")
    cell_details.certain(table, table.main)
    downloads.csv(lambda: training_curve.frame_of(curves), "incumbents-training", "Curves")


def take(table: Table, groups: Mapping[str, Sequence[Trace]], signal: Signal) -> None:
    """A button that hands out the code of what an entrant's best run ended with, the best entrant's first."""
    found = {row: labels for row, labels in _finders(groups, signal).items() if row >= 0}
    if found:
        names = [_name(table, labels, row) for row, labels in found.items()]
        take_model.choose([Choice(table.name, table.dataset, row) for row in found], names)


def _curves(table: Table, found: Mapping[int, Sequence[str]]) -> dict[str, Curve]:
    """{entrant: its curve, with the names of all whose curve is the same}; `found` as from `_finders`."""
    alike: dict[str, list[Curve]] = {}
    labels: dict[str, str] = {}
    for row, names in found.items():
        curve = training_curve.table_curve(table, row, _name(table, names, row))
        alike.setdefault(key := repr(curve.metrics), []).append(curve)
        labels.setdefault(key, names[0])
    return {
        labels[key]: replace(curves[0], name="; ".join(curve.name for curve in curves)) for key, curves in alike.items()
    }


def _name(table: Table, labels: Sequence[str], row: int) -> str:
    return f"{name_list(labels)}, {table.space.noun} {row}"


def _finders(groups: Mapping[str, Sequence[Trace]], signal: Signal) -> dict[int, list[str]]:
    """{architecture: the entrants whose best run ended with it}, the best first."""
    found: dict[int, list[str]] = {}
    for label, row in _ends(groups, signal).items():
        found.setdefault(row, []).append(label)
    return found


def _ends(groups: Mapping[str, Sequence[Trace]], signal: Signal) -> dict[str, int]:
    """{entrant: the architecture that its best run ended with}, the best entrant first."""
    best = {r.label: groups[r.label][r.best_run] for r in race.results(groups, signal)}
    return {label: int(trace.incumbent[-1]) for label, trace in best.items()}
