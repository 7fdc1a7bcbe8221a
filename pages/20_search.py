"""Search: several strategies on one task, how fast each finds good networks, and what it does meanwhile."""

from __future__ import annotations

import streamlit as st

from nas_core import command, race, searches
from nas_core.jobs import Job
from nas_core.race import Trace
from nas_core.studies.compare import sentences
from ui import incumbent_training, job_panel, run_inside, run_views, search_form, search_results
from ui.frame import frame, jobs, store
from ui.search_form import Plan

TITLE = "Search"
ICON = ":material/travel_explore:"
GROUP = "Look"
QUESTION = "Which strategy finds better networks, how fast, and how?"


def saved(plan: Plan) -> tuple[list[Trace], dict[str, str]]:
    """(traces of the plan's runs that are on disk, {run id: why it cannot be read})."""
    traces, broken = [], {}
    with st.spinner("Reading saved runs …", show_time=True):
        for spec in plan.specs:
            try:
                store().check_origin(spec.id)
                if trace := run_views.trace(spec.id):
                    traces.append(trace)
            except (RuntimeError, ValueError) as error:
                broken[spec.id] = str(error)
    return traces, broken


def start(plan: Plan, fresh: bool) -> None:
    """Run what is not finished, or with `fresh` everything anew."""
    searches.start(jobs(), store(), plan.specs, fresh)


def buttons(plan: Plan, traces: list[Trace], broken: bool) -> None:
    """Run, continue or repeat: whichever fits what is saved."""
    done = sum(bool(t.stop_reason) for t in traces)
    with st.container(horizontal=True, vertical_alignment="center"):
        if done < len(plan.specs):
            label = f"Continue: {done} of {len(plan.specs)} are done" if traces else "Run"
            st.button(
                label,
                type="primary",
                icon=":material/play_arrow:",
                key="run_button",
                on_click=start,
                args=(plan, False),
            )
        if traces or broken:
            st.button(
                "Run all again",
                icon=":material/restart_alt:",
                on_click=start,
                args=(plan, True),
                help="The same settings give the same results, so this changes nothing unless a run file is damaged "
                "or the code has changed. The old runs are set aside.",
            )
        st.caption(plan.size)


def live(job: Job, plan: Plan, view: search_results.View) -> None:
    """While it runs: the curves so far."""

    def draw(job: Job) -> None:
        traces = [item.trace for item in job.items if item.trace is not None and item.trace.has_incumbent]
        if traces:
            search_results.chart(race.entrants(traces), plan.table, view, "incumbents")

    job_panel.follow(job, draw)


def results(plan: Plan, traces: list[Trace], view: search_results.View) -> None:
    """The curves, the verdict, the table, and one run from inside."""
    groups = race.entrants(traces)
    search_results.draw(groups, plan.table, view, "incumbents", sentences.idle(plan.specs, traces))
    incumbent_training.draw(plan.table, groups, view.signal)
    if sweep := command.sweep(plan.specs):
        with st.expander("The same on the command line", icon=":material/terminal:"):
            st.code(sweep, language="bash", wrap_lines=True)
    run_inside.draw(plan.table, traces, view.signal)


def settled(job: Job | None, plan: Plan, view: search_results.View) -> None:
    """While nothing runs: what is saved, and the button that does the rest."""
    with progress:
        if job is not None:
            run_views.keep(job.items)
            job_panel.failures({item.run: item.problem for item in job.items if item.problem})
        traces, broken = saved(plan)
        job_panel.failures(broken)
        buttons(plan, traces, bool(broken))
        job_panel.outcome(job)
    if any(len(t) for t in traces):
        results(plan, traces, view)
    else:
        st.info(
            "No search has been run with these settings yet. Press Run: trainings are read from the table, so this "
            "takes seconds.",
            icon=":material/hourglass_empty:",
        )


frame(TITLE, ICON, QUESTION)
form, progress, view_place = st.container(), st.container(), st.container()
with form:
    plan = search_form.plan()
if plan.specs:  # no st.stop() anywhere: it would keep the fragments of the results, which could draw
    with view_place:  # drawn even before there is anything to see, so that the link keeps it
        view = search_results.controls(plan.table, plan.specs)
    job = jobs().get(searches.key(plan.specs))
    if job is not None and not job.over:
        live(job, plan, view)
    else:
        settled(job, plan, view)
elif plan.problem:
    st.warning(plan.problem, icon=":material/warning:")
