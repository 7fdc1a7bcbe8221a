"""Pareto: several objectives at once, the exact front, and which search finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from nas_core import command
from nas_core.charts import cell as cell_drawing
from nas_core.charts.fronts import EXACT
from nas_core.fitness import Expression
from nas_core.jobs import Job
from nas_core.studies import devices
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import RunSpec
from ui import (
    cell_details,
    downloads,
    figures,
    front_form,
    front_map,
    front_results,
    front_runs,
    front_shape,
    job_panel,
    links,
    missing_table,
    space_map,
)
from ui.frame import frame, jobs
from ui.front_runs import Entrants
from ui.provenance import provenance
from ui.search_plan import SearchPlan
from ui.selection import Selection
from ui.verbatim import verbatim
from ui.words import sentence

TITLE = "Pareto"
ICON = ":material/balance:"
GROUP = "Look"
QUESTION = "What does a smaller or faster network cost in accuracy?"

SHOW_SELECTED = ["head", "trades", "objectives"]  # what a click draws again
PLAYED = 24  # steps in which the growing fronts are played


@dataclass(frozen=True)
class FrontView:
    """What is on the map, and the searches; the parts of the page follow them."""

    task: FrontTask
    pick: Selection
    x: int  # the objective on that axis
    y: int
    own: Expression | None
    running: Job | None
    moving: bool  # the marks on the map are drawn again and again
    entrants: Entrants  # the saved runs

    @property
    def so_far(self) -> Entrants:
        """The runs that a running job has finished, or those that are saved."""
        if self.running is not None and not self.running.over:
            items = self.running.items
            return Entrants.of([item.trace for item in items if item.trace is not None and len(item.trace)])
        return self.entrants

    def median_fronts(self) -> dict[str, np.ndarray]:
        """{entrant: the front of its median run after as many trainings as the slider says}."""
        return front_runs.median_fronts(self.entrants, self.task, trials_now(self.entrants.longest))


def marks_part(moving: bool) -> str:
    """The key of the part that draws the marks: another while they move, as a part keeps the pace it was born with."""
    return "moving marks" if moving else "marks"


def trials_now(most: int) -> int:
    """After how many trainings fronts are shown: what the slider says, or all."""
    return min(int(st.session_state.get("front_after", most)), most)


def draw_head(task: FrontTask, pick: Selection) -> None:
    """Which network is selected: number, drawing, string."""
    row, space = pick.heading(), task.table.space
    boxes = st.container(key="two-a-row-values").columns(2)
    for i in range(len(task.objectives)):
        metric = task.about(i)
        label = task.label(i)
        unit = "" if metric.unit in label.split() else metric.unit  # as in "MFLOPs"
        value = cell_details.number(float(task.values[row, i]), unit)
        boxes[i % 2].metric(label[:1].upper() + label[1:], value, help=f"{metric.help}. {metric.source}")
    arch = space.arch(row)
    st.markdown(cell_drawing.svg(space, arch), unsafe_allow_html=True)
    verbatim(space.text(arch))
    cell_details.notations(space, arch)
    downloads.picture(cell_drawing.svg(space, arch), "cell", f"{space.noun} {row}")


def draw_marks(view: FrontView) -> None:
    """The legend of the map with the fronts as they were after so many trainings, and the slider for that."""
    so_far, task = view.so_far, view.task
    most = so_far.longest
    playing = st.session_state.get("front playing", False) and most > 0
    if playing and not view.moving:
        st.rerun()  # the button ran this part alone; only the whole page gives it a pace
    if playing:
        st.session_state["front_after"] = min(trials_now(most) + max(most // PLAYED, 1), most)
        if st.session_state["front_after"] == most:
            st.session_state["front playing"] = False
            st.rerun()
    fronts = front_runs.median_fronts(so_far, task, trials_now(most))
    marks = front_map.marks(task, view.x, view.y, view.pick.row, view.own, so_far.looks, fronts)
    space_map.marks("front legend", "front map", marks)
    if most > 1 and view.running is None:
        box, button = st.columns([5, 1], vertical_alignment="bottom")
        links.slider(
            box,
            "Trainings",
            "front_after",
            1,
            most,
            most,
            on_change=lambda: st.rerun([marks_part(view.moving), "answer"]),
            help="The map shows the front of each strategy's median run after this many trainings.",
        )
        button.button("Play", icon=":material/play_circle:", key="play", on_click=play, width="stretch")


def play() -> None:
    """Let the fronts grow from the first training on; only in a callback."""
    st.session_state["front_after"], st.session_state["front playing"] = 1, True


def draw_answer(task: FrontTask, entrants: Entrants, specs: Sequence[RunSpec]) -> None:
    """Who covers more of the front, over time and at the end."""
    if task.outside or not entrants.courses:
        return
    shares, at = front_runs.shares(entrants, task), trials_now(entrants.longest)
    front_results.answer(task, entrants, front_runs.ends(shares, at), at)
    front_results.progress(task, entrants, shares)
    downloads.searches([course.spec for group in entrants.courses.values() for course in group], "pareto")
    line = command.front(task, specs)
    figures.about(command=line)
    if line:
        with st.expander("The same on the command line", icon=":material/terminal:"):
            verbatim(line)
    if len(task.objectives) == 2:
        front_results.attained(task, entrants, at)


def draw_objectives(view: FrontView) -> None:
    """Parallel coordinates and pairs of three or four objectives."""
    if len(view.task.objectives) > 2:
        st.subheader("All objectives at once", anchor=False)
        front_shape.objectives(view.task, view.entrants, view.median_fronts(), view.pick.row)


def buttons(task: FrontTask, plan: SearchPlan, traces: list[FrontTrace]) -> None:
    """Run, continue or repeat: whichever fits what is saved."""
    done = sum(bool(trace.stop_reason) for trace in traces)
    with st.container(horizontal=True, vertical_alignment="center"):
        if done < len(plan.specs):
            started = any(len(trace) for trace in traces)
            label = f"Continue: {done} of {len(plan.specs)} are done" if started else "Run the searches"
            job_panel.start_button(label, start, plan.specs, task, False, key="front_run")
        else:
            job_panel.repeat_button("again", start, plan.specs, task, True)
        st.caption(plan.size)


def start(specs: Sequence[RunSpec], task: FrontTask, fresh: bool) -> None:
    """Run what is not finished, or with `fresh` everything anew; the slider then goes back to the end."""
    st.session_state.pop("front_after", None)
    front_runs.start(specs, task, fresh)


def choose() -> FrontTask | str:
    """What is looked at, or why nothing can be."""
    cell_details.style()
    boxes, note = st.container(key="two-a-row-then-wide-choices").columns([2, 2, 3, 3]), st.container()
    return front_form.task(boxes, note)


frame(TITLE, ICON, QUESTION)
answer = "" if missing_table.offered() else choose()
if isinstance(answer, str):
    if answer:
        st.warning(answer, icon=":material/warning:")
elif answer.empty:
    st.warning(sentence(answer.empty), icon=":material/warning:")
else:
    task = answer
    space = task.table.space
    picture, details = st.columns([3, 2], gap="large")
    searching = st.container()
    with picture:
        map_place, legend_place, space_place = st.container(), st.container(), st.container()
        choosers = st.container(key="two-a-row-axes").columns(3)
        own = front_form.own_fitness(task)
    x, y, colour = front_map.axes(choosers, task, own)
    with searching:
        st.subheader("Which search finds this front?", anchor=False)
        plan = front_form.searches(task, own)
        name = front_runs.key(plan.specs, task)
        job = jobs().get(name) if plan.specs else None
        running = job if job is not None and not job.over else None
        if plan.problem:
            st.warning(plan.problem, icon=":material/warning:")
        if task.outside:
            st.warning(sentence(task.outside), icon=":material/warning:")
        moving = running is not None or bool(st.session_state.get("front playing"))
    marks = marks_part(moving)
    several_devices = len(devices.latencies(task.table)) > 1
    pick = Selection(space, task.knee, [*SHOW_SELECTED, marks, *["across"] * several_devices])
    with space_place:
        whole = st.toggle(
            "Whole space", key="space", bind="query-params", help="Show every network, not only those around the front."
        )
        rows = np.flatnonzero(task.allowed) if whole else front_map.near(task, x, y)
        st.caption(
            f"Each of the {len(rows):,} points is a network{'' if whole else ' around the front'}. Whatever is "
            f"below a line is dominated by a network on it. Click a point to see its {space.noun} and its trade-offs."
            f"{space_map.outlying(rows, *front_map.quantities(task, x, y))}"
        )
    with map_place:
        axes = (*front_map.quantities(task, x, y), colour)
        space_map.space_map("front map", space, rows, *axes, pick.go_to, marks, prefix="front_")
    with searching:  # the map is on its way before saved runs are read
        if job is not None and running is None:
            front_runs.keep(job.items, task)
            job_panel.failures({item.run: item.problem for item in job.items if item.problem})
        saved, broken = ([], {}) if running else front_runs.courses(plan.specs, task)
        job_panel.failures(broken)
        entrants = Entrants.of([c for c in saved if len(c)])
        if running is not None:
            job_panel.follow(running)
        elif plan.specs:
            buttons(task, plan, saved)
            job_panel.outcome(job)
            if not entrants.courses:
                st.info(
                    "No search has been run with these settings yet. Press Run the searches: trainings are read from "
                    "the table, so this takes seconds, and each strategy's front grows on the map.",
                    icon=":material/hourglass_empty:",
                )

    part, view = partial(space_map.part, "front map"), FrontView(task, pick, x, y, own, running, moving, entrants)
    with legend_place:
        part(marks, draw_marks, view, every=0.4 if moving else None)
    with details:
        part("head", draw_head, task, pick)
        part("trades", front_shape.trades, task, pick)
    with searching:
        part("answer", draw_answer, task, entrants, plan.specs)

    part("objectives", draw_objectives, view)
    st.subheader("The front, step by step", anchor=False)
    front_shape.table(task, task.front, EXACT, pick.go_to)
    front_shape.different(task, {EXACT: task.front, **view.median_fronts()})
    if several_devices:
        part("across", front_shape.across, task, pick)
    else:
        front_shape.no_devices()
    provenance(task.table)
