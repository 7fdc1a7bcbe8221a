"""Proxies: score untrained networks and see how far each score can be trusted."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import command
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.jobs import Job
from nas_core.sources import nats_scores
from nas_core.studies import proxy_costs, proxy_quality, proxy_reading, proxy_study
from nas_core.studies.compare.sentences import name_list
from nas_core.studies.proxy_quality import ProxyQuality
from nas_core.studies.proxy_study import ProxyScores, ProxyStudy
from ui import (
    choices,
    figures,
    job_panel,
    missing_table,
    own_cache,
    proxy_form,
    proxy_views,
    table_choice,
)
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.server import jobs
from ui.study_form import study_form
from ui.words import sentence, standout

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


def by_hand(study: ProxyStudy) -> str:
    """The command that scores the same."""
    return f"{command.PROGRAM} score {study.words}"


def start(study: ProxyStudy) -> None:
    """Score in the background; what was scored before is not scored again."""
    jobs().start(key(study), "Proxies", partial(proxy_study.run, study), process=True, total=study.steps)


@own_cache.data(max_entries=32, show_spinner="Comparing the proxies …")
def judge(_scores: ProxyScores, study_key: str, source: str, count: int, saved: object = None) -> list[ProxyQuality]:
    """How far each proxy can be trusted, of which `count` items of `source` are in; saved: the version of those."""
    return proxy_quality.judge(_scores)


def available(study: ProxyStudy, job: Job | None) -> dict[str, tuple[ProxyScores, int]]:
    """{where from: (scores, how many)}, the live ones first once there are any."""
    sources: dict[str, tuple[ProxyScores, int]] = {}
    if job is not None and job.items:
        sources[LIVE] = proxy_study.from_run(study, job.items), len(job.items)
    tabulated = proxy_study.from_table(study)
    if tabulated is not None and not (
        sources and len(tabulated.rows) <= study.count
    ):  # else they are the same networks
        sources[SAVED] = tabulated, len(tabulated.rows)
    if (published := proxy_study.published(study)) is not None:
        if not any(real(scores) for scores, _ in sources.values()):
            sources.clear()
        sources[PUBLISHED] = published, len(published.rows)
    return sources


def real(scores: ProxyScores) -> set[str]:
    """The proxies that are more than the size of a network."""
    return set(scores.names) - set(proxy_study.BASELINES)


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


def choose_proxy(box: DeltaGenerator, others: tuple[str, ...], verdicts: list[ProxyQuality]) -> str:
    """The proxy whose scores the pictures show: first the best of the real ones that have scores, then `others`."""
    names = dict.fromkeys((*(j.name for j in verdicts), *others))
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
    verdicts = judge(scores, study.key, source, count, proxy_scores.version() if source == SAVED else None)
    lacking = [proxy_reading.title(n) for n in study.all_names if n not in scores.names]
    words = f"{nats_scores.PROVENANCE['scores']}." if source == PUBLISHED else f"{study.scoring.words}; {source}."
    words += f" There are none by {name_list(lacking, 'or')}: score a sample live." if lacking else ""
    show(places, table, scores, verdicts, words, (*study.names, *study.all_names))
    with places.below:
        st.caption(f"The same without the app: `{by_hand(study)}`")


def show(
    places: ProxyPlaces,
    table: Table,
    scores: ProxyScores,
    verdicts: list[ProxyQuality],
    words: str,
    others: tuple[str, ...] = (),
) -> None:
    """The answer, the picture of one proxy, and what is behind them; words: what was scored."""
    if not verdicts:
        st.info("Too few networks are scored to compare anything.", icon=":material/hourglass_empty:")
        return
    if sentences := proxy_reading.answer(verdicts):
        st.markdown(standout(sentences[0]), unsafe_allow_html=True)
    name, by_name = choose_proxy(places.proxy, others, verdicts), {j.name: j for j in verdicts}
    if name in by_name:
        proxy_views.closer(table, scores, name, by_name[name])
    else:
        st.info(f"{proxy_reading.title(name)} has scored too few of these networks.", icon=":material/hourglass_empty:")
    with places.below:
        proxy_views.reading(words, scores, verdicts)
        if name in by_name:
            proxy_views.across(table, scores, name)


def of_table(places: ProxyPlaces, table: Table) -> None:
    """Where no networks can be built: what the table knows of them without their training, compared with accuracy."""
    scores = proxy_costs.of_table(table)
    with places.picture:
        verdicts = judge(scores, f"{table.name} {table.dataset}", table.fingerprint(), len(scores.rows))
        words = f"costs by the table, as none of the {table.space.title()} space can be built; more counts as better."
        show(places, table, scores, verdicts, words)


def draw(places: ProxyPlaces, table: Table, study: ProxyStudy) -> None:
    """The picture, and in the box or above the picture the button, depending on what there is."""
    figures.about(command=by_hand(study))
    job: Job | None = jobs().get(key(study))
    running = job is not None and not job.over
    sources = {} if running else available(study, job)
    has_scores = any(real(scores) for scores, _ in sources.values())
    with places.picture:
        if not running:
            job_panel.outcome(job)
        if job is not None and running:
            name = choose_proxy(places.proxy, (*study.names, *study.all_names), [])
            job_panel.follow(
                job,
                lambda j: proxy_views.scatter(table, proxy_study.from_run(study, j.items), name) if j.items else None,
                every=1.0,
            )
        elif sources:
            compare(places, table, study, sources)
    if not running:
        with places.form if has_scores else places.picture:
            button(study, job)
    if not running and not has_scores:
        with places.picture:
            st.info(
                "Nothing has been scored with these settings yet. Press Score live: each proxy scores untrained "
                "networks of this benchmark, and its scores are compared with their accuracy after training. To score "
                f"all networks: `{by_hand(study)}`",
                icon=":material/hourglass_empty:",
            )


def page() -> None:
    """The choosers, the picture and the form."""
    *boxes, proxy_box = st.container(key="two-a-row-choices").columns(3)
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


frame(TITLE, QUESTION)
if not missing_table.offered():
    page()
