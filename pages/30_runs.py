"""Runs: every search that was run here, as experiments and one by one: open, compare, continue, send, bring in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import streamlit as st

from nas_core import archives, race, searches
from nas_core.race import Trace
from nas_core.store import StoreError
from nas_core.studies import front_search
from nas_core.studies.fronts import FrontTask
from nas_core.summary import Summary
from nas_core.types import counted
from ui import (
    choices,
    downloads,
    experiment_list,
    experiments,
    job_panel,
    links,
    parts,
    run_views,
    saved_runs,
    search_form,
    search_results,
    searched_fronts,
    table_choice,
    tables,
    uploads,
)
from ui.frame import frame
from ui.front_runs import Entrants
from ui.search_plan import SearchPlan
from ui.server import experiments as shelf
from ui.server import jobs, store
from ui.words import inert, plain, safe_sentence, sentence

TITLE = "Runs"
ICON = ":material/history:"
GROUP = "Look"
QUESTION = "Which searches were run here, and how do they compare?"
MOST_COMPARED = 300  # runs in one chart
LISTS = ("experiments", "single runs")


def choose(summaries: list[Summary]) -> list[Summary]:
    """The filters and the list; returns the selected runs."""
    matches = saved_runs.filtered(summaries)
    if not matches:
        st.info("No run matches these filters. Clear one to see more.", icon=":material/filter_alt_off:")
        return []
    frame = saved_runs.frame_of(matches)
    downloads.csv(frame, "runs", "Runs")
    rows = tables.show(
        frame,
        on_select=links.as_a_whole,
        selection_mode="multi-row",
        key=saved_runs.key_of([s.run for s in matches]),
        most=460,
        column_config=saved_runs.COLUMNS,
    )["selection"]["rows"]
    selection = [matches[i] for i in rows if i < len(matches)]
    runs = "1 run" if len(matches) == 1 else f"{len(matches):,} runs"
    count = f"{len(selection):,} selected of {runs}" if selection else runs
    st.caption(f"{count}. Tick rows to compare, export, continue or delete them; click a heading to sort.")
    return selection


def actions(selection: list[Summary]) -> None:
    """What can be done with the selected runs."""
    ids = [s.run for s in selection]
    going = [s.spec for s in selection if s.state == "unfinished" and s.spec]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Export",
            partial(saved_runs.exported, ids),
            saved_runs.file_name(ids),
            on_click="ignore",
            icon=":material/download:",
            help="The run file holds every setting and event: it can be imported, cited and repeated.",
        )
        if going:
            st.button(f"Continue {len(going)}", icon=":material/play_arrow:", on_click=go_on, args=(going,))
        if link := search_form.link([s.spec for s in selection if s.spec]):
            st.page_link("pages/20_search.py", label="Open on Search", icon=":material/open_in_new:", query_params=link)
        st.button("Delete", icon=":material/delete:", on_click=remove, args=(ids,))
    for summary in selection:
        if summary.problem:
            st.error(safe_sentence(summary.problem))
        elif summary.objection:
            st.warning(inert(f"Run {summary.run} was imported and {summary.objection}."), icon=":material/fact_check:")


def go_on(specs: list) -> None:
    parts.begin()
    st.session_state["continued"] = searches.start(jobs(), store(), specs).key


def remove(ids: list[str]) -> None:
    parts.begin()
    st.session_state.pop(experiments.DELETED, None)
    st.session_state[experiments.REFUSED] = saved_runs.delete(ids)


def notices() -> None:
    """What the last action did, and how to undo a deletion."""
    experiments.notices()
    names = [name for name, _ in st.session_state.get(experiments.DELETED, [])]
    if names or st.session_state.get("deleted_runs"):
        runs = len(st.session_state.get("deleted_runs", []))
        what = counted(runs, "run")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Deleted: {', '.join(map(plain, names))}, with {what}." if names else f"{what} deleted.")
            st.button("Undo", icon=":material/undo:", on_click=experiments.restore)
    for one in st.session_state.pop("imported experiments", []):
        st.success(f"“{plain(one.name)}” imported, with {counted(one.runs, 'run')}.")
    ids, refused = st.session_state.pop("imported", ([], []))
    objections = {run: store().objection(run) for run in ids}
    doubtful = [run for run, objection in objections.items() if objection]
    if count := len(objections) - len(doubtful):
        st.success(f"{counted(count, 'run')} imported.")
    if doubtful:
        more = f" The list marks {len(doubtful) - 1:,} more." if len(doubtful) > 1 else ""
        sentence = f"Run {doubtful[0]} was imported and {objections[doubtful[0]]}.{more}"
        st.warning(safe_sentence(sentence), icon=":material/fact_check:")
    for sentence in refused:
        st.error(safe_sentence(sentence))


def bring_in() -> None:
    """Import of experiments and run files."""
    with st.expander("Import", icon=":material/upload:"), st.form("import", clear_on_submit=True, border=False):
        label = "Archives of experiments (.zip), or run files (.jsonl, or a .zip of them)"
        files, too_large = uploads.files(st, label, ["jsonl", "zip"], archives.LARGEST >> 20, "import_files")
        if st.form_submit_button("Import", icon=":material/upload:") and (files or too_large):
            ones, imported, refused = [], [], too_large
            for file in files:
                one, ids, sentences = experiments.imported(file.name, file.getvalue())
                ones += [one] if one else []
                imported += ids
                refused += sentences
            st.session_state["imported experiments"] = ones
            st.session_state["imported"] = imported, refused
            st.rerun()


def drawable(runs: list[str]) -> Iterator[Trace]:
    """The courses of these runs; a sentence for each that has none."""
    for run in runs:
        try:
            if (trace := run_views.trace(run)) is not None:
                yield trace
        except (ValueError, RuntimeError, FileNotFoundError) as error:
            st.error(safe_sentence(error))


def compare(selection: list[Summary]) -> None:
    """The curves of the selected runs, where they can be drawn together."""
    readable = [(s.run, s.spec) for s in selection if s.spec and s.state != "damaged" and s.trials]
    if not readable:
        st.info("None of the selected runs has finished a training, so there is nothing to draw.")
        return
    tasks = sorted({(spec.benchmark, spec.dataset) for _, spec in readable})
    if len(tasks) > 1:
        names = " and ".join(table_choice.title(*task) for task in tasks)
        st.warning(
            f"These runs belong to different tasks ({inert(names)}), whose accuracies cannot be compared. "
            "Select runs of one benchmark and dataset to see their curves."
        )
        return
    if len(readable) > MOST_COMPARED:
        st.warning(f"{len(readable)} runs are too many for one chart; select at most {MOST_COMPARED}.")
        return
    try:
        table = run_views.benchmark(*tasks[0], **readable[0][1].benchmark_params)
    except (ValueError, RuntimeError, FileNotFoundError) as error:
        st.error(safe_sentence(error))
        return
    try:
        task = front_search.task_of(table, [spec for _, spec in readable])
    except ValueError as error:
        st.warning(f"{sentence(error)} Select runs of the same objectives.", icon=":material/balance:")
        return
    if task is not None:
        fronts(SearchPlan(table, tuple(spec for _, spec in readable)), task)
        return
    traces = list(drawable([run for run, _ in readable]))
    if not traces:
        return
    st.subheader("Compared", anchor=False)
    groups = race.entrants(traces)
    view = search_results.controls(table, [t.spec for t in traces])
    if claims := search_results.picture(groups, table, view, "compared"):
        search_results.statistics(groups, claims, view, "compared")


def fronts(plan: SearchPlan, task: FrontTask) -> None:
    """What these runs on several objectives found, as Search shows it."""
    traces, broken = searched_fronts.traces(plan, task, None)
    job_panel.failures(broken)
    entrants = Entrants.of(traces)
    if not entrants.courses:
        return
    st.subheader("Compared", anchor=False)
    picture = st.container()
    view = searched_fronts.controls(plan, task)
    with picture:
        if searched_fronts.empty(view):
            return
        searched_fronts.picture(view, entrants)
    searched_fronts.below(view, entrants, plan.specs)


def all_runs() -> None:
    """A callback."""
    st.query_params.pop("of_experiment", None)


def of_experiment(summaries: list[Summary]) -> list[Summary]:
    """Those of the experiment that the link asks for; all if it asks for none."""
    text = st.query_params.get("of_experiment")
    if not text:
        return summaries
    try:
        one = shelf().open(text)
    except (ValueError, StoreError):
        st.warning(f"There is no experiment “{plain(text[:40])}” here; all runs are shown.", icon=":material/link_off:")
        return summaries
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Runs of **{plain(one.name)}**", width="content")
        st.button("All runs", icon=":material/close:", on_click=all_runs)
    return [summary for summary in summaries if summary.run in one.run_ids]


def single_runs() -> None:
    """Every run on its own."""
    summaries = of_experiment(saved_runs.summaries())
    if not summaries:
        others = " Experiments whose runs keep only their curves, such as races, are in the other list."
        words = "There are no runs yet. Start a search on the Search page, or import runs."
        st.info(words + others * bool(shelf().all()[0]), icon=":material/inbox:")
        st.page_link("pages/20_search.py", label="Search", icon=":material/travel_explore:")
    elif selection := choose(summaries):
        actions(selection)
        compare(selection)


frame(TITLE, QUESTION)
with st.container():
    job = jobs().get(st.session_state.get("continued", ""))
    if job is not None and not job.over:
        job_panel.follow(job)
    elif job is not None:
        job_panel.failures({item.run: item.problem for item in job.items if item.problem})
    job_panel.outcome(job)
    notices()
if any(name.startswith("of_") for name in st.query_params) and not {"list"} & {*st.query_params, *st.session_state}:
    st.session_state["list"] = LISTS[1]  # links of earlier versions, which had no other list
if choices.segments(st, "List", "list", LISTS, "list", label_visibility="collapsed") == LISTS[0]:
    experiment_list.draw()
else:
    single_runs()
bring_in()
parts.finish()
