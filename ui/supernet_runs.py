"""The runs of the Supernet page: which one is asked for, how it is started and continued, what is saved of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import jobs as background
from nas_core import strategies
from nas_core.benchmarks import Table
from nas_core.jobs import Job
from nas_core.strategies import Strategy
from nas_core.strategies._weight_sharing import WeightSharing
from nas_core.studies import supernets
from nas_core.studies.supernets import Course
from nas_core.types import RunSpec
from ui import choices, links, plugin_widgets, saved_runs, table_choice
from ui.frame import jobs, store

FIRST = "darts"  # chosen at first where it can be
NOTHING = "nothing"


@dataclass(frozen=True)
class Asked:
    """What the form asks for; `problem` says in one sentence why it cannot be run."""

    table: Table
    spec: RunSpec
    epochs: int
    problem: str = ""


def form() -> Asked | None:
    """Draw the form; every widget is bound to the link. None, and a sentence, if no supernet is for that table."""
    boxes, note = st.columns([2, 2, 2, 1.2]), st.container()
    with note:
        table = table_choice.choose(boxes[0], boxes[1])
        known = supernets.methods(table.space.name)
        if not known:
            have = " and ".join(supernets.EASY)
            st.warning(
                f"There is no supernet for the {table.space.title()} space. Choose a benchmark of the spaces {have}.",
                icon=":material/warning:",
            )
            return None
    name = _method(boxes[2], known)
    seed = links.number(
        boxes[3], "Seed", "seed", 0, 10**6, 0, note,
        help="Decides the first weights, the order of images and every draw. Another seed often names another one.",
    )  # fmt: skip
    with st.expander("Parameters of the method and of its supernet", icon=":material/tune:"):
        params = plugin_widgets.draw(known[name], name, columns=4)
    spec = RunSpec(table.name, table.dataset, name, params, max_trials=1, seed=seed)
    made = cast(WeightSharing, strategies.create(name, **params))
    return Asked(table, spec, made.epochs, made.lacking(table.dataset, table.dataset_params))


def _method(box: DeltaGenerator, known: Mapping[str, type[Strategy]]) -> str:
    titles = {plugin.title(): name for name, plugin in known.items()}
    about = "\n\n".join(f"**{p.heading()}**: {p.summary()} {p.paper}" for p in known.values())
    start = known.get(FIRST, next(iter(known.values()))).title()
    return titles[choices.one(box, "Method", "method", list(titles), start, about)]


def job_of(spec: RunSpec) -> Job | None:
    """The job that trains this run, finished ones included."""
    return jobs().get(_key(spec))


def _key(spec: RunSpec) -> str:
    return f"supernet {spec.id}"


def start(asked: Asked, fresh: bool = False) -> None:
    """Train in a child process, going on from the last saved epoch; with `fresh` from the beginning."""
    make = partial(background.search, store(), asked.spec, fresh)
    title = f"{strategies.title(asked.spec.strategy)}, seed {asked.spec.seed}"
    jobs().start(_key(asked.spec), title, cast(Any, make), process=True, total=asked.epochs + 4)


def saved(table: Table, spec: RunSpec) -> Course | None:
    """What is saved of the run on that table; None if not one epoch is. StoreError if its file is damaged."""
    events = store().read(spec.id)
    course = Course.of(events, table.space) if events else None
    return course if course is not None and len(course) else None


def compared(table: Table, spec: RunSpec) -> Course | None:
    """Draw the chooser of a second run, of those saved; None for none."""
    known = {label: other for label, other in _others(spec)}
    label = choices.one(
        st, "Compare with", "with", [NOTHING, *known], NOTHING,
        "Another run that was trained here: another method, other parameters or another seed. It is drawn dashed.",
    )  # fmt: skip
    return saved(table, known[label]) if label in known else None


def _others(spec: RunSpec) -> Sequence[tuple[str, RunSpec]]:
    """(label, spec) of the other saved runs on the same table, the latest first."""
    methods = supernets.methods()
    found = [s.spec for s in saved_runs.summaries() if s.spec is not None and s.spec.strategy in methods]
    same = (spec.benchmark, spec.dataset)
    return [(supernets.label(s), s) for s in found if s.id != spec.id and (s.benchmark, s.dataset) == same]
