"""Proxies: score untrained networks and see how far each score can be trusted."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import command
from nas_core.benchmarks import Table
from nas_core.charts import proxies as charts
from nas_core.jobs import Job
from nas_core.sources import nats_scores
from nas_core.studies import proxy_reading, proxy_study
from nas_core.studies.proxy_study import ProxyQuality, ProxyScores, ProxyStudy
from nas_core.types import with_unit
from ui import (
    cell_details,
    choices,
    downloads,
    figures,
    job_panel,
    missing_table,
    own_cache,
    proxy_form,
    table_choice,
    tables,
)
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.server import jobs
from ui.study_form import study_form
from ui.words import inert, sentence, standout

TITLE = "Proxies"
ICON = ":material/bolt:"
GROUP = "Understand"
QUESTION = "Can a proxy rank networks before they are trained?"
SAVED, LIVE, PUBLISHED = "saved scores", "scored live", "published scores"


class ProxyPlaces(NamedTuple):
    """Where things are drawn."""

    proxy: DeltaGenerator  # the box of the proxy to look at
    picture: DeltaGenerator
    form: DeltaGenerator  # the end of the form
    below: DeltaGenerator  # what is behind the picture


def key(study: ProxyStudy) -> str:
    return f"proxies {study.key}"


def start(study: ProxyStudy) -> None:
    """Score in the background; what was scored before is not scored again."""
    jobs().start(key(study), "Proxies", partial(proxy_study.run, study), process=True, total=study.steps)


@own_cache.data(max_entries=32, show_spinner="Comparing the proxies …")
def judge(_scores: ProxyScores, study_key: str, source: str, count: int) -> list[ProxyQuality]:
    """How far each proxy can be trusted; `known` items of `source` are in."""
    return proxy_study.judge(_scores)


def available(table: Table, study: ProxyStudy, job: Job | None) -> dict[str, tuple[ProxyScores, int]]:
    """{where from: (scores, how many)}, the live ones first once there are any."""
    sources: dict[str, tuple[ProxyScores, int]] = {}
    if job is not None and job.items:
        sources[LIVE] = proxy_study.from_run(study, job.items), len(job.items)
    saved = proxy_study.from_table(study)
    if saved is not None and not (sources and len(saved.rows) <= study.count):  # else they are the same networks
        sources[SAVED] = saved, len(saved.rows)
    if (published := proxy_study.published(study)) is not None:
        if not any(real(scores) for scores, _ in sources.values()):
            sources.clear()
        sources[PUBLISHED] = published, len(published.rows)
    return sources


def real(scores: ProxyScores) -> set[str]:
    """The proxies that are more than the size of a network."""
    return set(scores.names) - set(proxy_study.BASELINES)


def scatter(table: Table, scores: ProxyScores, name: str, selected: int | None = None) -> None:
    """Score and accuracy of every network with a finite score."""
    data = charts.scatter_frame(scores, name)
    if not len(data):
        st.info(f"{proxy_reading.title(name)} has not given a finite score yet.", icon=":material/hourglass_empty:")
        return
    truth = f"{table.metrics[proxy_study.TRUTH].title}{table.after(table.epochs_of(proxy_study.TRUTH))} (%)"
    score = f"score by {proxy_reading.title(name)}, before training" if table.space.kinds else cost(table, name)
    chart = charts.scatter(data, score, truth, selected)
    alt = f"{proxy_reading.title(name)} against accuracy"
    figures.altair(chart, key="scatter", alt=alt, on_select="rerun" if selected is not None else "ignore")


def cost(table: Table, name: str) -> str:
    """What a number of the table that stands for a proxy is called, with its unit."""
    title = proxy_reading.title(name)
    return next((with_unit(title, m.unit) for m in table.metrics.values() if m.title == title), title)


def reading(words: str, scores: ProxyScores, verdicts: list[ProxyQuality]) -> None:
    """What is behind the answer: the sentences that follow it, what was scored in `words`, the table."""
    st.markdown(" ".join(proxy_reading.answer(verdicts)[1:]))
    st.caption(f"{len(scores.rows):,} networks, {words}")
    data = charts.table(verdicts)
    columns = {
        name: st.column_config.Column(help=help)
        if form is None
        else st.column_config.NumberColumn(help=help, format=form)
        for name, (help, form) in charts.COLUMNS.items()
    }
    tables.show(data, hide_index=True, column_config=columns, placeholder="", height=38 + 35 * len(data))
    if scores.reasons:
        with st.expander("Why some scores are not finite", icon=":material/report:"):
            for name, reasons in scores.reasons.items():
                for reason, times in reasons.items():
                    st.markdown(f"- **{proxy_reading.title(name)}**, {times}×: {inert(reason)}")
    downloads.csv(data, "proxies", "Table as CSV")


def one(table: Table, scores: ProxyScores, name: str, row: int, clicked: bool) -> None:
    """One network: drawing, its score, its accuracy."""
    at = int((scores.rows == row).nonzero()[0][0])
    cell_details.card(table, row, "" if clicked else f", the highest {'score' if table.space.kinds else 'value'}")
    boxes = st.columns(2)
    label = "Score" if table.space.kinds else cost(table, name).capitalize()
    boxes[0].metric(label, f"{scores.columns[name][0][at]:.4g}", help="Before any training.")
    truth = table.metrics[proxy_study.TRUTH].title
    help = "After full training, from the benchmark."
    boxes[1].metric(truth[:1].upper() + truth[1:], f"{scores.truth[at]:.2f} %", help=help)
    cell_details.open_on_explore(table, row)


def closer(table: Table, scores: ProxyScores, name: str, verdict: ProxyQuality) -> None:
    """Score and accuracy of each network, and the one that was clicked."""
    left, right = st.columns([3, 2], gap="large")
    choice = figures.clicked("scatter", "scored_network")
    row = choice if choice is not None and choice in scores.rows else verdict.pick
    with left:
        scatter(table, scores, name, row)
        st.caption("Each point is a network. Click one to see it. Points below the axis are drawn at its edge.")
        with st.container(horizontal=True):
            downloads.csv(lambda: charts.scatter_frame(scores, name, len(scores.rows)), f"proxy-{name}", "As CSV")
    with right:
        one(table, scores, name, row, row == choice)


def across(table: Table, scores: ProxyScores, name: str) -> None:
    """Which proxies agree, and what this one prefers."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Which proxies agree", anchor=False)
        names, values = proxy_study.agreement(scores)
        figures.altair(charts.agreement(names, values), key="agreement", alt="Rank agreement of the proxies")
        st.caption("Spearman’s correlation between their scores: near 1, two proxies agree.")
        titles = list(map(proxy_reading.title, names))
        downloads.csv(lambda: pd.DataFrame(values, titles, titles).reset_index(), "proxy-agreement")
    with right:
        st.subheader("What it prefers", anchor=False)
        titled = proxy_reading.title(name)
        by = {"true accuracy": proxy_study.preferences(scores, table)}
        by[titled] = proxy_study.preferences(scores, table, name)
        figures.altair(charts.preferences(table.space, by), key="preferences", alt="Options that each proxy prefers")
        st.caption(
            f"Mean percentile of the networks with each choice, by accuracy and by {titled}: 50 is neither good nor "
            "bad. Where the two differ, the proxy is wrong about that choice."
        )


