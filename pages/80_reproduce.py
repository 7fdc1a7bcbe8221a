"""Reproduce: published numbers about NATS-Bench beside those that this app finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from nas_core import command, datasets
from nas_core.charts import reproduction
from nas_core.jobs import Job
from nas_core.places import data_place
from nas_core.sources.catalogue import DATASETS
from nas_core.studies import reproduce
from nas_core.studies.published import MARKS, RUNS
from nas_core.studies.reproduce import RESULTS, Reproduction
from ui import choices, data_panels, downloads, figures, job_panel, tables
from ui.frame import frame
from ui.server import jobs

TITLE = "Reproduce"
ICON = ":material/fact_check:"
GROUP = "Data"
QUESTION = "Are the numbers and the strategies of this app right?"
EVERY = "all three datasets"

frame(TITLE, QUESTION)


def start(datasets: tuple[str, ...], runs: int) -> None:
    """Begin or continue the reproduction."""
    folder = data_place() / "sweeps"
    folder.mkdir(parents=True, exist_ok=True)
    make = partial(reproduce.reproduce, datasets, runs, 2, folder)
    total = reproduce.length(datasets, runs)
    jobs().start(key(datasets, runs), "Reproduction", make, process=True, total=total)


def key(datasets: tuple[str, ...], runs: int) -> str:
    return f"reproduce {','.join(datasets)} {runs}"


def picker(rows: list[Reproduction]) -> Callable[[Reproduction], bool]:
    """Which rows to show, as the visitor wants."""
    groups = list(dict.fromkeys(row.group for row in rows))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.selectbox("Show", ["Everything", *groups], key="group", bind="query-params", width=420)
        only = st.toggle("Only what differs", key="differs", bind="query-params")
    return lambda row: group in ("Everything", row.group) and not (only and row.result != "differs")


def table(rows: list[Reproduction], matches: Callable[[Reproduction], bool]) -> None:
    """How many agree, and the picked rows."""
    compared = any(row.result != RESULTS[-1] for row in rows)
    if compared:
        counts(rows)
    visible = [row for row in rows if matches(row)]
    if not visible:
        st.info("Nothing differs here." if compared else "Nothing is compared yet.", icon=":material/check_circle:")
        return
    frame = reproduction.frame_of(visible)
    frame["dataset"] = frame["dataset"].map(datasets.title)
    tables.show(
        frame,
        placeholder="",
        most=560,
        column_config={
            "number": st.column_config.TextColumn(width="medium"),
            "± se": st.column_config.TextColumn(help="standard error of our mean; facts have none"),
            "difference (se)": st.column_config.NumberColumn(
                help="ours minus published, in standard errors of the difference; up to 3 counts as agreement"
            ),
            "mark": st.column_config.TextColumn(help="; ".join(f"{m}: {words}" for m, words in MARKS.items())),
            "what is not the same": st.column_config.TextColumn(width="large"),
        },
    )


def distances(rows: list[Reproduction]) -> None:
    """How far the searches lie from the published ones, and everything to take home."""
    downloads.csv(reproduction.frame_of(rows), "reproduction", "Published and ours")
    searched = [row for row in rows if row.compared]
    if searched:
        st.subheader("Distance from the published means", anchor=False)
        figures.altair(reproduction.distances(searched), key="distances", alt="difference of each search")


def counts(rows: list[Reproduction]) -> None:
    """How many numbers agree."""
    with st.container(horizontal=True):
        for result, label in zip(RESULTS, ("agree", "differ", *RESULTS[2:]), strict=True):
            st.metric(label, sum(row.result == result for row in rows), width=110)


def merged(datasets: tuple[str, ...], job: Job | None) -> list[Reproduction]:
    """Every published row, with ours where it is there already."""
    ours = {(r.name, r.dataset): r for r in (job.items if job else ()) if isinstance(r, Reproduction)}
    return [ours.get((row.name, row.dataset), row) for row in reproduce.published_rows(datasets)]


with st.container(horizontal=True, vertical_alignment="bottom"):
    titles = {EVERY: EVERY} | {dataset: datasets.title(dataset) for dataset in DATASETS}
    about = choices.select(st.container(width=220), "Numbers about", "published", titles, "dataset")
    runs = st.selectbox(
        "Runs of each search",
        [50, 100, 200, RUNS],
        3,
        key="repeats",
        bind="query-params",
        width=200,
        help="Each run has its own seed. The published means are over 500 runs, AREA's over 50.",
    )
    selection = DATASETS if about == EVERY else (about,)
    job = jobs().get(key(selection, runs))
    idle = job is None or job.over
    if idle and data_panels.ready():
        label = {"done": "Run it again", "stopped": "Continue"}.get(job.state if job else "", "Reproduce")
        job_panel.start_button(label, start, selection, runs, key="reproduce")

if not data_panels.ready():
    st.info("The published numbers are below. To compare ours with them, get NATS-Bench first.")
    st.page_link("pages/70_data.py", label="Get NATS-Bench on the Data page", icon=":material/database:")
elif idle and job is None:
    st.info(
        "Our numbers are still missing. Press Reproduce to check the facts against the tables and to run every search "
        "again: a few minutes for one dataset. Earlier results are read from disk."
    )
job_panel.outcome(job)
matches = picker(reproduce.published_rows(selection))
if job is not None and not job.over:
    job_panel.follow(job, lambda job: table(merged(selection, job), matches))
else:
    rows = merged(selection, job)
    table(rows, matches)
    if visible := [row for row in rows if matches(row)]:
        distances(visible)
only_one = "" if len(selection) > 1 else f" --dataset {about}"
line = f"{command.PROGRAM} reproduce{only_one} --runs {runs}"
figures.about(command=line)
st.caption(
    "Agreement: a fact within its published digits, a mean within 3 standard errors of the difference. Numbers that "
    "nobody has checked, and those to which a parameter of ours was fitted, do not count. "
    f"Marks: {'; '.join(f'{m}, {words}' for m, words in MARKS.items())}. "
    f"The same without the app: `{line}`"
)
