"""Runs: every saved search, to look at, compare, continue, take away and bring in."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from nas_core import race, searches
from nas_core.race import Trace
from nas_core.summary import Summary
from ui import job_panel, run_views, saved_runs, search_form, search_results, table_choice
from ui.frame import frame, jobs, store

TITLE = "Runs"
ICON = ":material/history:"
GROUP = "Look"
QUESTION = "Which searches were run here, and how do they compare?"
MOST_COMPARED = 300  # runs in one chart


def choose(summaries: list[Summary]) -> list[Summary]:
    """The filters and the list; returns the selected runs."""
    matches = saved_runs.filtered(summaries)
    if not matches:
        st.info("No run matches these filters. Clear one to see more.", icon=":material/filter_alt_off:")
        return []
    rows = st.dataframe(
        saved_runs.frame_of(matches),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=saved_runs.key_of([s.run for s in matches]),
        height=min(460, 38 + 35 * len(matches)),
        column_config=saved_runs.COLUMNS,
    )["selection"]["rows"]
    chosen = [matches[i] for i in rows if i < len(matches)]
    runs = "1 run" if len(matches) == 1 else f"{len(matches):,} runs"
    count = f"{len(chosen):,} selected of {runs}" if chosen else runs
    st.caption(f"{count}. Tick rows to compare, export, continue or delete them; click a heading to sort.")
    return chosen


def actions(chosen: list[Summary]) -> None:
    """What can be done with the selected runs."""
    ids = [s.run for s in chosen]
    going = [s.spec for s in chosen if s.state == "unfinished" and s.spec]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Export",
            lambda: saved_runs.exported(ids)[0],
            _file(ids),
            on_click="ignore",
            icon=":material/download:",
            help="The run file holds every setting and event: it can be imported, cited and repeated.",
        )
        if going:
            st.button(f"Continue {len(going)}", icon=":material/play_arrow:", on_click=go_on, args=(going,))
        if link := search_form.link([s.spec for s in chosen if s.spec]):
            st.page_link("pages/20_search.py", label="Open on Search", icon=":material/open_in_new:", query_params=link)
        st.button("Delete", icon=":material/delete:", on_click=remove, args=(ids,))
    for summary in chosen:
        if summary.problem:
            st.error(summary.problem)
        elif summary.objection:
            st.warning(f"Run {summary.run} was imported and {summary.objection}.", icon=":material/fact_check:")


def _file(ids: list[str]) -> str:
    return f"{ids[0]}.jsonl" if len(ids) == 1 else f"{len(ids)}-runs.zip"


def go_on(specs: list) -> None:
    st.session_state["continued"] = searches.start(jobs(), store(), specs).key


def remove(ids: list[str]) -> None:
    st.session_state["refused"] = saved_runs.delete(ids)


def undo() -> None:
    st.session_state["refused"] = saved_runs.restore()


def notices() -> None:
    """What the last action did, and how to undo a deletion."""
    for sentence in st.session_state.pop("refused", []):
        st.error(sentence)
    if deleted := st.session_state.get("deleted_runs"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{len(deleted)} run{'s' if len(deleted) > 1 else ''} deleted.")
            st.button("Undo", icon=":material/undo:", on_click=undo)
    taken, refused = st.session_state.pop("imported", ([], []))
    objections = {run: store().objection(run) for run in taken}
    doubtful = [run for run, objection in objections.items() if objection]
    if count := len(objections) - len(doubtful):
        st.success(f"{count} run{'s' if count > 1 else ''} imported.")
    if doubtful:
        more = f" The list marks {len(doubtful) - 1:,} more." if len(doubtful) > 1 else ""
        sentence = f"Run {doubtful[0]} was imported and {objections[doubtful[0]]}.{more}"
        st.warning(sentence, icon=":material/fact_check:")
    for sentence in refused:
        st.error(sentence)


def bring_in() -> None:
    """Import of run files."""
    with st.expander("Import runs", icon=":material/upload:"), st.form("import", clear_on_submit=True, border=False):
        files = st.file_uploader("Run files (.jsonl), or a .zip of them", ["jsonl", "zip"], accept_multiple_files=True)
        if st.form_submit_button("Import", icon=":material/upload:") and files:
            taken, refused = [], []
            for file in files:
                ids, sentences = saved_runs.imported(file.name, file.getvalue())
                taken += ids
                refused += sentences
            st.session_state["imported"] = taken, refused
            st.rerun()


def drawable(runs: list[str]) -> Iterator[Trace]:
    """The courses of these runs; a sentence for each that has none."""
    for run in runs:
        try:
            if (trace := run_views.trace(run)) is not None:
                yield trace
        except (ValueError, RuntimeError, FileNotFoundError) as error:
            st.error(str(error))


def compare(chosen: list[Summary]) -> None:
    """The curves of the selected runs, where they can be drawn together."""
    readable = [(s.run, s.spec) for s in chosen if s.spec and s.state != "damaged" and s.trials]
    if not readable:
        st.info("None of the selected runs has finished a training, so there is nothing to draw.")
        return
    tasks = sorted({(spec.benchmark, spec.dataset) for _, spec in readable})
    if len(tasks) > 1:
        names = " and ".join(table_choice.title(*task) for task in tasks)
        st.warning(
            f"These runs belong to different tasks ({names}), whose accuracies cannot be compared. "
            "Select runs of one benchmark and dataset to see their curves."
        )
        return
    if len(readable) > MOST_COMPARED:
        st.warning(f"{len(readable)} runs are too many for one chart; select at most {MOST_COMPARED}.")
        return
    try:
        table = run_views.benchmark(*tasks[0], **readable[0][1].benchmark_params)
    except (ValueError, RuntimeError, FileNotFoundError) as error:
        st.error(str(error))
        return
    traces = list(drawable([run for run, _ in readable]))
    if not traces:
        return
    st.subheader("Compared", anchor=False)
    groups = race.entrants(traces)
    view = search_results.controls(table, [t.spec for t in traces])
    if claims := search_results.picture(groups, table, view, "compared"):
        search_results.statistics(groups, claims, view, "compared")


frame(TITLE, ICON, QUESTION)
with st.container():
    job = jobs().get(st.session_state.get("continued", ""))
    if job is not None and not job.over:
        job_panel.follow(job)
    elif job is not None:
        job_panel.failures({item.run: item.problem for item in job.items if item.problem})
    job_panel.outcome(job)
    notices()
summaries = saved_runs.summaries()
if summaries:
    chosen = choose(summaries)
    if chosen:
        actions(chosen)
        compare(chosen)
else:
    st.info("There are no runs yet. Start a search on the page Search, or import runs.", icon=":material/inbox:")
    st.page_link("pages/20_search.py", label="Search", icon=":material/travel_explore:")
bring_in()
