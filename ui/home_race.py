"""The race on the home page: three strategies, thirty seeds each, drawn as it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from nas_core import plugins, race, searches, strategies
from nas_core.benchmarks import Table
from nas_core.charts import curves, dynamics, palette, race_lines
from nas_core.charts.cell import svg
from nas_core.jobs import Job
from nas_core.race import Signal, Trace
from nas_core.store import StoreError
from nas_core.studies.certainty import certainty
from nas_core.studies.compare import races
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.sentences import focus
from nas_core.types import RunSpec
from ui import cell_details, figures, job_panel, run_views, search_form, search_results, visitors
from ui.assets import read
from ui.frame import GROUNDS
from ui.server import experiments, jobs, watch, watches

BENCHMARK, DATASET = "pocket_topology", "cluttered_digits"
METRIC = "val_acc"  # what the searches see
RACERS = ("random_search", "regularized_evolution", "local_search")
RUNS, TRIALS = 30, 150
MOST = 1000  # races with seeds of their own
FEW = 4  # trainings
HEIGHT = 470  # pixels of the picture
FIRST_LOOK, LOOK = 0.1, 0.25  # seconds: until a visitor's first look at a race that runs, and between the next ones
PLAYS = 3.0  # seconds after which the picture of a finished race has come to its end, also where nobody draws it
FOLLOWED = "race followed"  # in the session: the number of the race that this visitor saw running

_picture_of_race = st.components.v2.component(
    "nas_race_picture",
    html='<div class="race"><canvas role="img"></canvas></div>',
    css=f".race {{ height: {HEIGHT}px; color: var(--st-text-color); font-family: var(--st-font); }} "
    ".race.presented { height: var(--stage-height); } canvas { width: 100%; height: 100%; display: block; }",
    js=read("plot.js", "race_picture.js"),
)


@dataclass(frozen=True, eq=False)
class Picture:
    """All that is drawn of a finished race."""

    chart: dict[str, Any]
    results: dict[str, race.RaceResult]  # by label
    claims: Claims  # by validation accuracy, which the searches see
    tested: Claims  # by test accuracy, which they do not
    why: str
    leader: str  # label
    shares: str  # SVG: options per decision in the leader's last trials
    cell: str  # SVG: the best architecture of the leader's best run


def number() -> tuple[int, str]:
    """(number of the race in the link, complaint): 0 for none, and a sentence if the link asks for nonsense."""
    text = st.query_params.get("race", "")
    if not text:
        return 0, ""
    if text.isdecimal() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST:
        return int(text), ""
    return 0, f"The link asks for race {text[:20]!r}; races are numbered 1 to {MOST}. Press the button to start one."


def start(current: int) -> None:
    """Put the race after race `shown` in the link."""
    st.query_params["race"] = str(current % MOST + 1)


def specs(race_number: int) -> list[RunSpec]:
    """The searches of a race; each race has seeds of its own."""
    seeds = range(RUNS * (race_number - 1), RUNS * race_number)
    return [RunSpec(BENCHMARK, DATASET, s, max_trials=TRIALS, seed=k) for s in RACERS for k in seeds]


def job(race_number: int) -> Job:
    """The job that runs the race: started if it is not there, and again if it ended early before this visitor came."""
    searched = specs(race_number)
    existing = jobs().get(searches.race_key(searched))
    if existing is None or (existing.state in ("stopped", "failed") and not watches(existing.key)):
        return searches.start_race(jobs(), searched)
    return existing


def again(race_number: int) -> None:
    """Run a race that ended early from its beginning; a callback."""
    searches.start_race(jobs(), specs(race_number))


def mine(job: Job) -> bool:
    """True if this visitor may stop it: others may look at the same race."""
    return jobs().mine(job)


def stop(race_number: int) -> None:
    """A callback."""
    if running := jobs().get(searches.race_key(specs(race_number))):
        job_panel.say_if_others_watch(running)
        jobs().stop(running.key)


def follow(race_number: int, running: Job) -> None:
    """The race as it runs; the page is run again when its picture has come to its end."""
    watch(running.key)
    st.session_state[FOLLOWED] = race_number
    name = f"race {race_number}"
    benchmark = run_views.benchmark(BENCHMARK, DATASET)
    signal = race.search_signal(benchmark, METRIC)
    frame = _frame(benchmark, signal)
    axes = {"x": frame.x_title, "y": frame.y_label, "limits": [frame.low, frame.high], "trials": TRIALS}
    optimum = {"title": curves.OPTIMUM, "value": signal.best, "colour": palette.OPTIMUM}
    optimum["letters"] = [palette.legible(palette.OPTIMUM, ground) for ground in GROUNDS]
    names = strategies.names()
    looks = {racer: palette.strategy(racer, names) for racer in RACERS}
    racers = [
        {
            "title": strategies.title(r),
            "colour": colour,
            "letters": [palette.legible(colour, ground) for ground in GROUNDS],
            "dash": [] if dash == (1, 0) else dash,
        }
        for r, (colour, dash) in looks.items()
    ]
    _picture_of_race(key=f"picture {name}", data={"name": name, **axes, "optimum": optimum, "racers": racers})
    figures.load()

    @st.fragment
    def show() -> None:
        running.touch(visitors.name())
        if running.over and (running.state != "done" or job_panel.played(running)):
            st.rerun()
        traces = list(running.items)
        pause = PLAYS if running.over else LOOK if traces else FIRST_LOOK
        job_panel.look_again(running.key, pause, name, _message(running, traces))
        if running.over:
            picture(race_number, traces)  # for the page, while the visitor watches the end

    show()


def _message(running: Job, traces: list[Trace]) -> dict[str, Any]:
    """What the picture is told: the steps of every run so far, and where the race stands."""
    note = f"{len(traces) // len(RACERS)} of {RUNS} seeds of each strategy"
    runs = [(RACERS.index(trace.spec.strategy), *_steps(trace.values)) for trace in traces]
    return {"runs": runs, "note": note if traces else job_panel.progress_text(running), "over": running.over}


def _steps(values: np.ndarray) -> tuple[list[int], list[float]]:
    """(trials from 1, values) at which a run's incumbent changes."""
    at = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)  # nan where it begins; those before any success follow
    at = at[~np.isnan(values[at])]
    return (at + 1).tolist(), values[at].round(3).tolist()


