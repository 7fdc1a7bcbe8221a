"""Pareto: several objectives at once, the exact front, and which search finds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from nas_core import command
from nas_core.charts import cell as cell_drawing
from nas_core.charts.fronts import EXACT
from nas_core.jobs import Job
from nas_core.studies import devices
from nas_core.studies.fronts import dominating, neighbors, trade
from ui import (
    cell_details,
    downloads,
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
from ui.selection import Selection
from ui.words import plain, sentence

TITLE = "Pareto"
ICON = ":material/balance:"
GROUP = "Look"
QUESTION = "What must be given up for a smaller or faster network, and which search finds the best trade-offs?"

SHOW_SELECTED = ["head", "trades", "objectives"]  # what a click draws again
PLAYED = 24  # steps in which the growing fronts are played


def part(key: str, every: float | None = None) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A part of the page that is drawn again by itself, and that waits until the map is on the screen."""
    return lambda draw: st.fragment(key=key, run_every=every)(
        lambda: draw() if space_map.on_screen("front map") else None
    )


def draw_rest() -> None:
    """The map is on the screen: now the other parts. A callback that does nothing: the page then runs as a whole."""


def entrants_so_far(job: Job | None) -> Entrants:
    """The runs that a running job has finished, or those that are saved."""
    if job is not None and not job.over:
        return Entrants.of([item.trace for item in job.items if item.trace is not None and len(item.trace)])
    return entrants


def trials_now(most: int) -> int:
    """After how many trainings fronts are shown: what the slider says, or all."""
    return min(int(st.session_state.get("front_after", most)), most)


def draw_head() -> None:
    """Which network is selected: number, drawing, string."""
    heading, box = st.columns([1, 1], vertical_alignment="bottom")
    problem = pick.find_box(box)
    row = pick.row
    if problem:
        st.error(f"{plain(problem)} Showing {noun} {row} instead.", icon=":material/search_off:")
    heading.subheader(f"{noun.capitalize()} {row}", anchor=False)
    boxes = st.container(key="two-a-row-values").columns(2)
    for i in range(len(task.objectives)):
        metric = task.about(i)
        value, label = cell_details.number(float(task.values[row, i])), task.label(i)
        boxes[i % 2].metric(label[:1].upper() + label[1:], value, help=f"{metric.help}. {metric.source}")
    st.markdown(cell_drawing.svg(space, space.arch(row)), unsafe_allow_html=True)
    st.code(space.text(space.arch(row)), language=None, wrap_lines=True)
    cell_details.notations(space, space.arch(row))
    downloads.picture(cell_drawing.svg(space, space.arch(row)), f"cell-{row}")


def draw_trades() -> None:
    """What a step to each neighbour on the front costs and gains."""
    row = pick.row
    if not task.allowed[row]:
        st.info(f"This {noun} is outside the limits or lacks a number.")
        return
    better = dominating(task, row)
    if len(better):
        st.markdown(f"**Not on the front:** {len(better)} networks on the front dominate it, for example:")
        step(row, int(better[0]))
        return
    knee = ", and its knee" if row == task.knee else ""
    st.markdown(f"**On the front{knee}:** nothing is better in one objective without being worse in another.")
    for other in neighbors(task, row):
        step(row, other)
    if row != task.knee:
        st.button(
            "Go to the knee",
            icon=":material/turn_right:",
            key="to knee",
            on_click=pick.go_to,
            args=(task.knee,),
            help="The knee lies farthest below the line between the ends of the front: beyond it either way, little is "
            "gained for much.",
        )


def step(start: int, end: int) -> None:
    """A button that goes to another network and says what that costs and gains."""
    words = trade(task, start, end)
    st.button(
        f"{words[:1].upper()}{words[1:]}",
        key=f"step {end}",
        icon=":material/arrow_forward:",
        width="stretch",
        on_click=pick.go_to,
        args=(end,),
        help=f"Go to {noun} {end}.",
    )


