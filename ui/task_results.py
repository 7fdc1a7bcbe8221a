"""What a search on one's own data has found: the best network, every training, what quality costs, a leaderboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from nas_core import datasets
from nas_core.benchmarks import Metric
from nas_core.benchmarks.live import LiveTraining
from nas_core.charts import live_search as charts
from nas_core.history import History
from nas_core.sources import files
from nas_core.studies import live_search, opening
from nas_core.studies.live_search import Candidate
from nas_core.types import Event, Objective, RunSpec, counted, with_unit
from ui import figures, own_cache, task_board
from ui.job_panel import lasting
from ui.words import inert, unbroken

HEIGHT = 330  # pixels of a chart


@dataclass(frozen=True)
class Findings:
    """What a search has found so far."""

    live: LiveTraining
    spec: RunSpec
    history: History
    candidates: list[Candidate]  # all that was trained, the best first

    @property
    def good(self) -> list[Candidate]:
        """Those that did not fail."""
        return [one for one in self.candidates if not one.error]

    @property
    def second(self) -> Objective:
        """What quality is weighed against."""
        return self.spec.objectives[1] if len(self.spec.objectives) > 1 else Objective("params_m", "min")

    @property
    def front(self) -> list[Candidate]:
        return live_search.front(self.good, self.spec.objectives[0], self.second)


def findings(events: Sequence[Event], live: LiveTraining, spec: RunSpec) -> Findings | None:
    """From the events so far; None where nothing has been trained."""
    history = History.of(events) if events else None
    if history is None or not len(history):
        return None
    return Findings(live, spec, history, live_search.candidates(history, live.space, live.epochs))


def draw(events: Sequence[Event], live: LiveTraining, spec: RunSpec) -> bool:
    """All that a search has found, with its leaderboard; False where nothing has been trained."""
    if (outcome := findings(events, live, spec)) is None:
        return False
    if summary(outcome):
        task_board.board(outcome.candidates, live, spec, outcome.front)
    return True


def running(events: Sequence[Event], live: LiveTraining, spec: RunSpec) -> None:
    """The same while it runs, with the curves of what is being trained; without widgets."""
    outcome = findings(events, live, spec)
    if outcome is not None:
        summary(outcome)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        task_board.now(live, live_search.running(events), outcome.good if outcome else [])
    if outcome is not None:
        with right:
            task_board.growing(outcome.candidates, live, spec, outcome.front)


def summary(outcome: Findings) -> bool:
    """The best network, every training, and the front; False, and a sentence, where all have failed."""
    good, live, spec, history = outcome.good, outcome.live, outcome.spec, outcome.history
    if not good:
        st.error(
            f"All {len(outcome.candidates)} trainings failed. The first: {inert(outcome.candidates[0].error)}",
            icon=":material/error:",
        )
        return False
    _headline(outcome)
    if spec.opening:
        st.caption(opening.sentence(history, live))
    left, right = st.columns([3, 2], gap="medium")
    quality, other = spec.objectives[0].metric, outcome.second.metric
    up, across = ((name, live.metrics[name].title, live.metrics[name].unit) for name in (quality, other))
    values = history.metrics[quality].tolist()
    points = [None if v != v else v for v in values]
    option = charts.trainings(points, *up[1:], spec.max_trials or len(values))
    title = with_unit(*up[1:])
    with left:
        figures.echarts(option, key="task trainings", height=HEIGHT, alt=f"{title} of each training")
    with right:
        option = charts.costs(good, outcome.front, up, across, outcome.second.goal)
        figures.echarts(option, key="task costs", height=HEIGHT, alt=f"{title} against {across[1]}")
    return True


def _headline(outcome: Findings) -> None:
    """The best network in a sentence, with how sure its accuracy is."""
    best, history, live, spec = outcome.good[0], outcome.history, outcome.live, outcome.spec
    aim, count = spec.objectives[0].metric, _validation(spec.dataset)
    right = f"{best.metrics['val_acc']:.1f} % of the validation examples right"
    first, also = right, ""
    if aim != "val_acc":
        first, also = f"{best.metrics[aim]:.1f} % {live.metrics[aim].title}", f" It answers {right}."
    sure = ""
    if ends := live_search.interval(best.metrics, aim, count):
        sure = f" 95 % interval of {count:,} examples: {ends[0]:.1f} to {ends[1]:.1f} %."
    failed = sum(map(bool, history.errors))
    failures = f" {counted(failed, 'training')} failed." if failed else ""
    if len(spec.objectives) > 1 and len(outcome.front) > 1:
        also += f" It is one of {len(outcome.front)} networks that no other beats in both objectives."
    st.markdown(
        f"<p class='verdict'>{unbroken(f'{first}, with {_beside(outcome, best)}')}</p>",
        unsafe_allow_html=True,
    )
    about = (
        f"Training {best.training} of {len(history)}, {counted(best.epochs, 'epoch')}, {lasting(best.seconds)}.{sure}"
        f"{also} It was chosen by these examples, so it is a little too good; the test examples have not been looked "
        f"at.{failures}"
    )
    st.caption(unbroken(about))


def _beside(outcome: Findings, best: Candidate) -> str:
    """What the best network has of the second objective, or of parameters."""
    name = outcome.second.metric
    if name == "params_m" or name not in best.metrics:
        return f"{1e6 * best.metrics['params_m']:,.0f} parameters"
    return f"{format(best.metrics[name], '.3g')} {_unit_and_title(outcome.live.metrics[name])}"


def _unit_and_title(metric: Metric) -> str:
    """Its unit and title, as after a number."""
    return metric.title if metric.unit in metric.title else f"{metric.unit} {metric.title}"


@own_cache.data(max_entries=8)
def _validation(dataset: str) -> int:
    """How many validation examples there are."""
    return datasets.create(dataset, **files.params(dataset)).examples["val"]
