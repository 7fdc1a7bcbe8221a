"""What a search on one's own data has found: the best network, every training, what quality costs, a leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import pandas as pd
import streamlit as st

from nas_core import datasets
from nas_core.benchmarks._live import LiveTraining
from nas_core.charts import live_search as charts
from nas_core.charts.cell import svg
from nas_core.history import History
from nas_core.sources import files
from nas_core.studies import live_search, opening
from nas_core.studies.live_search import Candidate
from nas_core.types import Event, RunSpec, with_unit
from nas_core.warm_start import ORIGINS
from ui import downloads, figures, own_cache, task_model
from ui.job_panel import lasting
from ui.words import inert

HEIGHT = 330  # pixels of a chart


def draw(events: Sequence[Event], live: LiveTraining, spec: RunSpec, running: bool = False) -> list[Candidate]:
    """Everything that is known so far; the best networks first. While it runs, without widgets."""
    history = History.of(events) if events else None
    if history is None or not len(history):
        return []
    found = live_search.candidates(history, live.space, live.epochs)
    good = [one for one in found if not one.error]
    if not good:
        st.error(f"All {len(found)} trainings failed. The first: {inert(found[0].error)}", icon=":material/error:")
        return []
    _headline(good[0], history, live, spec)
    if spec.opening:
        st.caption(opening.sentence(history, live))
    left, right = st.columns([3, 2], gap="medium")
    quality = spec.objectives[0].metric
    metric = live.metrics[quality]
    title = with_unit(metric.title, metric.unit)
    values = history.metrics[quality].tolist()
    seen = [None if v != v else v for v in values]
    option = charts.trainings(seen, metric.title, metric.unit, spec.max_trials or len(values))
    with left:
        figures.echarts(option, key="task trainings", height=HEIGHT, alt=f"{title} of each training")
    size = live.metrics["params_m"]
    best = live_search.front(good, quality, "params_m")
    with right:
        option = charts.costs(good, best, (quality, metric.title, metric.unit), ("params_m", size.title, size.unit))
        figures.echarts(option, key="task costs", height=HEIGHT, alt=f"{title} against size")
    if not running:
        _leaderboard(found, live, spec)
    return good


def _headline(best: Candidate, history: History, live: LiveTraining, spec: RunSpec) -> None:
    """The best network in a sentence, with how sure its accuracy is."""
    aim, count = spec.objectives[0].metric, _validation(spec.dataset)
    right = f"{best.metrics['val_acc']:.1f} % of the validation examples right"
    first, also = right, ""
    if aim != "val_acc":
        first, also = f"{best.metrics[aim]:.1f} % {live.metrics[aim].title}", f" It answers {right}."
    sure = ""
    if ends := live_search.interval(best.metrics, aim, count):
        sure = f" 95 % interval of {count:,} examples: {ends[0]:.1f} to {ends[1]:.1f} %."
    failed = sum(map(bool, history.errors))
    lost = f" {failed} training{'s' * (failed != 1)} failed." if failed else ""
    st.markdown(
        f"<p class='verdict'>{first}, with {1e6 * best.metrics['params_m']:,.0f} parameters</p>",
        unsafe_allow_html=True,
    )
    st.caption(
        f"Training {best.training} of {len(history)}, {best.epochs} epochs, {lasting(best.seconds)}.{sure}{also} It "
        f"was chosen by these examples, so it is a little too good; the test examples have not been looked at.{lost}"
    )


@own_cache.data(max_entries=8)
def _validation(dataset: str) -> int:
    """How many validation examples there are."""
    return datasets.create(dataset, **files.params(dataset)).examples["val"]


def _leaderboard(found: Sequence[Candidate], live: LiveTraining, spec: RunSpec) -> None:
    space, origins = live.space, dict(zip(spec.opening, cycle(ORIGINS), strict=False))
    aims = [objective.metric for objective in spec.objectives]
    order = dict.fromkeys([*aims, "val_acc", "params_m", "flops_m", "latency_ms", *live.metrics])
    heads = {n: with_unit(live.metrics[n].title or n, live.metrics[n].unit) for n in order}
    percent = [head for n, head in heads.items() if live.metrics[n].unit == "%"]
    rows = [
        {
            "training": one.training,
            "origin": origins.get(one.arch, "strategy") if origins else None,
            **{head: one.metrics.get(n) for n, head in heads.items()},
            "epochs": one.epochs,
            "seconds": one.seconds,
            "failed": one.error or None,
            space.noun: space.text(one.arch),
        }
        for one in found
    ]
    table, cell = st.columns([3, 2], gap="medium")
    frame = pd.DataFrame(rows).dropna(axis=1, how="all")
    with table:
        event = st.dataframe(
            frame,
            hide_index=True,
            key=f"task board {spec.id}",
            on_select="rerun",
            selection_mode="single-row",
            height=300,
            column_config=dict.fromkeys([*percent, "seconds"], st.column_config.NumberColumn(format="%.1f")),
        )
        downloads.csv(frame, f"trainings-{spec.id}", "Trainings as CSV")
    ticks = event["selection"]["rows"]  # type: ignore[index]
    one = found[ticks[0]] if ticks and ticks[0] < len(found) else found[0]
    with cell:
        st.markdown(f"**Training {one.training}**: {space.number_label(one.arch)}")
        st.markdown(svg(space, one.arch), unsafe_allow_html=True)
        if not one.error:
            task_model.offer(one.arch, live, spec)