def button(study: ProxyStudy, job: Job | None) -> None:
    """The button that scores."""
    if not torch_is_here() or (job is not None and job.state == "done"):
        return
    if missing := proxy_form.missing(study):
        st.caption(f"{sentence(missing)} Then networks can be scored live, too.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Continue scoring" if job is not None and job.items else "Score live"
        job_panel.start_button(label, start, study, key="proxy_run")
        where = next(words for words, device in proxy_form.DEVICES.items() if device == study.device)
        st.caption(f"{study.count} untrained networks{' at each seed' if study.seeds > 1 else ''}, on {where}.")


def choose_proxy(box: DeltaGenerator, asked: tuple[str, ...], verdicts: list[ProxyQuality]) -> str:
    """The proxy whose scores the pictures show: first the best of the real ones that have scores; asked: the others."""
    names = dict.fromkeys((*(j.name for j in verdicts), *asked))
    have = [j.name for j in verdicts]
    order = sorted(names, key=lambda name: (bool(have) and name not in have, name in proxy_study.BASELINES))
    titles = {proxy_reading.title(name): name for name in order}
    return titles[choices.one(box, "Look closer at", "proxy", titles, "The proxy that the charts show.")]


def which(sources: dict[str, tuple[ProxyScores, int]]) -> str:
    """The scores that are shown."""
    if len(sources) == 1:
        return next(iter(sources))
    return choices.segments(
        st,
        "Show",
        "source",
        list(sources),
        "scores",
        "The sample that was just scored here, what was scored here before, or what others published.",
    )


def compare(places: ProxyPlaces, table: Table, study: ProxyStudy, sources: dict[str, tuple[ProxyScores, int]]) -> None:
    """What the chosen scores show."""
    source = which(sources)
    scores, count = sources[source]
    verdicts = judge(scores, study.key, source, count)
    lacking = [proxy_reading.title(n) for n in study.all_names if n not in scores.names]
    words = f"{nats_scores.PROVENANCE['scores']}." if source == PUBLISHED else f"{study.scoring.words}; {source}."
    words += f" There are no {source} by {', '.join(lacking)}: score a sample live." if lacking else ""
    show(places, table, scores, verdicts, words, (*study.names, *study.all_names))
    with places.below:
        st.caption(f"The same without the app: `{command.PROGRAM} score {study.words}`")


def show(
    places: ProxyPlaces,
    table: Table,
    scores: ProxyScores,
    verdicts: list[ProxyQuality],
    words: str,
    asked: tuple[str, ...] = (),
) -> None:
    """The answer, the picture of one proxy, and what is behind them; words: what was scored."""
    if not verdicts:
        st.info("Too few networks are scored to compare anything.", icon=":material/hourglass_empty:")
        return
    if sentences := proxy_reading.answer(verdicts):
        st.markdown(standout(sentences[0]), unsafe_allow_html=True)
    name, by_name = choose_proxy(places.proxy, asked, verdicts), {j.name: j for j in verdicts}
    if name in by_name:
        closer(table, scores, name, by_name[name])
    else:
        st.info(f"{proxy_reading.title(name)} has scored too few of these networks.", icon=":material/hourglass_empty:")
    with places.below:
        reading(words, scores, verdicts)
        if name in by_name:
            across(table, scores, name)


def of_table(places: ProxyPlaces, table: Table) -> None:
    """Where no networks can be built: what the table knows of them without their training, held against accuracy."""
    scores = proxy_study.of_table(table)
    with places.picture:
        verdicts = judge(scores, f"{table.name} {table.dataset}", table.fingerprint(), len(scores.rows))
        words = f"as the table has them, for the {table.space.title()} space builds none; more is taken for better."
        show(places, table, scores, verdicts, words)


def draw(places: ProxyPlaces, table: Table, study: ProxyStudy) -> None:
    """The picture, and in the box or above the picture the button, depending on what there is."""
    figures.about(command=f"{command.PROGRAM} score {study.words}")
    job: Job | None = jobs().get(key(study))
    running = job is not None and not job.over
    sources = {} if running else available(table, study, job)
    scored = any(real(scores) for scores, _ in sources.values())
    with places.picture:
        if not running:
            job_panel.outcome(job)
        if job is not None and running:
            name = choose_proxy(places.proxy, (*study.names, *study.all_names), [])
            job_panel.follow(
                job,
                lambda j: scatter(table, proxy_study.from_run(study, j.items), name) if j.items else None,
                every=1.0,
            )
        elif sources:
            compare(places, table, study, sources)
    if not running:
        with places.form if scored else places.picture:
            button(study, job)
    if not running and not scored:
        with places.picture:
            st.info(
                "Nothing has been scored with these settings yet. Press Score live: each proxy scores untrained "
                "networks of this benchmark, and its scores are compared with their accuracy after training. To score "
                f"all networks: `{command.PROGRAM} score {study.words}`",
                icon=":material/hourglass_empty:",
            )


def page() -> None:
    """The choosers, the picture and the form."""
    *boxes, proxy_box = st.columns(3)
    picture = st.container()
    with picture:
        table = table_choice.choose(boxes[0], boxes[1], accuracies=True)
    if not table.space.kinds:
        of_table(ProxyPlaces(proxy_box, picture, picture, st.container()), table)
        return
    with study_form("Score other networks, on other images, by other proxies", "score"):
        answer = proxy_form.study(table)
        in_form = st.container()
    places = ProxyPlaces(proxy_box, picture, in_form, st.container())
    if isinstance(answer, str):
        picture.warning(answer, icon=":material/warning:")
    else:
        draw(places, table, answer)


frame(TITLE, ICON, QUESTION)
if not missing_table.offered():
    page()
