"""What the Supernet page draws of one run or two: preferences, what is named, collapse, the worth of the ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from nas_core import command
from nas_core.benchmarks import Benchmark, Table
from nas_core.charts import supernet as charts
from nas_core.charts.cell import svg
from nas_core.models import Choice
from nas_core.studies import supernets
from nas_core.studies.supernets import MODES, REPORTED, SupernetRun
from ui import cell_details, choices, downloads, figures, links, take_model
from ui.words import standout, unbroken


def _by_table(table: Table) -> str:
    """What the table's accuracies are called."""
    return f"test accuracy{table.after(table.epochs_of(REPORTED))} by the table"


def growing(table: Table, courses: Sequence[SupernetRun]) -> None:
    """While it trains: the preferences, and what the table says of the architecture named."""
    preferences(table, courses)
    left, right = st.columns(2, gap="large")
    with left:
        _draw_choices(table, courses)
    with right:
        _cell(table, courses[0], len(courses[0]))


def preferences(table: Benchmark, courses: Sequence[SupernetRun]) -> None:
    """The small charts."""
    method, space = supernets.methods()[courses[0].spec.strategy], table.space
    place, stacked = space.decision_noun, bool(space.option_unit)
    about = f"A small chart for each {place}, with a {'band' if stacked else 'line'} for each {space.option_noun}"
    about += ": the thicker the band, the stronger the preference" if stacked else ""
    dashed = " Dashed red: the same limits in the other run." if len(courses) > 1 and stacked else ""
    st.markdown(
        f"**Preferences on each {place}**, in percent, over the epochs",
        help=f"{about}. Preference: {method.preference}. All begin nearly equal.{dashed}",  # type: ignore[attr-defined]
    )
    figures.echarts(
        charts.preferences(courses),
        key="preferences",
        height=330,
        alt=f"Preference for each option of each {place} over the epochs",
    )


def _reading(table: Table, course: SupernetRun) -> list[str]:
    return supernets.reading(course, table, MODES[st.session_state.get("norm") or next(iter(MODES))])


def answer(table: Table, course: SupernetRun) -> None:
    """What it has chosen, in one sentence."""
    figures.about(command=command.run(course.spec))
    st.markdown(standout(_reading(table, course)[0]), unsafe_allow_html=True)


def details(table: Table, courses: Sequence[SupernetRun]) -> None:
    """All but the answer and the preferences, once nothing moves any more."""
    course, column = courses[0], table.column(REPORTED)
    for sentence in _reading(table, course)[1:]:
        st.markdown(unbroken(f"- {sentence}"))
    left, right = st.columns(2, gap="large")
    with left:
        _draw_choices(table, courses)
    with right:
        epoch = _moment(course)
        _cell(table, course, epoch)
        row = int(course.rows[epoch - 1])
        take_model.choose([Choice(table.name, table.dataset, row)], [table.space.number_label(table.space.arch(row))])
    left, right = st.columns(2, gap="large")
    with left:
        collapse(courses)
        curvature(courses)
    with right:
        _ranking(table, courses)
    downloads.csv(lambda: charts.frame_of(courses, column), "supernet", "Every epoch")


def _draw_choices(table: Table, courses: Sequence[SupernetRun]) -> None:
    st.markdown(
        f"**The {courses[0].space.noun} it chooses**, by the table",
        help="What the method would choose after each epoch. It has trained only shared weights; the table has the "
        f"accuracy of that {courses[0].space.noun} trained by itself.",
    )
    figures.echarts(
        charts.choice_accuracy(courses, table.column(REPORTED), _by_table(table)),
        key="named",
        height=300,
        alt=f"Accuracy of the chosen {courses[0].space.noun} over the epochs",
    )
    cell_details.certain(table, table.main)


def _moment(course: SupernetRun) -> int:
    """The epoch of which the choice is drawn."""
    return links.slider(st, "Epoch", "net_epoch", 1, len(course), len(course)) if len(course) > 1 else 1


def _cell(table: Table, course: SupernetRun, epoch: int) -> None:
    """The architecture named after that epoch; what changed since the one before is outlined."""
    row = int(course.rows[epoch - 1])
    arch = table.space.arch(row)
    before = table.space.arch(int(course.rows[max(epoch - 2, 0)]))
    changed = [i for i, (new, old) in enumerate(zip(arch, before, strict=True)) if new != old]
    st.markdown(svg(table.space, arch, changed), unsafe_allow_html=True)
    noun = course.space.noun.capitalize()
    name = table.space.number_label(arch)
    value = float(table.column(REPORTED)[row])
    choice = supernets.methods()[course.spec.strategy].choice  # type: ignore[attr-defined]
    outlined = " Outlined: new." * bool(changed)
    st.caption(unbroken(f"{noun} {name} after epoch {epoch}: {value:.2f} % by the table. It is {choice}.{outlined}"))
    cell_details.open_on_explore(table, row)


def collapse(courses: Sequence[SupernetRun]) -> None:
    """Only where the space has an easy option."""
    if (easy := courses[0].space.easy) is None:
        return
    st.markdown(
        f"**{easy.question}**",
        help=f"{easy.help} Steps: its share of the choice. Line in the same colour: the mean preference for it. The "
        "lead shows how sure the method is: how far the preferred option is ahead of the second.",
    )
    figures.echarts(charts.collapse(courses), key="collapse", height=300, alt="Signs of collapse")


def curvature(courses: Sequence[SupernetRun]) -> None:
    """Only where a run has noted it."""
    if all(np.isnan(course.eigenvalue).all() for course in courses):
        return
    st.markdown(
        "**How sharp is the optimum?**",
        help="The largest eigenvalue of the second derivatives of the validation loss by the architecture weights: "
        "points are epochs, the line is their mean over five. Zela et al. (2020, arXiv:1909.09656) found that DARTS is "
        "about to collapse when it grows fast: the mixture then sits in a sharp valley, and rounding it to one "
        "operation an edge loses much. They stop where the mean has grown by a third within five epochs and keep the "
        "choice from before that. The dotted line marks it, here and beside the accuracies above; the first ten epochs "
        "are left out, as in their code.",
    )
    figures.echarts(charts.curvature(courses), key="curvature", height=260, alt="Largest eigenvalue over the epochs")


def _ranking(table: Table, courses: Sequence[SupernetRun]) -> None:
    st.markdown(
        "**What is its ranking worth?**",
        help="Random architectures are evaluated on validation images with the shared weights, without further "
        "training, and their ranking is compared with the table's: Kendall's tau is 1 for the same order and 0 for no "
        "relation. A search has to choose among good networks, so the best tenth counts most.",
    )
    if not courses[0].scores:
        st.info("No ranking yet: it is measured every few epochs and at the end.")
        return
    norm = choices.segments(
        st,
        "Normalise with",
        "norm",
        list(MODES),
        "normalisation",
        "Batch normalisation needs the mean and variance of its inputs. The running averages of the training mix many "
        "architectures; the statistics of the batch belong to the evaluated one. Compare how much this changes the "
        "ranking of the same weights.",
    )
    mode, column = MODES[norm], table.column(REPORTED)
    over_time, at_last = st.tabs(["Over time", "Latest"], key="ranking_of", on_change="rerun", bind="query-params")
    with over_time:
        figures.echarts(charts.ranking(courses, column, mode), key="ranking", height=270, alt="Rank correlation")
    with at_last:
        figures.echarts(
            charts.scatter(courses[0], column, mode, _by_table(table)),
            key="by table",
            height=270,
            alt="Accuracy with shared weights against that of the table",
        )
