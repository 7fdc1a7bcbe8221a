"""The parts of the Data page: what is here, NATS-Bench from public files, the official archives."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from nas_core import datasets, plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.jobs import Job
from nas_core.sources import catalogue, nats, official
from nas_core.sources.catalogue import FILES
from nas_core.sources.download import Progress, SourceError, in_percent
from nas_core.sources.external import ExternalData
from nas_core.sources.user_table import NONE_YET
from ui import downloads, job_panel, run_views, tables, visitors
from ui.server import jobs
from ui.words import inert, safe_sentence

FETCH, IMPORT = "fetch nats", "import nats"
NATS = [recipe.table for recipe in nats.RECIPES]


def _mirror() -> str:
    """The mirror that this visitor has named; none where visitors may not."""
    return "" if visitors.public() else st.session_state.get("mirror", "").strip()


def tables_here() -> None:
    """One row a table and dataset, those that can be used first: how much is in it and what it is."""
    rows: list[dict[str, Any]] = []
    damages: dict[str, None] = {}
    for name, plugin in plugins.find(Benchmark).items():
        if issubclass(plugin, Table):
            there = [dataset for dataset in plugin.datasets if dataset != NONE_YET]
            rows += [_row(name, plugin, dataset) for dataset in there]
            damages |= dict.fromkeys(filter(None, map(plugin.damage, there)))
    for sentence in damages:
        st.error(safe_sentence(sentence), icon=":material/broken_image:")
    rows.sort(key=lambda row: row["state"] != "ready")
    frame = pd.DataFrame(rows)
    tables.show(
        frame,
        placeholder="",
        column_config={
            "architectures": st.column_config.NumberColumn(format="localized", help="how many have numbers"),
            "epochs": st.column_config.TextColumn(help="training lengths that a search can use"),
            "fingerprint": st.column_config.TextColumn(help="changes when any number of the table changes"),
        },
    )
    downloads.csv(frame, "tables", "Tables")


def _row(name: str, plugin: type[Table], dataset: str) -> dict[str, Any]:
    head = {
        "table": plugin.heading(),
        "dataset": datasets.title(dataset, plugin.dataset_titles),
        "state": "not here yet",
    }
    about = {"what it is": plugin.summary()}
    if plugin.missing(dataset):
        head["state"] = "damaged" if plugin.damage(dataset) else head["state"]
        return {**head, "architectures": None, "epochs": None, "fingerprint": None, **about}
    table = run_views.benchmark(name, dataset)
    some = f"1 to {table.fidelities[-1]}" if len(table.fidelities) > 3 else ", ".join(map(str, table.fidelities))
    facts = {"architectures": table.n_architectures, "epochs": some, "fingerprint": table.fingerprint()}
    return {**head, "state": "ready", **facts, **about}


def ready() -> bool:
    """True if the tables made of the public files are here."""
    return all(nats.file(table).exists() for table in NATS)


def fetching() -> None:
    """The button that gets NATS-Bench, its progress, and how it ended."""
    if _running(FETCH):
        return
    if (job := jobs().get(FETCH)) is not None and job.state == "done":
        st.success("NATS-Bench is here. Every page offers it now.", icon=":material/check_circle:")
    megabytes = sum(f.size for f in FILES) / 1e6
    label = "Fetch again and check" if ready() else f"Get NATS-Bench ({megabytes:.0f} MB)"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind: Literal["primary", "secondary"] = "secondary" if ready() else "primary"
        about = FETCH, "NATS-Bench", partial(nats.fetch, _mirror())
        st.button(label, icon=":material/download:", type=kind, key="fetch", on_click=_start, args=about)
    if visitors.public():
        return
    with st.expander("No access to GitHub?"):
        st.text_input(
            "Address of a mirror",
            key="mirror",
            persist_state="session",
            placeholder="http://localhost:8000",
            help="Scheme and host of a server with the same files under the same paths. Every file is verified by its "
            "checksum, wherever it comes from.",
        )
        st.caption(f"The same without the app: `{nats.COMMAND} --from URL`")


def _start(key: str, title: str, make: Callable[[], Generator[Progress]]) -> None:
    jobs().start(key, title, partial(in_percent, make), process=True, total=100, shared=True, detached=True)


def _running(key: str) -> bool:
    """True while the job `key` runs, which is then drawn. When it is over every page reads its tables again, and how it
    ended is said."""
    job = jobs().get(key)
    if job is None:
        return False
    if not job.over:
        job_panel.follow(job, _say_last)
        return True
    if job.ended != st.session_state.get(f"seen {key}"):
        st.session_state[f"seen {key}"] = job.ended
        run_views.forget_tables()
    job_panel.outcome(job)
    return False


def _say_last(job: Job) -> None:
    if job.items:
        st.caption(job.items[-1].text)


def files() -> None:
    """The catalogue: every pinned file with its licence, citation and checksum."""
    tables.show(
        pd.DataFrame(
            {
                "file": f.path.rpartition("/")[2],
                "from": f.repository,
                "kB": f.size // 1000,
                "licence": f.licence,
                "what is used": f.columns,
                "cite": f.citation,
                "address": f.url(),
                "sha256": f.sha256,
            }
            for f in FILES
        ),
        column_config={"address": st.column_config.LinkColumn(display_text="open")},
    )


def archives() -> None:
    """Where the official archives lie, the button that imports them, progress, outcome, and how to undo it."""
    if _running(IMPORT):
        return
    for table in NATS:
        if nats.official_file(table).exists():
            _imported(table)
    if visitors.public():
        st.caption("Only the host of this app can import them: `python -m nas_core import nats PATH`")
        return
    path = st.text_input(
        "Folder of the unpacked archive",
        key="archive",
        persist_state="session",
        placeholder="…/NATS-tss-…-simple",
        help="On the machine that runs this app. The folder may hold both archives.",
    ).strip()
    st.button(
        "Import",
        icon=":material/unarchive:",
        disabled=not path,
        key="import",
        on_click=_import,
        args=(path,),
        help="About ten minutes per archive. You can stop and resume it at any time.",
    )


def _imported(table: str) -> None:
    plugin = plugins.get(Benchmark, table)
    try:
        text = f":material/check_circle: **{plugin.heading()}**: {len(official.imported(table)):,}"
        text += f" of {len(plugin.space):,} architectures"
    except SourceError as error:
        text = f":material/broken_image: **{plugin.heading()}**: {inert(str(error))}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text)
        if not visitors.public():
            st.button("Remove", icon=":material/delete:", key=f"forget {table}", on_click=_forget, args=(table,))


def _import(path: str) -> None:
    _start(IMPORT, "Official archives", partial(official.import_archives, Path(path).expanduser()))


def _forget(table: str) -> None:
    official.forget(table)
    run_views.forget_tables()


def offers(offers: Mapping[str, ExternalData]) -> None:
    """For each of them whether it is here, the button that gets it, progress and outcome."""
    buttons = st.container(horizontal=True)
    for name, data in offers.items():
        if _running(f"fetch {name}"):
            continue
        if data.place().exists():
            st.markdown(f":material/check_circle: **{data.title}** is here.")
            continue
        buttons.button(
            f"Get {data.title} ({data.size / 1e6:.0f} MB)",
            icon=":material/download:",
            key=f"fetch {name}",
            on_click=_start,
            args=(f"fetch {name}", data.title, partial(data.fetch, _mirror())),
        )
    papers, first = "; ".join(dict.fromkeys(data.paper for data in offers.values())), next(iter(offers))
    st.caption(
        f"{papers}. The same without the app: `python -m nas_core fetch {first}`; from a copy that you have: "
        f"`python -m nas_core import {first} PATH`"
    )


def cite() -> None:
    """Whom to cite for numbers from NATS-Bench."""
    for paper in (catalogue.NATS_PAPER, catalogue.NB201_PAPER, catalogue.HW_PAPER):
        st.markdown(f"- {paper}")