def draw_marks() -> None:
    """The legend of the map with the fronts as they were after so many trainings, and the slider for that."""
    so_far = entrants_so_far(running)
    most = so_far.longest
    playing = st.session_state.get("front playing", False) and most > 0
    if playing and not moving:
        st.rerun()  # the button ran this part alone; only the whole page gives it a pace
    if playing:
        st.session_state["front_after"] = min(trials_now(most) + max(most // PLAYED, 1), most)
        if st.session_state["front_after"] == most:
            st.session_state["front playing"] = False
            st.rerun()
    at = trials_now(most)
    fronts = front_runs.median_fronts(so_far, task, at)
    space_map.marks("front legend", "front map", front_map.marks(task, x, y, pick.row, own, so_far.looks, fronts))
    if most > 1 and running is None:
        box, button = st.columns([5, 1], vertical_alignment="bottom")
        if st.session_state.get("front_after", 1) > most:
            st.session_state["front_after"] = most
        box.slider(
            "Trainings",
            1,
            most,
            most,
            key="front_after",
            bind=links.binding("front_after"),
            on_change=lambda: st.rerun([marks_part, "answer"]),
            help="The map shows the front of each strategy's median run after this many trainings.",
        )
        button.button("Play", icon=":material/play_circle:", key="play", on_click=play, width="stretch")


def play() -> None:
    """Let the fronts grow from the first training on; only in a callback."""
    st.session_state["front_after"], st.session_state["front playing"] = 1, True


def draw_answer() -> None:
    """Who covers more of the front, over time and at the end."""
    if task.outside or not entrants.courses:
        return
    shares, at = front_runs.shares(entrants, task), trials_now(entrants.longest)
    front_results.answer(task, entrants, front_runs.ends(shares, at), at)
    front_results.progress(task, entrants, shares)
    if line := command.front(task, plan.specs):
        with st.expander("The same on the command line", icon=":material/terminal:"):
            st.code(line, language="bash", wrap_lines=True)
    if len(task.objectives) == 2:
        front_results.attained(task, entrants, at)


def draw_objectives() -> None:
    """Parallel coordinates and pairs of three or four objectives."""
    if len(task.objectives) > 2:
        st.subheader("All objectives at once", anchor=False)
        front_shape.objectives(task, entrants, median_fronts(), pick.row)


def median_fronts() -> dict[str, np.ndarray]:
    """{entrant: the front of its median run after as many trainings as the slider says}."""
    return front_runs.median_fronts(entrants, task, trials_now(entrants.longest))


def buttons(done: int) -> None:
    """Run, continue or repeat: whichever fits what is saved."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if done < len(plan.specs):
            label = f"Continue: {done} of {len(plan.specs)} are done" if entrants.courses else "Run the searches"
            st.button(
                label, type="primary", icon=":material/play_arrow:", key="front_run", on_click=start, args=(False,)
            )
        else:
            st.button(
                "Run all again",
                icon=":material/restart_alt:",
                key="again",
                on_click=start,
                args=(True,),
                help="The same settings give the same results, so this changes nothing unless the code has changed.",
            )
        st.caption(plan.size)


def start(fresh: bool) -> None:
    """Run what is not finished, or with `fresh` everything anew; only in a callback."""
    st.session_state.pop("front_after", None)
    front_runs.start(plan.specs, task, fresh)


frame(TITLE, ICON, QUESTION)
missing_table.stop_if_asked()
cell_details.style()
boxes, note = st.container(key="two-a-row-then-wide-choices").columns([2, 2, 3, 3]), st.container()
answer = front_form.task(boxes, note)
if isinstance(answer, str):  # no st.stop() anywhere: it would keep fragments of an earlier run, which could draw
    st.warning(answer, icon=":material/warning:")
elif answer.empty:
    st.warning(sentence(answer.empty), icon=":material/warning:")
else:
    task = answer
    space, noun = task.table.space, task.table.space.noun
    choosers = st.container(key="two-a-row-then-wide-axes").columns([1.9, 1.9, 1.9, 4])
    with choosers[3]:
        own = front_form.own_fitness(task)
    x, y, colour = front_map.axes(choosers, task, own)
    picture, details = st.columns([3, 2], gap="large")
    searching = st.container()
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
    marks_part = "moving marks" if moving else "marks"  # another name, since a part keeps the pace it was born with
    several_devices = len(devices.latencies(task.table)) > 1
    pick = Selection(space, task.knee, [*SHOW_SELECTED, marks_part, *["across"] * several_devices])
    with picture:
        map_place, legend_place = st.container(), st.container()
        whole = st.toggle(
            "Whole space", key="space", bind="query-params", help="Show every network, not only those around the front."
        )
        rows = np.flatnonzero(task.allowed) if whole else front_map.near(task, x, y)
        st.caption(
            f"Each of the {len(rows):,} points is a network{'' if whole else ' around the front'}. Whatever is "
            f"below a line is dominated by a network on it. Click a point to see its {noun} and its trade-offs."
            f"{space_map.outlying(rows, *front_map.quantities(task, x, y))}"
        )
    with map_place:
        shown = (*front_map.quantities(task, x, y), colour)
        space_map.space_map("front map", space, rows, *shown, pick.go_to, marks_part, draw_rest, prefix="front_")
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
            buttons(sum(bool(c.stop_reason) for c in saved))
            job_panel.outcome(job)
            if not entrants.courses:
                st.info(
                    "No search has been run with these settings yet. Press Run the searches: trainings are read from "
                    "the table, so this takes seconds, and each strategy's front grows on the map.",
                    icon=":material/hourglass_empty:",
                )

    with legend_place:
        part(marks_part, 0.4 if moving else None)(draw_marks)()
    with details:
        part("head")(draw_head)()
        part("trades")(draw_trades)()
    with searching:
        part("answer")(draw_answer)()

    part("objectives")(draw_objectives)()
    st.subheader("The front, step by step", anchor=False)
    front_shape.table(task, task.front, EXACT, pick.go_to)
    front_shape.different(task, {EXACT: task.front, **median_fronts()})
    if several_devices:
        part("across")(lambda: front_shape.across(task, pick.row))()
    else:
        front_shape.no_devices()
    provenance(task.table)
