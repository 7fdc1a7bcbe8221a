"""The runs of the Supernet page: which one is asked for, how it is started and continued, what is saved of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import jobs as background
from nas_core import plugins, strategies
from nas_core.benchmarks import Benchmark, Table
from nas_core.jobs import Job
from nas_core.spaces import SearchSpace
from nas_core.store import Store, StoreError
from nas_core.strategies import Strategy
from nas_core.strategies.weight_sharing import WeightSharing
from nas_core.studies import supernets
from nas_core.studies.supernets import SupernetRun
from nas_core.types import RunSpec, Started, counted
from ui import choices, job_panel, links, plugin_widgets, saved_runs
from ui.assets import ASSETS
from ui.server import jobs, store

FIRST = "darts"  # chosen at first where it can be
B = TypeVar("B", bound=Benchmark)
NOTHING = "nothing"
RECORDED = ASSETS / "runs"  # that come with the app, see docs/supernet.md


@dataclass(frozen=True)
class SupernetRequest(Generic[B]):
    """What the form asks for; `problem` says in one sentence why it cannot be run."""

    table: B
    spec: RunSpec
    epochs: int
    problem: str = ""


def choose_method(box: DeltaGenerator, table: Benchmark) -> str:
    """Draw the chooser; "", and a sentence, if no supernet is for that space."""
    methods = supernets.methods(table.space)
    if not methods:
        have = " or ".join(s.title() for s in plugins.find(SearchSpace).values() if supernets.methods(s))
        st.warning(
            f"There is no supernet for the {table.space.title()} space. Choose a benchmark of the {have} space.",
            icon=":material/warning:",
        )
        return ""
    return _method(box, methods)


def form(
    table: B, name: str, seed_box: DeltaGenerator, settings: Mapping[str, Any] | None = None
) -> SupernetRequest[B]:
    """Draw the rest of the form; every widget is bound to the link. settings: of a benchmark that trains on data of
    one's own, and on no other."""
    note = st.container()
    seed = links.number(
        seed_box,
        "Seed",
        "net_seed",
        0,
        10**6,
        0,
        note,
        help="Decides the initial weights, the order of images and all sampling. Another seed often chooses another "
        "network.",
    )
    elsewhere = () if settings is None else ("images",)
    params = plugin_widgets.draw(supernets.methods()[name], f"net.{name}", note, leave=elsewhere)
    spec = RunSpec(table.name, table.dataset, name, params, settings or {}, max_trials=1, seed=seed)
    strategy = cast(WeightSharing, strategies.create(name, **params))
    return SupernetRequest(table, spec, strategy.epochs, strategy.missing(table.dataset, table.dataset_params))


def offer(table: Table) -> None:
    """A button for each recorded run on that table."""
    specs = recorded_specs(table)
    if not specs:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Recorded:", help="Runs that come with the app, to see a result at once.")
        for spec in specs:
            plain = replace(spec, strategy="", params={"steps": spec.params.get("steps")})
            st.button(
                supernets.label(spec, plain), key=f"recorded {spec.id}", type="tertiary", on_click=_fill, args=(spec,)
            )


def _fill(spec: RunSpec) -> None:
    """Set the form to that run; a callback."""
    plugin = supernets.methods()[spec.strategy]
    own = plugin_widgets.values(plugin, f"net.{spec.strategy}", spec.params)
    links.put({"method": plugin.title(), "net_seed": spec.seed, **own})


def _method(box: DeltaGenerator, methods: Mapping[str, type[Strategy]]) -> str:
    titles = {plugin.title(): name for name, plugin in methods.items()}
    about = "\n\n".join(f"**{p.heading()}**: {p.summary()} {p.paper}" for p in methods.values())
    start = methods.get(FIRST, next(iter(methods.values()))).title()
    return titles[choices.one(box, "Method", "method", titles, about, start=start)]


def job_of(spec: RunSpec) -> Job | None:
    """The job that trains this run, finished ones included."""
    return jobs().get(_key(spec))


