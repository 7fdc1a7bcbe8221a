"""The data of a page as files: its tables and every trial of its searches, each with what is needed to cite it."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

import pandas as pd
import streamlit as st

import nas_core
from nas_core import command, experiment_archive, race
from nas_core.experiment_file import Experiment
from nas_core.types import RunSpec
from nas_core.values import cell
from ui import figures, run_views, table_choice
from ui.server import store

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")


def about(page: figures.OnPage, specs: Sequence[RunSpec] = ()) -> dict[str, Any]:
    """What a file says of its origin: benchmark, dataset, versions, command, sources to cite, link."""
    specs = specs or next(iter(page.specs.values()), ())
    out: dict[str, Any] = {"title": page.title, "finding": page.verdict} if page.verdict else {"title": page.title}
    table, line = page.table, page.command
    if specs:
        table = run_views.benchmark(specs[0].benchmark, specs[0].dataset, **specs[0].benchmark_params)
        line = line or command.whole(specs) or "\n".join(map(command.run, specs[:20]))
    if table is not None:
        sources = dict.fromkeys(m.source for m in table.metrics.values() if m.source)
        out |= table_choice.link(table.name, table.dataset)
        out |= {"fingerprint": table.fingerprint(), "cite": "; ".join(sources)}
    out["command"] = line
    return {name: words for name, words in out.items() if words} | _made() | {"link": _link()}


def about_figure(page: figures.OnPage, figure: figures.Figure) -> dict[str, Any]:
    """The same of one of its figures."""
    if figure.origin is None:
        return about(page)
    return {**figure.origin, **_made(), "link": urljoin(st.context.url or "", figure.origin["link"])}


def _made() -> dict[str, Any]:
    """When, and by which versions."""
    versions = {p: metadata.version(p) for p in PACKAGES if _installed(p)}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"nas_explorer": nas_core.__version__, "packages": versions, "made": now}


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _link() -> str:
    words = urlencode({name: st.query_params.get_all(name) for name in st.query_params}, doseq=True)
    return f"{st.context.url or ''}{'?' if words else ''}{words}"


def sentence(data: Mapping[str, Any]) -> str:
    """The origin `data` in a line."""
    return "; ".join(
        f"{name}: {data[name]}" for name in ("benchmark", "dataset", "nas_explorer", "link") if name in data
    )


def csv(frame: pd.DataFrame) -> bytes:
    """As pandas reads it; a text that a spreadsheet would take for a formula has an apostrophe before it."""
    texts = frame.select_dtypes(include=["object", "string", "category"]).columns
    safe = frame.assign(**{name: frame[name].astype(object).map(cell) for name in texts}) if len(texts) else frame
    return bytes(safe.to_csv(index=False, header=[cell(name) for name in frame.columns]).encode())


def parquet(frame: pd.DataFrame, origin: Mapping[str, Any]) -> bytes:
    """With `origin` as the frame's `attrs`, which pandas reads back, and as key-value metadata of the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    copy = frame.copy(deep=False)
    copy.attrs.update(origin)
    table = pa.Table.from_pandas(copy, preserve_index=False)
    words = {name: value if isinstance(value, str) else json.dumps(value) for name, value in origin.items()}
    pq.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), **words}), out, compression="zstd")
    return out.getvalue()


def files(page: figures.OnPage, table: figures.Data) -> dict[str, bytes]:
    """{name: content} of a table: CSV, its origin beside it (as CSV on the Web names such a file), and Parquet."""
    frame, origin = table.make(), about(page)
    return {
        f"{table.name}.csv": csv(frame),
        f"{table.name}.csv-metadata.json": _json(origin),
        f"{table.name}.parquet": parquet(frame, origin),
    }


def draw(page: figures.OnPage) -> None:
    """A line for each table and each set of searches."""
    if page.specs or page.tables:
        st.markdown("**Data**", help="Parquet carries its origin, which pandas reads into `attrs`.")
    for name, specs in reversed(page.specs.items()):
        _draw_data("Every trial of every seed", f"{name}-trials", partial(trials, specs), about(page, specs))
    for table in page.tables.values():
        _draw_data(table.title or table.name, table.name, table.make, about(page))
    for name, specs in page.specs.items():
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("The whole experiment: runs, trials, versions, commands", width="stretch")
            _button("Archive", f"{name}.zip", partial(_archive_of, specs, name), "application/zip")


def _draw_data(title: str, name: str, make: Callable[[], pd.DataFrame], origin: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(title, width="stretch")
        _button("CSV", f"{name}.csv", lambda: csv(make()), "text/csv")
        _button("Parquet", f"{name}.parquet", lambda: parquet(make(), origin), "application/vnd.apache.parquet")
        _button("Metadata", f"{name}.csv-metadata.json", lambda: _json(origin), "application/json")


def _button(label: str, file: str, make: Callable[[], bytes], mime: str) -> None:
    st.download_button(label, make, file, mime, key=f"export {file}", on_click="ignore")


def _json(origin: Mapping[str, Any]) -> bytes:
    return json.dumps(origin, indent=1).encode()


def trials(specs: Sequence[RunSpec]) -> pd.DataFrame:
    """One row a seed and trial."""
    return experiment_archive.trials(list(zip(race.labels(specs), specs, strict=True)), store()).to_pandas()


def _archive_of(specs: Sequence[RunSpec], name: str) -> bytes:
    return archive(Experiment.of(specs, name))


def archive(one: Experiment) -> bytes:
    """The archive that `experiment import` reads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiment.zip"
        for _ in experiment_archive.pack(one, store(), path):
            pass
        return path.read_bytes()
