"""What searches on several objectives found, on the page Search: fronts that grow on a map, and who covers more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from nas_core import command, fitness, race
from nas_core.charts.fronts import EXACT
from nas_core.fitness import Expression
from nas_core.jobs import Job
from nas_core.studies import front_search
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import RunSpec
from nas_core.values import unit_beside
from ui import (
    cell_details,
    choices,
    downloads,
    evidence_panel,
    figures,
    front_form,
    front_map,
    front_moment,
    front_results,
    front_runs,
    front_shape,
    job_panel,
    links,
    parts,
    space_map,
    table_choice,
)
from ui.front_runs import Entrants
from ui.search_plan import SearchPlan
from ui.verbatim import verbatim
from ui.words import sentence, unbroken

MAP = "searched map"
POINT = "point"  # in the link: the network on the map that was clicked
EVERY, SHARES_EVERY = 0.4, 1.2  # seconds between two steps of moving fronts, and two looks at the shares of a job
MEASURED, AXIS = 330, 190  # pixels, of the controls


@dataclass(frozen=True)
class FrontView:
    """What the map and the curves show."""

    task: FrontTask  # measured as the visitor wants
    x: int  # the objective on that axis
    y: int
    whole: bool  # every network, not only those around the front
    own: Expression | None


def controls(plan: SearchPlan, task: FrontTask) -> FrontView:
    """Draw what is shown of searches that `task` compares; all is bound to the link."""
    row, note = st.container(horizontal=True, vertical_alignment="bottom", gap="medium"), st.container()
    measured = choices.segments(
        row.container(width=MEASURED),
        "Measured",
        "measured",
        (front_form.SEARCHED, front_form.REPORTED),
        "choice",
        "Searches see validation accuracy at their own training length. The other choice measures the same fronts by "
        "the test accuracy of their networks after full training: how good they really are.",
        note,
    )
    task = replace(task, reported=measured == front_form.REPORTED)
    titles = [task.title(i) for i in range(len(task.objectives))]
    x, y = 1, 0
    if len(titles) > 2:
        x_title = choices.one(row.container(width=AXIS), "X axis", "searched_x", titles, start=titles[1])
        rest = [title for title in titles if title != x_title]
        x, y = titles.index(x_title), titles.index(choices.one(row.container(width=AXIS), "Y axis", "searched_y", rest))
    whole = front_map.whole_space(row, "searched_space")
    with row.popover("Reference point", icon=":material/flag:"):
        st.caption("Hypervolume is measured from here; anything worse adds nothing.")
        task = replace(task, worst=front_form.reference(task))
    figures.about(table=plan.table)
    return FrontView(task, x, y, whole, plan.own or _own(plan.specs, task))


def _own(specs: Sequence[RunSpec], task: FrontTask) -> Expression | None:
    """The fitness that some of the searches are on alone."""
    texts = [spec.objectives[0].metric for spec in specs if len(spec.objectives) == 1]
    formulas = [text for text in texts if not fitness.is_name(text)]
    return fitness.searchable(formulas[0], task.table.metrics) if formulas else None


def empty(view: FrontView) -> bool:
    """Whether nothing can be measured, which a sentence says."""
    if why := view.task.empty or view.task.outside:
        st.warning(sentence(why), icon=":material/warning:")
    return bool(view.task.empty)


def picture(view: FrontView, entrants: Entrants, job: Job | None = None) -> None:
    """The verdict; the map with the fronts; beside it their legend, how far they have grown, the shares of the
    attainable hypervolume and how far the others are behind. While `job` runs: as far as it is."""
    moving = job is not None or front_moment.playing()
    parts.part("front verdict", _verdict, view, entrants)
    results = bool(entrants.courses or job) and not view.task.outside
    left, right = st.columns([1.5, 1], gap="medium") if results else (st.container(), st.container())
    task, marks = view.task, marks_part(moving)
    with left:
        rows = front_map.rows(task, view.x, view.y, view.whole)
        axes = (*front_map.quantities(task, view.x, view.y), front_map.colour(task, view.own))
        space_map.space_map(MAP, task.table.space, rows, *axes, partial(_select, marks), [marks], prefix="searched_")
        parts.part("front point", _closer, task)
    with right:
        space_map.part(MAP, marks, _marks, view, entrants, job, moving, every=EVERY if moving else None)
        if results:
            pace = SHARES_EVERY if job else None
            parts.part("shares so far" if job else "shares", _shares, view, entrants, job, every=pace)
        if results and not job:
            parts.part("front gaps", _gaps, view, entrants)


def _shares(view: FrontView, entrants: Entrants, job: Job | None) -> None:
    entrants = entrants if job is None else so_far(job)
    if entrants.courses:
        front_results.progress(entrants, front_runs.shares(entrants, view.task))


def _gaps(view: FrontView, entrants: Entrants) -> None:
    ends, at = _ends(view, entrants)
    if race.results(entrants.courses, front_search.SHARE, ends):
        claims = front_search.claims(entrants.courses, ends, entrants.clock.text(at))
        evidence_panel.gaps(claims, {label: colour for label, (colour, _) in entrants.looks.items()})


def so_far(job: Job) -> Entrants:
    """The runs that a running job has finished."""
    return Entrants.of([item.trace for item in job.items if item.trace is not None])


def marks_part(moving: bool) -> str:
    """The key of the part that draws the marks: another while they move, as a part keeps the pace it was born with."""
    return "moving fronts" if moving else "fronts"


def _verdict(view: FrontView, entrants: Entrants) -> None:
    if entrants.courses and not view.task.outside:
        ends, at = _ends(view, entrants)
        front_results.verdict(view.task, entrants, ends, at)


def _ends(view: FrontView, entrants: Entrants) -> tuple[dict[str, np.ndarray], int]:
    """({entrant: share of each run}, at which moment); of a film that plays at its end."""
    at = entrants.clock.last if front_moment.playing() else front_moment.now(entrants.clock)
    return front_runs.ends(entrants, view.task, at), at


def _marks(view: FrontView, entrants: Entrants, job: Job | None, moving: bool) -> None:
    """The legend of the map with the fronts as they were at a moment, and the slider for that."""
    if job is not None:
        entrants = so_far(job)
    clock = entrants.clock
    front_moment.step(clock, moving)
    fronts = front_runs.median_fronts(entrants, view.task, front_moment.now(clock))
    point = selected(view.task)
    marks = front_map.marks(view.task, view.x, view.y, point, view.own, entrants.looks, fronts)
    space_map.marks("searched legend", MAP, marks)
    if clock.last > 1 and job is None:
        front_moment.slider(clock, marks_part(moving))


def selected(task: FrontTask) -> int | None:
    """The network on the map that was clicked; None if none was."""
    text = st.query_params.get(POINT, "")
    return int(text) if text.isdecimal() and len(text) < 12 and int(text) < len(task.table.space) else None


def _select(marks: str, row: int) -> None:
    """Mark a network on the map; only in a callback."""
    links.write(POINT, str(row))
    parts.again(marks, "front point", "front tab")


def _closer(task: FrontTask) -> None:
    """What the selected network has of each objective, and the way to more."""
    if (row := selected(task)) is None:
        st.caption("Each point is a network; whatever is below a line is dominated by a network on it. Click one.")
        return
    table, values = task.table, []
    for i in range(len(task.objectives)):
        unit = unit_beside(task.title(i), task.about(i).unit)
        values.append(f"{task.title(i)} {cell_details.number(float(task.values[row, i]), unit)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(unbroken(f"**{table.space.noun.capitalize()} {row}**: {', '.join(values)}"), width="content")
        link = {**table_choice.link(table.name, table.dataset), "cell": str(row)}
        st.page_link("pages/10_explore.py", label="Look closer", icon=":material/search:", query_params=link)


def below(view: FrontView, entrants: Entrants, specs: Sequence[RunSpec]) -> Any:
    """The tabs below the picture, of which only the open one is drawn; returns the last one where it is open."""
    titles = _tabs(view)
    title, place = choices.tab(titles, "front_tab")
    with place:
        downloads.searches([course.spec for group in entrants.courses.values() for course in group], "fronts")
        figures.about(command=command.front(view.task, specs))
        parts.part("front tab", _tab, title, view, entrants, specs)
    return place if title == titles[-1] else None


def _tabs(view: FrontView) -> tuple[str, ...]:
    shapes = "How much fronts vary" if len(view.task.objectives) == 2 else "All objectives"
    return ("Statistics", shapes, "What fronts are made of", "Repeat")


def _tab(title: str, view: FrontView, entrants: Entrants, specs: Sequence[RunSpec]) -> None:
    task = view.task
    ends, at = _ends(view, entrants)
    medians = front_runs.median_fronts(entrants, task, at)
    if title == "Statistics" and not task.outside:
        front_results.table(task, entrants, ends, at)
    elif title == "How much fronts vary":
        front_results.attained(task, entrants, at)
    elif title == "All objectives":
        pick = partial(_select, marks_part(False))
        front_shape.objectives(task, entrants.looks, medians, selected(task), pick)
    elif title == "What fronts are made of":
        front_shape.different(task, {EXACT: task.front, **medians})
    elif title == "Repeat" and (line := command.front(task, specs)):
        verbatim(line)


def traces(plan: SearchPlan, task: FrontTask, job: Job | None) -> tuple[list[FrontTrace], dict[str, str]]:
    """(what is saved of the searches, {run id: why it cannot be read}); what a job that is over has brought along is
    not read again."""
    if job is not None:
        front_runs.keep(job.items, task)
    return front_runs.courses(plan.specs, task)


def follow(job: Job, view: FrontView) -> None:
    """While it runs: how far it is, and the fronts that have been found."""
    job_panel.follow(job)
    picture(view, Entrants.of([]), job)
