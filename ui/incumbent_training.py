"""The learning curves of the networks that searches ended with, from the table, in one chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from nas_core import race
from nas_core.benchmarks import Table
from nas_core.charts import training_curve
from nas_core.charts.training_curve import WHAT
from nas_core.models import Choice
from nas_core.race import Signal, Trace
from nas_core.sources.download import SourceError
from ui import cell_details, downloads, evidence_panel, figures, take_model
from ui.words import inert

KINDS = {
    f"{split} {WHAT[what][0]}": (split_key, what) for what in WHAT for split_key, split in training_curve.SPLITS.items()
}
START = "validation accuracy"


def draw(table: Table, groups: Mapping[str, Sequence[Trace]], signal: Signal) -> None:
    """A line for each entrant: the last incumbent of its best run. A sentence where the table knows none."""
    colours = evidence_panel.colours(groups)
    try:
        by_label = {
            label: training_curve.table_curve(table, row, f"{label}, {table.space.noun} {row}")
            for label, row in _ends(groups, signal).items()
        }
    except SourceError as error:
        st.warning(inert(str(error)), icon=":material/broken_image:")
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
    with st.container(horizontal=True):
        downloads.csv(lambda: training_curve.frame_of(curves), "incumbents-training", "Curves as CSV")


def take(table: Table, groups: Mapping[str, Sequence[Trace]], signal: Signal) -> None:
    """A button that hands out the code of what an entrant's best run ended with, the best entrant's first."""
    ends = {label: row for label, row in _ends(groups, signal).items() if row >= 0}
    if ends:
        labels = [f"{label}, {table.space.noun} {row}" for label, row in ends.items()]
        take_model.choose([Choice(table.name, table.dataset, row) for row in ends.values()], labels)


def _ends(groups: Mapping[str, Sequence[Trace]], signal: Signal) -> dict[str, int]:
    """{entrant: the architecture that its best run ended with}, the best entrant first."""
    best = {r.label: groups[r.label][r.best_run] for r in race.results(groups, signal)}
    return {label: int(trace.incumbent[-1]) for label, trace in best.items()}
