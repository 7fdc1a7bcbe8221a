"""The list of experiments: search, open, compare, rename, duplicate, take away, delete with undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from nas_core import gallery, places, strategies
from nas_core.experiment_file import Experiment
from nas_core.store import StoreError
from nas_core.summary import Summary
from nas_core.types import counted
from ui import answers, downloads, experiments, job_panel, saved_runs, table_choice, tables
from ui.experiments import SEARCH
from ui.server import experiments as shelf
from ui.server import jobs
from ui.words import has_all, safe_sentence

RUN = (SEARCH, "pages/55_supernet.py", "pages/60_why_evolution.py")  # pages of searches that come with the app
LIST = "experiments"  # the name of its fragment
EVERY = 1.0  # seconds between two looks while something runs
STATES = {
    "running": "▶ running",
    "waiting": "⋯ waiting",
    "done": "✓ done",
    "stopped": "‖ stopped",
    "failed": "✗ failed",
    "not run yet": "○ not run yet",
}
NAME = 320  # pixels of the names: what is beside the ticks on a telephone
OPENED = "experiments opened"  # in the session: how often one was, so that the list forgets the click that did it


@dataclass(frozen=True)
class ExperimentRow:
    """One line of the list."""

    experiment: Experiment
    state: str
    runs_ended: int


def _row(one: Experiment, runs: Mapping[str, Summary]) -> ExperimentRow:
    count = experiments.count_ended(one, runs)
    return ExperimentRow(one, experiments.state(one, count, runs), count)


def draw() -> None:
    """The list and what can be done with it; while something runs, it looks again whether that has changed."""
    st.fragment(_list, key=LIST)(bool(_work()))


def _work() -> tuple[tuple[str, str, int], ...]:
    """What is at work in this folder, and how far."""
    return tuple((job.key, job.state, len(job.items)) for job in jobs().active() if job.owner == places.owner())


def _look_again(work: tuple[tuple[str, str, int], ...]) -> None:
    def draw_anew() -> None:
        if _work() != work:
            st.rerun(LIST)

    job_panel.look_again(LIST, EVERY, again=draw_anew)


def _list(going: bool) -> None:
    work = _work()
    if going and not work:
        st.rerun()
    if going:
        st.fragment(_look_again)(work)
    every, faults = shelf().all()
    for file, sentence in faults.items():
        if not file.endswith(".jsonl"):  # a single run, which its own list shows
            st.error(safe_sentence(sentence))
    if not every:
        st.info("There are no experiments yet. Start a search on the Search page.", icon=":material/inbox:")
        st.page_link(SEARCH, label="Search", icon=":material/travel_explore:")
        st.subheader("Experiments that come with the app", anchor=False)
        answers.cards([question for question in gallery.QUESTIONS if question.page in RUN])
        return
    runs = {summary.run: summary for summary in saved_runs.summaries()}
    rows = [_row(one, runs) for one in sorted(every, key=lambda one: one.date, reverse=True)]
    text = st.text_input(
        "Search",
        key="named",
        bind="query-params",
        placeholder="a name, a strategy, a dataset, a state …",
        width=420,
        help="Rows must contain all words.",
    )
    matches = [row for row in rows if has_all(text, _cells(row))]
    if not matches:
        st.info("No experiment matches. Clear the search to see all.", icon=":material/filter_alt_off:")
        return
    actions = st.container()
    key = f"experiments {hash(tuple(row.experiment.id for row in matches))} {st.session_state.get(OPENED, 0)}"
    says = {
        "note": any(row.experiment.note for row in matches),
        "done": any(row.runs_ended < row.experiment.runs for row in matches),
    }
    idle = [column for column, something in says.items() if not something]
    frame = pd.DataFrame([_cells(row) for row in matches]).drop(columns=idle)
    downloads.csv(frame, "experiments", "Experiments")
    selection = tables.show(
        frame,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        key=key,
        most=530,
        column_config=COLUMNS,
    )["selection"]
    if clicked := [row for row, column in selection.get("cells", []) if column == "name" and row < len(matches)]:
        st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1
        st.switch_page(SEARCH, query_params={"id": matches[clicked[0]].experiment.id})
    ticks = [matches[row] for row in selection["rows"] if row < len(matches)]
    with actions:
        _actions(ticks, len(matches))


def _actions(ticks: list[ExperimentRow], listed: int) -> None:
    """What can be done with the ticked rows; where none is, how to do it."""
    if not ticks:
        st.caption(
            f"{counted(listed, 'experiment')}. Click a name to open it; tick rows to compare, rename, "
            "export or delete them; click a heading to sort."
        )
        return
    ones = [row.experiment for row in ticks]
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Open" if len(ones) == 1 else f"Compare {len(ones)}"
        link = {"id": [one.id for one in ones]}
        st.page_link(SEARCH, label=label, icon=":material/open_in_new:", query_params=link)
        if len(ones) == 1:
            with st.popover("Rename", icon=":material/edit_note:", key="rename", on_change="rerun") as box:
                if box.open:
                    experiments.rename(ones[0], "rename")
            st.button("Duplicate", icon=":material/content_copy:", on_click=_duplicate, args=(ones[0],))
            experiments.export(ones[0], ticks[0].state == "done")
        st.button("Delete", icon=":material/delete:", on_click=_delete, args=(ones,))


def _duplicate(one: Experiment) -> None:
    try:
        shelf().duplicate(one.id)
    except (ValueError, StoreError) as error:
        st.session_state[experiments.REFUSED] = [f"{error}."]
        st.rerun()


def _delete(ones: list[Experiment]) -> None:
    """The whole page is drawn again, as what was deleted and how to undo it stand above the list."""
    experiments.delete(ones)
    st.rerun()


def _cells(row: ExperimentRow) -> dict[str, Any]:
    one = row.experiment
    specs = list(one.settings.values())
    return {
        "name": one.name,
        "state": STATES[row.state],
        "done": 100 * row.runs_ended / one.runs,
        "runs": one.runs,
        "date": pd.to_datetime(one.date, utc=True, errors="coerce"),
        "task": ", ".join(dict.fromkeys(table_choice.title(s.benchmark, s.dataset) for s in specs)),
        "note": one.note,
        "strategies": ", ".join(dict.fromkeys(strategies.title(s.strategy) for s in specs)),
        "id": one.id,
    }


COLUMNS = {
    "name": st.column_config.TextColumn(width=NAME, help="Click it to open the experiment."),
    "state": st.column_config.TextColumn(help="A stopped or failed experiment can be continued where it is opened."),
    "done": st.column_config.ProgressColumn(
        format="%.0f %%", min_value=0, max_value=100, width="small", help="Runs that have come to their end."
    ),
    "runs": st.column_config.NumberColumn(format="localized", help="Searches: strategies × seeds.", width="small"),
    "task": st.column_config.TextColumn(width=205),
    "strategies": st.column_config.TextColumn(width=350),
    "note": st.column_config.TextColumn(width=170),
    "date": st.column_config.DatetimeColumn(width=125, format="distance", help="When it was first run."),
    "id": st.column_config.TextColumn(width=115, help="What its link ends with: /search?id=…"),
}
