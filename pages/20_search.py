"""Search: several strategies on one task, how fast each finds good networks, and what it does meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nas_core import command, race, searches, verification
from nas_core.jobs import Job
from nas_core.race import Trace
from nas_core.studies.compare import sentences
from nas_core.studies.fronts import FrontTask
from ui import (
    choices,
    experiment_view,
    experiments,
    front_moment,
    front_runs,
    incumbent_training,
    job_panel,
    links,
    missing_table,
    parts,
    run_inside,
    run_views,
    search_form,
    search_results,
    search_words,
    searched_fronts,
    visitors,
)
from ui.frame import frame
from ui.front_runs import Entrants
from ui.search_plan import SearchPlan
from ui.server import experiments as shelf
from ui.server import jobs, store
from ui.verbatim import verbatim
from ui.words import are, sentence

TITLE = "Search"
ICON = ":material/travel_explore:"
GROUP = "Look"
QUESTION = "Which strategy finds better networks, how fast, and how?"

EDIT = "edit"  # in the link and the session: whether the form is open
LINE = "search in a line"  # in the session: what the closed form says
TABS = ("Statistics", "Inside one run", "Learning curves", "Repeat")


def start(plan: SearchPlan, fresh: bool) -> None:
    """Run what is not finished, or with `fresh` everything anew, as an experiment; the form then makes room for it."""
    links.put({EDIT: False})
    front_moment.show_the_end()
    experiments.collect(plan.specs, search_words.name(plan.specs))
    read = front_runs.reader(plan.fronts) if plan.fronts else Trace.of
    searches.start(jobs(), store(), plan.specs, fresh, read)


def buttons(plan: SearchPlan, traces: Sequence[Trace], some_unreadable: bool) -> None:
    """Run, or continue, while something is missing; and repeat what cannot be read. Not for what is somebody else's."""
    if visitors.host():
        return
    n_ended = sum(bool(t.stop_reason) for t in traces)
    with st.container(horizontal=True, vertical_alignment="center"):
        if n_ended < len(plan.specs) and plan.problem:
            st.warning(plan.problem, icon=":material/warning:")
        elif n_ended < len(plan.specs):
            label = f"Continue: {n_ended} of {len(plan.specs)} {are(n_ended)} done" if traces else "Run"
            job_panel.start_button(label, start, plan, False, key="run_button")
            st.caption(plan.size)
        if some_unreadable:
            job_panel.repeat_button(start, plan, True)


@dataclass(frozen=True)
class SearchPlaces:
    """Where the parts of the page stand, of which some are drawn before others that are above them."""

    above: Any
    below: Any  # the form is above it
    picture: Any


def live(job: Job, plan: SearchPlan, view: search_results.CurveView, places: SearchPlaces) -> None:
    """While it runs: the curves so far."""

    def draw(job: Job) -> None:
        items = [item if isinstance(item, Trace) else item.trace for item in job.items]  # of a race, or of a search
        traces = [trace for trace in items if trace is not None and trace.has_incumbent]
        if traces:
            search_results.chart(race.entrants(traces), plan.table, view, "incumbents")
        else:
            st.container(key="nothing_yet").caption("No training is over yet.")

    with places.picture:
        job_panel.follow(job, draw)


def results(
    plan: SearchPlan, traces: list[Trace], view: search_results.CurveView, some_unreadable: bool, places: SearchPlaces
) -> None:
    """The verdict above the curves; below them a tab for everything else, of which only the open one is drawn."""
    groups = race.entrants(traces)
    with places.picture:
        claims = search_results.picture(groups, plan.table, view, "incumbents", sentences.idle(plan.specs, traces))
    title, place = choices.tab(TABS, "tab")
    with place:
        if title == "Statistics" and claims:
            search_results.statistics(groups, claims, view, "incumbents")
        elif title == "Inside one run":
            run_inside.draw(plan.table, traces, view.signal)
        elif title == "Learning curves":
            incumbent_training.draw(plan.table, groups, view.signal)
            incumbent_training.take(plan.table, groups, view.signal)
        elif title == "Repeat":
            if sweep := command.sweep(plan.specs):
                verbatim(sweep)
            if not some_unreadable and not visitors.host():
                job_panel.repeat_button(start, plan, True)


def settled(job: Job | None, plan: SearchPlan, view: search_results.CurveView, places: SearchPlaces) -> None:
    """While nothing runs: what is saved, and the button that does the rest."""
    if job is not None:
        run_views.keep(job.items)
    with st.spinner("Reading saved runs …", show_time=True):
        traces, faults = run_views.readable(plan.specs, run_views.course)
    race_job = jobs().get(searches.race_key(plan.specs))
    if len(traces) < len(plan.specs) and not shelf().find(plan.specs):  # what is saved belongs to other experiments
        if race_job is None and searches.key(plan.specs) in search_form.examples():
            race_job = searches.start_race(jobs(), plan.specs)  # the page opens with an answer
        if race_job is not None and not race_job.over:
            live(race_job, plan, view, places)
            return
        if race_job is not None and race_job.state == "done" and not faults:
            traces = list(race_job.items)
    with places.above if traces else places.below:
        missing(job, plan, traces, faults)
    if any(len(t) for t in traces):
        results(plan, traces, view, bool(faults), places)


