"""Home: what this is, and a race between three strategies in a few seconds."""

from __future__ import annotations

import streamlit as st

from nas_core import benchmarks, datasets, gallery, plugins
from nas_core.race import Trace
from nas_core.studies.compare import sentences
from ui import answers, downloads, evidence_panel, figures, home_race, job_panel
from ui.frame import frame, menu
from ui.words import unbroken

TITLE = "Home"
ICON = ":material/home:"
GROUP = "Start"
HEADING = "Watch neural architecture search happen"
QUESTION = "Which search strategy finds a good network first?"
ABREAST = 4  # cards in a row


def race() -> None:
    """The button, and the race it starts: live while it runs, then the picture, the verdict and the reason."""
    number, complaint = home_race.number()
    job = home_race.job(number) if number else None
    label = "Race again with new seeds" if number else "Race three strategies"
    with st.container(horizontal=True):
        st.button(label, type="primary", icon=":material/sports_score:", on_click=home_race.start, args=(number,))
        if job is not None and not job.over and home_race.mine(job):
            st.button("Stop", icon=":material/stop_circle:", on_click=home_race.stop, args=(number,))
    if complaint:
        st.warning(complaint, icon=":material/link_off:")
    if job is None:
        cards({})
    elif not job.over:
        home_race.follow(number, job)
        cards({})
    elif job.state == "done":
        picture(number, job.items)
    else:
        if job.state == "failed":
            job_panel.outcome(job)
        else:
            st.info("This race was stopped early.", icon=":material/stop_circle:")
        st.button("Run this race", icon=":material/play_arrow:", on_click=home_race.again, args=(number,))
        cards({})


def cards(results: dict) -> None:
    """What the three strategies do; once they have run, where each of them ended."""
    for column, (title, colour, what) in zip(st.columns(3), home_race.racers(), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"<h4 class='racer' style='--racer:{colour}'>{title}</h4>", unsafe_allow_html=True)
            if row := results.get(title):
                low, middle, high = row.quantiles()
                st.markdown(
                    f"<p class='final'>{middle:.2f} %</p><p class='spread'>median validation accuracy of {row.runs} "
                    f"runs<br>middle half: {low:.2f} to {high:.2f} %</p>",
                    unsafe_allow_html=True,
                )
            st.markdown(what)


def picture(number: int, traces: list[Trace]) -> None:
    """The finished race: the curves grow unless the visitor saw it run, then the sentence and the reason appear."""
    race = home_race.picture(number, traces)
    downloads.searches([trace.spec for trace in traces], "race")
    followed = st.session_state.get(home_race.FOLLOWED) == number
    figures.echarts(
        race.chart | {"animation": not followed},
        key=f"race_{number}",
        height=home_race.HEIGHT,
        alt=sentences.headline(race.claims),
    )
    with st.container(key="race_followed" if followed else None), st.container(key="race_result"):
        evidence_panel.verdict(race.claims, "headline")
        cards(race.results)
        tested = sentences.headline(race.tested)
        st.markdown(
            "That was validation accuracy, which the searches see. On test images, which they do not see: "
            f"{unbroken(tested[:1].lower() + tested[1:])}"
        )
        why, cell = st.columns(2, gap="large")
        why.markdown(unbroken(f"**What {race.leader} found.** {race.why}"))
        why.markdown(race.shares, unsafe_allow_html=True)
        cell.markdown("**The best cell of its best run**")
        cell.markdown(race.cell, unsafe_allow_html=True)
        with cell:
            home_race.certain()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "pages/20_search.py",
                label="Look closer on Search",
                icon=":material/travel_explore:",
                query_params=home_race.closer(number, traces),
            )


def data() -> None:
    """Which benchmarks can be used now, and how to get the others."""
    st.subheader("The data", anchor=False)
    ready: list[str] = []
    missing: list[str] = []
    for benchmark in sorted(plugins.find(benchmarks.Benchmark).values(), key=lambda b: not b.simulated):  # tables first
        states = {dataset: benchmark.missing(dataset) for dataset in benchmark.datasets}
        for state in dict.fromkeys(states.values()):
            names = ", ".join(
                datasets.title(dataset, benchmark.dataset_titles)
                for dataset in benchmark.datasets
                if states[dataset] == state
            )
            icon = ":gray[:material/cloud_download:]" if state else ":green[:material/check_circle:]"
            line = f"{icon} **{benchmark.heading()}** ({names}). {benchmark.summary()} {state}"
            (missing if state else ready).append(line)
    for line in ready:
        st.markdown(line)
    if missing:
        with st.expander(f"{len(missing)} more can be added", icon=":material/add_circle:"):
            for line in missing:
                st.markdown(line)


def links() -> None:
    """The other pages, each with what it is for."""
    st.subheader("All pages", anchor=False)
    others, place = [page for page in menu() if page.title != TITLE], st.container(key="cards")
    for first in range(0, len(others), ABREAST):
        for column, page in zip(place.columns(ABREAST), others[first : first + ABREAST], strict=False):
            with column.container(border=True, height="stretch"):
                st.page_link(page.path, label=f"**{page.title}**", icon=page.icon)
                about = page.about.partition(": ")[2] or page.about
                st.caption(about[:1].upper() + about[1:])


frame(TITLE, QUESTION, lambda: HEADING)
if not home_race.number()[0]:
    st.markdown(
        "Neural architecture search lets an algorithm choose how a network is built. All 15,625 networks of a small "
        "search space have already been trained here, so a search that would take days is replayed in a moment. Press "
        "the button to see what a good strategy is worth."
    )
race()
st.subheader("Questions with an answer", anchor=False)
answers.cards(gallery.QUESTIONS)
data()
home_race.warm_up()  # not last: a click meanwhile must find a drawing call that ends this run before its own
links()
