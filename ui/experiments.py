"""What can be done with an experiment on any page: its state, its name and note, its archive, deletion with undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from nas_core import imports, searches
from nas_core.experiment_file import LONGEST, Experiment
from nas_core.jobs import Job
from nas_core.store import StoreError
from nas_core.summary import Summary
from nas_core.types import RunSpec
from ui import exported_data, links, parts, run_views, saved_runs, visitors
from ui.server import experiments, jobs
from ui.words import safe_sentence

SEARCH = "pages/20_search.py"
REFUSED = "refused"  # in the session: sentences on what could not be done
DELETED = "deleted experiments"  # in the session, for undo: name and id; no id of those that were run files alone


def job(one: Experiment) -> Job | None:
    """The job that runs it now or did last, whoever started it."""
    return jobs().get(f"search {searches.digest(one.run_ids)}")


def count_ended(one: Experiment, runs: Mapping[str, Summary]) -> int:
    """How many of its runs have come to their end, with every event or as the trace of a sweep."""
    count = sum(runs[run].state == "finished" for run in one.run_ids & runs.keys())
    if missing := one.run_ids - runs.keys():
        for setting in one.settings.values():
            seeds = run_views.sweep(setting).keys() & set(one.seeds)
            count += sum(replace(setting, seed=seed).id in missing for seed in seeds)
    return count


def whole(one: Experiment) -> bool:
    """True if all its runs have come to their end."""
    return count_ended(one, {summary.run: summary for summary in saved_runs.summaries()}) == one.runs


def state(one: Experiment, finished: int, runs: Mapping[str, Summary]) -> str:
    """One of "running", "waiting", "done", "failed", "stopped", "not run yet"."""
    latest = job(one)
    if latest is not None and not latest.over:
        return "waiting" if latest.state == "queued" else "running"
    if finished == one.runs:
        return "done"
    failures = latest is not None and (latest.state == "failed" or any(item.problem for item in latest.items))
    if failures or any(runs[run].state == "damaged" for run in one.run_ids & runs.keys()):
        return "failed"
    return "stopped" if finished or one.run_ids & runs.keys() else "not run yet"


def notices() -> None:
    """What could not be done."""
    for sentence in st.session_state.pop(REFUSED, []):
        st.error(safe_sentence(sentence))


def collect(specs: Sequence[RunSpec], name: str, note: str = "") -> None:
    """Make an experiment of searches that a visitor starts; a sentence is left if that cannot be saved."""
    try:
        one = experiments().collect(specs, name)
        if note and not one.note:
            experiments().change(one.id, note=note)
    except StoreError as error:
        st.session_state[REFUSED] = [str(error)]


def rename(one: Experiment, box: str) -> None:
    """A form for its name and its note, in the popover `box`, which it closes."""
    with st.form(f"rename {one.id}", border=False):
        st.text_input("Name", one.name, max_chars=LONGEST["name"], key=f"name of {one.id}")
        note = "What it is about"
        st.text_area("Note", one.note, max_chars=LONGEST["note"], key=f"note of {one.id}", placeholder=note)
        st.form_submit_button("Save", icon=":material/check:", on_click=_change, args=(one, box))


def _change(one: Experiment, box: str) -> None:
    name, note = (st.session_state[f"{what} of {one.id}"].strip() for what in ("name", "note"))
    st.session_state[box] = False
    try:
        experiments().change(one.id, name, note)
    except (ValueError, StoreError) as error:
        st.session_state[REFUSED] = [str(error)]
        st.rerun()  # the page, as the form may stand in a part of it


def export(one: Experiment, whole: bool) -> None:
    """A button that saves its archive, which can be imported, cited and repeated. whole: all its runs are done."""
    st.download_button(
        "Export",
        lambda: exported_data.archive(one),
        f"experiment-{one.id}.zip",
        "application/zip",
        key=f"export {one.id}",
        on_click="ignore",
        icon=":material/download:",
        disabled=not whole,
        help="One archive: settings, every trial of every run, versions and the command that repeats it."
        if whole
        else "An archive holds whole runs; let them come to their end first.",
    )


def delete(ones: Iterable[Experiment]) -> None:
    """Put experiments aside, and the runs that no other one names."""
    runs: list[str] = []
    aside: list[tuple[str, str]] = []
    refused = []
    for one in ones:
        latest = job(one)
        if latest is not None and not latest.over:
            refused.append(f"“{one.name}” is running; stop it before you delete it.")
            continue
        try:
            own = experiments().own_runs(one)
            saved = experiments().has_file(one.id)
            if saved:
                experiments().delete(one.id)
                links.forget(one.id)
        except (ValueError, StoreError) as error:
            refused.append(f"{error}.")
            continue
        aside.append((one.name, one.id if saved else ""))
        runs += own
    st.session_state[DELETED] = aside
    st.session_state[REFUSED] = refused + saved_runs.delete(runs)


def restore() -> None:
    """Undo the last `delete`; only in a callback."""
    parts.begin()
    refused = saved_runs.restore()
    for _, experiment_id in st.session_state.pop(DELETED, []):
        try:
            if experiment_id:
                experiments().restore(experiment_id)
        except StoreError as error:
            refused.append(f"{error}.")
    st.session_state[REFUSED] = refused


def imported(name: str, data: bytes) -> tuple[Experiment | None, list[str], list[str]]:
    """(the experiment of an archive, the runs of other files, sentences on what was not taken in)."""
    if sentence := visitors.full():
        return None, [], [f"{name}: {sentence}."]
    return imports.take_in(experiments(), name, data)
