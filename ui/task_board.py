"""The networks that a search on one's own data has trained, and those that it trains now."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import pandas as pd
import streamlit as st

from nas_core.benchmarks.live import LiveTraining
from nas_core.charts import palette, training_curve
from nas_core.charts.cell import svg
from nas_core.charts.training_curve import Curve
from nas_core.studies.live_search import Candidate
from nas_core.types import RunSpec, Suggestion, counted, with_unit
from nas_core.warm_start import ORIGINS
from ui import cell_details, downloads, figures, tables, task_model

HEIGHT, HIGHEST = 300, 580  # pixels; of the leaderboard beside a network
MOST_LINES = 6  # trainings whose curves stand in one chart


def now(live: LiveTraining, suggestions: Sequence[Suggestion], good: Sequence[Candidate]) -> None:
    """The curves of what is being trained, beside that of the best network so far; without widgets."""
    lines, waiting = {}, 0
    for suggestion in suggestions[:MOST_LINES]:
        label = f"{live.space.noun} {live.space.index(suggestion.arch)}"
        if epochs := live.curve(suggestion.arch):
            lines[label] = training_curve.live_curve(label, epochs)
        else:
            waiting += 1
    st.markdown(
        f"**Being trained**: {_count(len(suggestions), live)}" if suggestions else "**Being trained**: nothing yet"
    )
    best = live.curve(good[0].arch) if good else []
    if best:
        label = "best so far"
        lines[label] = Curve(label, *_columns(best))
    if lines:
        option = training_curve.figure(
            list(lines.values()), "acc", ("val",), live.epochs, {"best so far": palette.OPTIMUM}
        )
        figures.echarts(option, key="task now", height=HEIGHT, alt="Validation accuracy by epoch")
    if waiting:
        st.caption("The first epoch of a training is not over yet; the first of all loads PyTorch and the data too.")


def _count(trained: int, live: LiveTraining) -> str:
    length = counted(live.epochs, "epoch")
    return f"one {live.space.noun}, {length}" if trained == 1 else f"{trained} {live.space.noun}s, {length} each"


def _columns(epochs: Sequence[dict[str, float]]) -> tuple[list[int], dict[str, list[float]]]:
    names = ("train_acc", "val_acc")
    return [int(e["epoch"]) for e in epochs], {name: [e[name] for e in epochs] for name in names}


def growing(candidates: Sequence[Candidate], live: LiveTraining, spec: RunSpec, front: Sequence[Candidate]) -> None:
    """The leaderboard while it grows; nothing in it can be selected."""
    st.markdown("**Leaderboard**")
    frame, columns = _frame(candidates, live, spec, front)
    tables.show(frame, key=f"task growing {spec.id}", most=HEIGHT, column_config=columns)


def board(candidates: Sequence[Candidate], live: LiveTraining, spec: RunSpec, front: Sequence[Candidate]) -> None:
    """The leaderboard, and beside it the network that is selected in it, at first the best."""
    space = live.space
    table, cell = st.columns([3, 2], gap="medium")
    frame, columns = _frame(candidates, live, spec, front)
    with table:
        event = tables.show(
            frame,
            key=f"task board {spec.id}",
            on_select="rerun",
            selection_mode="single-row",
            most=HIGHEST,
            column_config=columns,
        )
        downloads.csv(frame, f"trainings-{spec.id}", "Trainings")
    ticks = event["selection"]["rows"]  # type: ignore[index]
    one = candidates[ticks[0]] if ticks and ticks[0] < len(candidates) else candidates[0]
    with cell:
        st.markdown(f"**Training {one.training}**: {space.number_label(one.arch)}", help=cell_details.NUMBERS)
        st.markdown(svg(space, one.arch), unsafe_allow_html=True)
        if len(epochs := live.curve(one.arch)) > 1:
            option = training_curve.figure(
                [training_curve.live_curve("", epochs)], "acc", ("val", "train"), live.epochs
            )
            figures.echarts(option, key="task curve", height=220, alt="Accuracy by epoch of the selected network")
        if not one.error:
            task_model.offer(one.arch, live, spec)


def _frame(
    candidates: Sequence[Candidate], live: LiveTraining, spec: RunSpec, front: Sequence[Candidate]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """(a row a network, how its columns are shown)."""
    space, origins = live.space, dict(zip(spec.opening, cycle(ORIGINS), strict=False))
    aims = [objective.metric for objective in spec.objectives]
    order = dict.fromkeys([*aims, "val_acc", "params_m", "flops_m", "latency_ms", *live.metrics])
    heads = {n: with_unit(live.metrics[n].title or n, live.metrics[n].unit) for n in order}
    percent = [head for n, head in heads.items() if live.metrics[n].unit == "%"]
    best = {one.training for one in front} if len(aims) > 1 else set()
    rows = [
        {
            "training": one.training,
            "origin": origins.get(one.arch, "strategy") if origins else None,
            **{heads[n]: one.metrics.get(n) for n in aims},
            "on the front": ("yes" if one.training in best else "no") if best else None,
            **{head: one.metrics.get(n) for n, head in heads.items() if n not in aims},
            "epochs": one.epochs,
            "seconds": one.seconds,
            "failed": one.error or None,
            space.noun: space.text(one.arch),
        }
        for one in candidates
    ]
    numbers = dict.fromkeys([*percent, "seconds"], st.column_config.NumberColumn(format="%.1f"))
    return pd.DataFrame(rows).dropna(axis=1, how="all"), numbers