def _key(spec: RunSpec) -> str:
    return f"supernet {spec.id}"


def buttons(request: SupernetRequest[Any], course: SupernetRun | None) -> None:
    """Train, continue or repeat: whichever fits what is saved."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if course is None or not course.over:
            label = f"Continue after epoch {len(course)}" if course is not None else "Train the supernet"
            job_panel.start_button(label, start, request, key="net_run")
        else:
            job_panel.press_button(
                "Train it again",
                start,
                request,
                True,
                key="net_again",
                icon=":material/restart_alt:",
                help="The same settings and seed give the same run; choose another seed for a different one.",
            )
        so_far = "" if course is None else f" {job_panel.lasting(float(course.seconds[-1]))} of real training so far."
        st.caption(f"{counted(request.epochs, 'epoch')}.{so_far} You can stop at any time and lose at most one epoch.")


def start(request: SupernetRequest[Any], fresh: bool = False) -> None:
    """Train in a child process, going on from the last saved epoch; with `fresh` from the beginning."""
    make = partial(background.search, store(), request.spec, fresh)
    title = f"{strategies.title(request.spec.strategy)}, seed {request.spec.seed}"
    jobs().start(_key(request.spec), title, cast(Any, make), process=True, total=request.epochs + 4)


def from_store(table: Table, spec: RunSpec) -> SupernetRun | None:
    """What is saved of the run on that table; None if not one epoch is. StoreError if it is damaged or foreign."""
    store().check_origin(spec.id)
    return _course(store(), table, spec)


def from_recordings(table: Table, spec: RunSpec) -> SupernetRun | None:
    """The same run as it comes with the app; None if it does not."""
    return _course(Store(RECORDED), table, spec)


def nearest(table: Table, spec: RunSpec) -> SupernetRun | None:
    """Of the recorded runs on that table the one most like `spec`; None if there is none."""

    def apart(other: RunSpec) -> tuple[bool, int]:
        settings = [{**s.params, "seed": s.seed} for s in (spec, other)]
        return other.strategy != spec.strategy, len(settings[0].items() ^ settings[1].items())

    specs = recorded_specs(table)
    return from_recordings(table, min(specs, key=apart)) if specs else None


def recorded_specs(table: Table) -> list[RunSpec]:
    """The runs on that table that come with the app, by method."""
    runs = Store(RECORDED)
    specs = [head.spec for run in runs.ids() if isinstance(head := runs.read(run)[0], Started)]
    same = [s for s in specs if (s.benchmark, s.dataset) == (table.name, table.dataset)]
    return sorted(same, key=lambda s: (s.strategy, str(s.params)))


def _course(runs: Store, table: Table, spec: RunSpec) -> SupernetRun | None:
    try:
        return SupernetRun.so_far(runs.read(spec.id), table.space)
    except (ValueError, KeyError, IndexError) as error:
        raise StoreError(
            f"run {spec.id} lacks what a supernet notes of its epochs ({error}); delete the run"
        ) from error


def partner(table: Table, spec: RunSpec) -> SupernetRun | None:
    """Draw the chooser of a second run, of those saved; None for none."""
    by_label = {supernets.label(other): other for other in _others(table, spec)}
    label = choices.one(
        st,
        "Compare with",
        "with",
        [NOTHING, *by_label],
        "A run with another method, parameters or seed, trained here or recorded. It is drawn dashed.",
    )
    return (
        (from_store(table, by_label[label]) or from_recordings(table, by_label[label])) if label in by_label else None
    )


def _others(table: Table, spec: RunSpec) -> Sequence[RunSpec]:
    """The other runs on that table, the latest first, then the recorded ones."""
    methods = supernets.methods()
    specs = [s.spec for s in saved_runs.summaries() if s.spec is not None and s.spec.strategy in methods]
    here = [s for s in specs if (s.benchmark, s.dataset) == (table.name, table.dataset)]
    return [s for s in {s.id: s for s in [*here, *recorded_specs(table)]}.values() if s.id != spec.id]
