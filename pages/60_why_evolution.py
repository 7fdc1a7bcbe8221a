"""Why evolution works: vary what it is made of, two ingredients at a time, and see which of them matters."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import searches
from nas_core.charts import comparison as charts
from nas_core.jobs import Job
from nas_core.studies import lab, lab_reading, recorded
from nas_core.studies.compare.claims import Claims
from nas_core.studies.lab import LabPlan, Results
from nas_core.sweep import Compact
from nas_core.types import RunSpec
from ui import (
    choices,
    downloads,
    experiments,
    figures,
    job_panel,
    lab_form,
    links,
    missing_table,
    own_cache,
    run_views,
    search_words,
    table_choice,
)
from ui.frame import frame
from ui.server import experiments as shelf
from ui.server import jobs
from ui.study_form import study_form
from ui.words import standout, unbroken

TITLE = "Why does evolution work?"
ICON = ":material/science:"
GROUP = "Understand"
QUESTION = "Is it aging, or something else?"

NOTE = f"What follows from it is on the page “{TITLE}”."
POPULAR = (
    "The usual answer: even the best member dies of old age, so a cell whose accuracy was overestimated by luck cannot "
    "stay in the population for ever. This is a claim about errors in what the search sees, so it can be tested: "
    "change who dies, and change the errors."
)


def start(plan: LabPlan) -> None:
    """Run the experiment in the background, or what a stopped one has not done yet."""
    before = jobs().get(key(plan))
    make = partial(lab.run, plan, done=tuple(before.items) if before else ())
    jobs().start(key(plan), "Experiment", make, process=True, total=len(plan.specs))


def key(plan: LabPlan) -> str:
    return f"lab {plan.key}"


def live(plan: LabPlan, job: Job) -> None:
    """While it runs: the heat-map fills."""

    def draw(running: Job) -> None:
        figures.altair(
            charts.heat_map(charts.lab_frame(Results.of(plan, running.items), plan.trials), plan),
            key="heat",
            alt="Result by setting",
        )

    job_panel.follow(job, draw, every=1.0)


def budget(box: DeltaGenerator, plan: LabPlan) -> int:
    """After how many trainings the results are read."""
    return links.slider(
        box,
        "Compare after",
        "lab_at",
        1,
        plan.trials,
        plan.trials,
        format="%d trainings",
        help="Some settings are fast at first and others better in the end; the searches are the same, cut off here.",
    )


@own_cache.resource(max_entries=64, show_spinner="Comparing …")
def comparison(plan_key: str, searches: int, at: int, _results: Results) -> Claims:
    """Every two settings; kept, because testing many pairs takes a moment."""
    return lab_reading.claims(_results, at)


def show(box: DeltaGenerator, below: DeltaGenerator, results: Results) -> None:
    """The answer, the heat-map and the intervals, at a budget chosen in `box`; below the form what is behind them."""
    plan = results.plan
    at = budget(box, plan)
    claims = comparison(plan.key, results.searches, at, results)
    answer, *details = lab_reading.reading(results, at, claims)
    st.markdown(standout(answer), unsafe_allow_html=True)
    data = charts.lab_frame(results, at)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(
            "**Mean accuracy of each setting**",
            help="Test accuracy after full training of the incumbent. ± is the 95 % confidence interval of the mean.",
        )
        figures.altair(charts.heat_map(data, plan), key="heat", alt="Result by setting")
    with right:
        st.markdown(
            "**With 95 % intervals**",
            help="Grey tick: the network with the highest reward. The reward is what the search sees, and its "
            "favourite may not be the best network. A search that has not found it can end above or below.",
        )
        figures.altair(
            charts.intervals(data, plan, results.optimum),
            key="intervals",
            alt="Result of each setting, with its interval",
        )
    with below:
        if details:
            st.caption(unbroken(details.pop(0)))
        for sentence in details:
            st.markdown(unbroken(f"- {sentence}"))
        ranks(claims)
        as_experiment(plan)
        downloads.csv(data, "evolution-settings", "Settings")
        downloads.csv(lambda: every_search(results, at), "evolution-searches", "Every search")


def keep(plan: LabPlan, specs: list[RunSpec]) -> None:
    """Search it all once more as an experiment, whose traces are kept."""
    experiments.collect(specs, search_words.study(plan.title, specs[0]), NOTE)
    make = partial(searches.each, specs, sink=Compact(run_views.sweeps()))
    jobs().start(searches.key(specs), "Experiment", make, process=True, total=len(specs), detached=True)


def as_experiment(plan: LabPlan) -> None:
    """The way to the same searches as an experiment, or the button that makes them one."""
    specs = plan.specs
    one = shelf().find(specs)
    with st.container(horizontal=True, vertical_alignment="center"):
        if one is not None:
            label, link = "Open as an experiment", {"id": one.id}
            st.page_link(experiments.SEARCH, label=label, icon=":material/open_in_new:", query_params=link)
            st.caption("Runs lists it too.")
        else:
            press = partial(job_panel.press_button, "Keep as an experiment", keep, plan, specs, key="lab_keep")
            press(icon=":material/bookmark_add:")
            st.caption(
                f"Runs its {len(specs):,} searches once more and lists them in Runs, with the curves of every setting, "
                "statistics and an archive that repeats them."
            )


def ranks(claims: Claims) -> None:
    """All settings ranked seed by seed."""
    with choices.fold("All settings ranked", "lab_ranks", ":material/format_list_numbered:"):
        figures.altair(charts.average_ranks(claims), key="ranks", alt="Average rank of each setting")
        st.caption("Average rank over the seeds. A grey bar joins settings between which no difference is shown.")


def every_search(results: Results, at: int) -> pd.DataFrame:
    """A row a search."""
    return pd.DataFrame(results.by_setting(at)).melt(var_name="setting", value_name=lab.REPORTED)


def button(plan: LabPlan, job: Job | None) -> None:
    """The button that runs the experiment."""
    searches = len(plan.settings) * plan.seeds
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Continue the experiment" if job is not None and job.items else "Run the experiment"
        job_panel.start_button(label, start, plan, key="lab_run")
        st.caption(
            f"{len(plan.settings)} settings, {searches:,} searches, {searches * plan.trials:,} trainings read from "
            "the table."
        )


def draw(box: DeltaGenerator, below: DeltaGenerator, plan: LabPlan) -> None:
    """What the experiment shows; while it runs, what is done of it."""
    job = jobs().get(key(plan))
    if job is not None and not job.over:
        live(plan, job)
        return
    results = Results.of(plan, list(job.items)) if job is not None else recorded.results(plan)
    if job.state != "done" if job is not None else not results.searches:
        button(plan, job)
    job_panel.outcome(job)
    if results.searches:
        show(box, below, results)
    else:
        st.info(
            "Nothing has been run with these settings yet. Trainings are read from the table, so a thousand searches "
            "take a minute or two.",
            icon=":material/hourglass_empty:",
        )


def page() -> None:
    """The choosers, the picture and the form."""
    boxes, picture = st.container(key="two-a-row-choices").columns(3), st.container()
    with picture:
        table = table_choice.choose(*boxes[:2], accuracies=True)
    with study_form("Vary something else", "vary"):
        plan = lab_form.plan(table)
    below = st.container()
    if isinstance(plan, str):
        picture.warning(plan, icon=":material/warning:")
    else:
        with picture:
            draw(boxes[2], below, plan)
    st.caption(POPULAR)


frame(TITLE, QUESTION)
if not missing_table.offered():
    page()
