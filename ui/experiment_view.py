"""What the Search page says of an experiment: its name, note and menu; and the experiments that a link opens."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from nas_core import searches
from nas_core.experiment_file import Experiment
from nas_core.store import StoreError, is_id
from nas_core.studies import front_search
from nas_core.types import RunSpec
from ui import experiments, figures, links, missing_table, run_views, search_form, search_words, table_choice, visitors
from ui.search_plan import SearchPlan, checked
from ui.server import experiments as shelf
from ui.words import inert, plain, safe_sentence, sentence

RUNS = "pages/30_runs.py"
MENU = "menu of the experiment"  # in the session: whether it is open
MOST = 12  # experiments in one picture
DRAWN = 900  # runs in one picture


def open_all(ids: Sequence[str]) -> list[Experiment]:
    """The experiments of a link, with their names; a sentence and the way out for each that is not here."""
    ones = []
    for text in list(dict.fromkeys(ids))[:MOST]:
        try:
            allowed = is_id(text) and (not visitors.host() or shelf().has_file(text))  # ids of run files can be guessed
            ones.append(shelf().open(text if allowed else ""))
        except StoreError as error:
            st.error(safe_sentence(error))
        except ValueError:
            st.warning(
                f"There is no experiment “{plain(text[:40])}” here. It may have been deleted, or it was made on "
                "another machine: then import its archive on the Runs page.",
                icon=":material/link_off:",
            )
    if len(ones) < len(ids):
        with st.container(horizontal=True):
            st.page_link(RUNS, label="All experiments", icon=":material/history:")
            st.page_link(experiments.SEARCH, label="New search", icon=":material/add:", query_params={"edit": "true"})
    return ones


def plan(ones: Sequence[Experiment]) -> SearchPlan | None:
    """Draw what they are and make the plan of all their searches; None, and a sentence, where no picture shows it."""
    specs = list({spec.id: spec for one in ones for _, spec in one.specs}.values())
    if len(ones) == 1:
        _line(ones[0], specs)
    else:
        st.subheader(f"Comparing {len(ones)} experiments", anchor=False)
        for one in ones:
            st.page_link(
                experiments.SEARCH, label=plain(one.name), icon=":material/science:", query_params={"id": one.id}
            )
    tasks = dict.fromkeys(table_choice.title(spec.benchmark, spec.dataset) for spec in specs)
    figures.about(task=next(iter(tasks)))
    if len(tasks) > 1:
        st.warning(
            f"These searches belong to different tasks ({inert(' and '.join(tasks))}), whose accuracies cannot be "
            "compared; open experiments of one benchmark and dataset together.",
            icon=":material/balance:",
        )
        return None
    if missing_table.offer(specs[0].benchmark, specs[0].dataset):
        return None
    try:
        table = run_views.benchmark(specs[0].benchmark, specs[0].dataset, **specs[0].benchmark_params)
    except (ValueError, RuntimeError, FileNotFoundError) as error:
        st.error(safe_sentence(error))
        return None
    figures.about(table=table)
    try:
        front_search.task_of(table, specs)
    except ValueError as error:
        st.warning(
            inert(f"{sentence(error)} Open experiments of the same objectives together."), icon=":material/balance:"
        )
        return None
    if len(specs) > DRAWN:
        st.caption(f"Shown are the first {DRAWN:,} of {len(specs):,} runs.")
    return checked(table, tuple(searches.interleave(specs)[:DRAWN]))


def ids() -> list[str]:
    """Of the experiments that the link opens."""
    return st.query_params.get_all("id")


def heading() -> str:
    """The name of the one experiment that the link opens, if a person has given it one; else ""."""
    texts = ids()
    try:
        one = shelf().open(texts[0] if len(texts) == 1 and is_id(texts[0]) else "")
    except (ValueError, StoreError):
        return ""
    return "" if one.name == search_words.name([spec for _, spec in one.specs]) else plain(one.name)


def _line(one: Experiment, specs: Sequence[RunSpec]) -> None:
    if one.note:
        st.markdown(plain(one.note).replace("\n", "  \n"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if link := search_form.link(specs):
            st.markdown(search_words.line(specs), width="stretch")
            edit = link | {"edit": "true"}
            st.page_link(experiments.SEARCH, label="Edit", icon=":material/edit:", query_params=edit)
        if not visitors.host():
            menu(one)
    if visitors.host():
        st.caption(
            "This experiment is another visitor's. You can look at it, export it, or edit it into one of your own."
        )


def menu(one: Experiment) -> None:
    """What can be done with it, behind a button."""
    with st.popover("Experiment", icon=":material/more_vert:", key=MENU, on_change=links.as_a_whole) as box:
        if not box.open:
            return
        experiments.rename(one, MENU)
        if "id" not in st.query_params:
            link = {"id": one.id}
            st.page_link(experiments.SEARCH, label="Link to it", icon=":material/link:", query_params=link)
        elif visitors.public():
            st.caption("Whoever has the address of this page can look at the experiment, and not change it.")
        runs = {"list": "single runs", "of_experiment": one.id}
        st.page_link(RUNS, label="Its single runs", icon=":material/list:", query_params=runs)
        experiments.export(one, experiments.whole(one))