def closer(race_number: int, traces: list[Trace]) -> dict[str, Any]:
    """The link of Search that shows just this race, kept as an experiment of this visitor; of its settings if it cannot
    be kept."""
    searched = specs(race_number)
    ids = st.session_state.setdefault("races kept", {})  # so that a page that is drawn again reads no file for it
    if not experiments().has_file(ids.get(race_number, "")):
        try:
            if visitors.full():
                return search_form.link(searched)
            run_views.keep_traces(traces)
            ids[race_number] = experiments().record(searched, f"Race {race_number}").id
        except StoreError:
            return search_form.link(searched)
    report = search_results.as_searched(run_views.benchmark(BENCHMARK, DATASET), METRIC)
    return {"id": ids[race_number], "report": report}


def picture(race_number: int, traces: list[Trace]) -> Picture:
    """The finished race, drawn once for all visitors."""
    return _picture(race_number, run_views.benchmark(BENCHMARK, DATASET).fingerprint(), traces)


def certain() -> None:
    """How sure it is which network of the race's table is best."""
    table = run_views.benchmark(BENCHMARK, DATASET)
    cell_details.certain(table, table.main)


@st.cache_resource(show_spinner=False, max_entries=8)
def _picture(race_number: int, table: str, _traces: list[Trace]) -> Picture:
    benchmark = run_views.benchmark(BENCHMARK, DATASET)
    signal = race.search_signal(benchmark, METRIC)
    tested = race.report_signal(benchmark, "test_acc")
    groups = race.entrants(_traces)
    at = race.grid(_traces, "trials")
    lines = race_lines.lines(groups, signal, "trials", at, strategies.names(), single=True)
    rows = {row.label: row for row in race.results(groups, signal)}
    claims, final = (races.claims(groups, each, "trials", at[-1]) for each in (signal, tested))
    leader = rows[claims.names[0]]
    shares = np.mean([t.shares for t in groups[leader.label]], axis=0)
    best = int(groups[leader.label][leader.best_run].incumbent[-1])
    frame = _frame(benchmark, signal)
    return Picture(
        curves.incumbents(lines, frame, optimum=signal.best, animate=True),
        rows,
        claims,
        final,
        focus(groups[leader.label], signal, benchmark.space),
        leader.label,
        dynamics.share_bars(benchmark.space, shares, f"Options in the last trainings of {leader.label}"),
        svg(benchmark.space, benchmark.space.arch(best)),
    )


def _frame(benchmark: Table, signal: Signal) -> curves.Frame:
    """The same axes for every race: up to the best there is, from where three in four random searches are after FEW."""
    return curves.Frame(
        np.arange(1.0, TRIALS + 1),
        "networks trained",
        f"{benchmark.metrics['val_acc'].title} of the incumbent{benchmark.after(benchmark.search_epochs)}",
        benchmark.metrics["val_acc"].unit,
        low=float(np.floor(np.nanquantile(signal.column, 0.25 ** (1 / FEW)))),
        high=float(np.ceil(signal.best)),
    )


def warm_up() -> None:
    """Read the table and import what the race needs while the visitor is still reading, here and where it will run."""
    searches.prepare(jobs(), specs(1)[0])
    benchmark = run_views.benchmark(BENCHMARK, DATASET)
    benchmark.search_column(METRIC)
    race.report_signal(benchmark, "test_acc")
    certainty(benchmark, METRIC)


def racers() -> list[tuple[str, str, str]]:
    """(title, colour, what it does) of each strategy in the race."""
    classes = plugins.find(strategies.Strategy)
    names = strategies.names()
    return [(classes[n].title(), palette.strategy(n, names)[0], classes[n].summary()) for n in RACERS]
