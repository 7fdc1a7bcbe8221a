"""The runs of the Supernet page: which one is asked for, how it is started and continued, what is saved of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import jobs as background
from nas_core import strategies
from nas_core.benchmarks import Table
from nas_core.jobs import Job
from nas_core.store import Store, StoreError
from nas_core.strategies import Strategy
from nas_core.strategies._weight_sharing import WeightSharing
from nas_core.studies import supernets
from nas_core.studies.supernets import SupernetRun
from nas_core.types import RunSpec, Started
from ui import choices, links, plugin_widgets, saved_runs, table_choice
from ui.frame import ASSETS, jobs, store

FIRST = "darts"  # chosen at first where it can be
NOTHING = "nothing"
RECORDED = ASSETS / "runs"  # that come with the app, see docs/supernet.md


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
        boxes[3],
        "Seed",
        "net_seed",
        0,
        10**6,
        0,
        note,
        help="Decides the first weights, the order of images and every draw. Another seed often names another one.",
    )
    with st.expander("Parameters of the method and of its supernet", icon=":material/tune:"):
        params = plugin_widgets.draw(known[name], f"net.{name}", note, columns=4)
    _offer(table)
    spec = RunSpec(table.name, table.dataset, name, params, max_trials=1, seed=seed)
    made = cast(WeightSharing, strategies.create(name, **params))
    return Asked(table, spec, made.epochs, made.missing(table.dataset, table.dataset_params))


def _offer(table: Table) -> None:
    """A button for each recorded run on that table."""
    found = recorded_specs(table)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Recorded:", help="Runs that come with the app, so that there is something to see at once.")
        for spec in found:
            plain = replace(spec, strategy="", params={"steps": spec.params.get("steps")})
            st.button(
                supernets.label(spec, plain), key=f"recorded {spec.id}", type="tertiary", on_click=_fill, args=(spec,)
            )


def _fill(spec: RunSpec) -> None:
    """Set the form to that run; a callback."""
    plugin = supernets.methods()[spec.strategy]
    own = plugin_widgets.values(plugin, f"net.{spec.strategy}", spec.params)
    links.put({"method": plugin.title(), "net_seed": spec.seed, **own})


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


def saved(table: Table, spec: RunSpec) -> SupernetRun | None:
    """What is saved of the run on that table; None if not one epoch is. StoreError if it is damaged or foreign."""
    store().check_origin(spec.id)
    return _course(store(), table, spec)


def recorded(table: Table, spec: RunSpec) -> SupernetRun | None:
    """The same run as it comes with the app; None if it does not."""
    return _course(Store(RECORDED), table, spec)


def recorded_specs(table: Table) -> list[RunSpec]:
    """The runs on that table that come with the app, by method."""
    kept = Store(RECORDED)
    found = [head.spec for run in kept.ids() if isinstance(head := kept.read(run)[0], Started)]
    same = [s for s in found if (s.benchmark, s.dataset) == (table.name, table.dataset)]
    return sorted(same, key=lambda s: (s.strategy, str(s.params)))


def _course(kept: Store, table: Table, spec: RunSpec) -> SupernetRun | None:
    events = kept.read(spec.id)
    try:
        course = SupernetRun.of(events, table.space) if events else None
    except (ValueError, KeyError, IndexError) as error:
        raise StoreError(
            f"run {spec.id} lacks what a supernet notes of its epochs ({error}); delete the run"
        ) from error
    return course if course is not None and len(course) else None


def compared(table: Table, spec: RunSpec) -> SupernetRun | None:
    """Draw the chooser of a second run, of those saved; None for none."""
    known = {supernets.label(other): other for other in _others(table, spec)}
    label = choices.one(
        st,
        "Compare with",
        "with",
        [NOTHING, *known],
        NOTHING,
        "Another run, trained here or recorded: another method, other parameters or another seed. It is drawn dashed.",
    )
    return (saved(table, known[label]) or recorded(table, known[label])) if label in known else None


def _others(table: Table, spec: RunSpec) -> Sequence[RunSpec]:
    """The other runs on that table, the latest first, then the recorded ones."""
    methods = supernets.methods()
    found = [s.spec for s in saved_runs.summaries() if s.spec is not None and s.spec.strategy in methods]
    here = [s for s in found if (s.benchmark, s.dataset) == (table.name, table.dataset)]
    return [s for s in {s.id: s for s in [*here, *recorded_specs(table)]}.values() if s.id != spec.id]