def missing(job: Job | None, plan: SearchPlan, traces: Sequence[Trace], faults: dict[str, str]) -> None:
    """What has not been run or could not be, and the button that does it."""
    if job is not None:
        job_panel.failures({item.run: item.problem for item in job.items if item.problem})
    job_panel.failures(faults)
    if traces and (reason := verification.replaced(store(), plan.specs)):
        st.warning(
            f"{sentence(reason).rstrip('.')} since these searches ran. To see what they find now, run them all again.",
            icon=":material/update:",
        )
    buttons(plan, traces, bool(faults))
    job_panel.outcome(job)
    if not traces:
        st.container(key="nothing_yet").info(
            "None of its searches has been run yet."
            if visitors.host()
            else "No search has been run with these settings yet. Press Run: trainings are read from the table, so "
            "this takes seconds.",
            icon=":material/hourglass_empty:",
        )


def fronts(job: Job | None, plan: SearchPlan, task: FrontTask, view_place: Any, places: SearchPlaces) -> None:
    """The same for several objectives: a map on which fronts grow, in the place of curves."""
    with view_place:
        view = searched_fronts.controls(plan, task)
    with places.picture:
        if searched_fronts.empty(view):
            return
        if job is not None and not job.over:
            searched_fronts.follow(job, view)
            return
    with st.spinner("Reading saved runs …", show_time=True):
        traces, faults = searched_fronts.traces(plan, task, job)
    with places.above if traces else places.below:
        missing(job, plan, traces, faults)
    entrants = Entrants.of(traces)
    with places.picture:
        if idle := sentences.idle(plan.specs, traces) if traces else "":
            st.info(idle, icon=":material/hourglass_empty:")
        searched_fronts.picture(view, entrants)
    if entrants.courses:
        last = searched_fronts.below(view, entrants, plan.specs)
        if last and not faults and not visitors.host():
            with last:
                job_panel.repeat_button(start, plan, True)


def turn(box: str) -> None:
    """Somebody has opened the form, or put it away."""
    links.as_a_whole()
    edit(st.session_state[box])


def edit(is_open: bool) -> None:
    """Remember whether the form is open, and say so in the link where that would begin otherwise: a link that asks for
    nothing begins with a result, any other with the form. The box cannot be bound to the link: its label changes, and
    then it is another widget, which takes what the link said before.
    """
    st.session_state[EDIT] = is_open
    word = None if is_open == bool({*st.query_params} - {EDIT}) else str(is_open).lower()
    if st.query_params.get(EDIT) != word:
        links.write(EDIT, word)


def form() -> SearchPlan:
    """The form in a box that says in a line what is searched, and the menu of what has been made of it."""
    asked = st.query_params.get(EDIT)
    is_open = st.session_state.get(EDIT, bool(st.query_params)) if asked is None else asked != "false"
    st.session_state[EDIT] = is_open
    label = (not is_open and st.session_state.get(LINE)) or "What is searched, by which strategies, for how long"
    st.session_state[key := f"box {label}"] = is_open
    with st.container(key="searched", horizontal=True):
        box = st.expander(label, key=key, icon=":material/edit:", on_change=turn, args=(key,))
        place = st.container(width="content")
    with box:
        plan = search_form.plan()
    with place:
        if plan.specs and (one := shelf().find(plan.specs)):
            experiment_view.menu(one)
    if (line := search_words.line(plan.specs) if plan.specs else "") != st.session_state.get(LINE, ""):
        st.session_state[LINE] = line
        if not is_open:  # the line is all that can be seen of the form
            st.rerun()
    return plan


def page() -> None:
    """The form or the experiments of the link, and what there is of them."""
    ids = experiment_view.ids()
    above, top = st.container(), st.container()
    places = SearchPlaces(above, st.container(), st.container())
    view_place = st.container(key="shown")
    with top:
        ones = experiment_view.open_all(ids)
        plan = form() if not ids else experiment_view.plan(ones) if ones else None
    with above:
        experiments.notices()
    job = jobs().get(searches.key(plan.specs)) if plan and plan.specs else None
    if plan and plan.specs and plan.fronts:
        fronts(job, plan, plan.fronts, view_place, places)
    elif plan and plan.specs:
        with view_place:  # drawn even before there is anything to see, so that the link keeps it
            view = search_results.controls(plan.table, plan.specs)
        if job is not None and not job.over:
            live(job, plan, view, places)
        else:
            settled(job, plan, view, places)
    elif plan and plan.problem:
        with places.below:
            st.warning(plan.problem, icon=":material/warning:")
    if not ids:
        edit(st.session_state[EDIT])  # now that the widgets have said what else the link asks for


frame(TITLE, QUESTION, experiment_view.heading, experiment_view.ids)
if not missing_table.offered():
    page()
    parts.finish()
