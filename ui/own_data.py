"""Data of one's own on the Data page: a file in, a report on it, a name, and the datasets there are."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nas_core import datasets
from nas_core.charts import examples
from nas_core.datasets.own.folders import folder
from nas_core.sources import own_data
from nas_core.sources.download import Progress
from nas_core.sources.own_data import Draft, Options
from ui import choices, downloads, job_panel, tables, uploads, visitors
from ui.server import jobs
from ui.words import inert, plain, safe_sentence

KINDS = {"images": "Images", "text": "Texts", "arrays": "Signals and arrays"}
TYPES = {"images": ["zip", "parquet"], "text": ["csv", "tsv", "jsonl", "parquet"], "arrays": ["npz"]}
RULES = {
    "images": "A .zip with a folder for each class; train, val and test may stand above them. Or a Parquet file as "
    "Hugging Face writes it, with a column image and a column label.",
    "text": "CSV, JSON lines or Parquet with a column of texts (text, question, …) and one of labels (label, category, "
    "…). Other names can be given below.",
    "arrays": "An .npz file of NumPy with x, signals [n, channels, length] or images [n, channels, size, size], and y, "
    "a label for each.",
}
MOST_MB = 200
MOST_LINES = 200  # of what is left out, on the page; all of them are in the download
REFUSED = "own data refused"  # in the session: a sentence on what could not be done
JOB = "own data job"  # in the session: the key of the job that reads this visitor's file


def panel() -> None:
    """The whole part of the page."""
    _draw_list()
    job = jobs().get(st.session_state.get(JOB, ""))
    if job is not None and not job.over:
        job_panel.follow(job, how_far=lambda job: f"{len(job.items)} %")
        return
    if job is not None and job.state == "done" and isinstance(draft := job.items[-1], Draft) and draft.place.exists():
        _report(draft)
        _keep(draft)
        return
    choices.refused("own_kind", KINDS.values(), "kind of data")
    kind = st.segmented_control(
        "What is it?",
        list(KINDS),
        default="images",
        key="own_kind",
        bind="query-params",
        required=True,
        format_func=KINDS.__getitem__,
    )
    st.caption(RULES[kind])
    file = uploads.file(st, "File", TYPES[kind], MOST_MB, f"own_data_{kind}")
    path = ""
    if not visitors.public():
        path = st.text_input(
            "or a file or folder on the machine that runs this app",
            key="own_data_path",
            placeholder="/home/me/pictures",
        ).strip()
    options = _options(kind)
    if job is not None:
        job_panel.outcome(job)
    job_panel.press_button(
        "Read it and report",
        _start,
        options,
        file,
        path,
        key="own_data_read",
        icon=":material/fact_check:",
        type="primary",
        disabled=not (file or path) or options is None,
        help="Nothing is kept before you have seen the report.",
    )


def _options(kind: str) -> Options | None:
    """What the visitor says of how to read it; None, and why, if that cannot be."""
    options: dict[str, Any] = {}
    with st.expander("Options", icon=":material/tune:"):
        row = st.columns(4)
        if kind == "images":
            options["size"] = row[0].number_input(
                "Pixels a side",
                0,
                256,
                0,
                4,
                help="8 to 256, divisible by 4. 0: as they are if all are equal and small, else 32.",
            )
            grey = row[1].selectbox("Colour", ["as the images are", "grey", "colour"])
            options["colour"] = "" if grey == "as the images are" else grey
        if kind == "text":
            options["length"] = row[0].number_input(
                "Words read of a text", 0, 512, 0, 4, help="4 to 512, divisible by 4. 0: enough for 95 % of the texts."
            )
            options["words"] = row[1].number_input("Different words", 3, 50_000, 1024)
            options["text"] = row[2].text_input("Column of the texts", placeholder="by its usual name")
        options["label"] = row[3].text_input("Column of the labels", placeholder="by its usual name")
        row = st.columns(4)
        options["split"] = row[0].text_input("Column of the parts", help="It says train, val or test for each example.")
        options["group"] = row[1].text_input("Column of groups", help="Examples of one group stay in one part.")
        options["val_share"] = row[2].number_input("Share for validation", 0.05, 0.45, 0.2)
        options["test_share"] = row[3].number_input("Share for the test", 0.05, 0.45, 0.2)
        without = st.text_input("Classes to leave out", placeholder="separated by commas")
        options["without"] = tuple(filter(None, map(str.strip, without.split(","))))
        options["seed"] = st.number_input("Seed of the parts", 0, 2**31 - 1, 0, width=190)
    try:
        return Options(kind, **options)
    except ValueError as error:
        st.error(safe_sentence(error), icon=":material/error:")
        return None


def _start(options: Options, file: Any, path: str) -> None:
    """Read the file in the background."""
    key = st.session_state[JOB] = f"own data {secrets.token_hex(8)}"
    make = partial(_upload, file, options) if file is not None else partial(_percent, Path(path).expanduser(), options)
    jobs().start(key, Path(file.name if file is not None else path).name, make, total=100)


def _upload(file: Any, options: Options) -> Generator[Progress | Draft]:
    """As `_percent`, of a file that is in the data folder as long as it is read."""
    place = folder() / f".draft-{secrets.token_hex(8)}"
    try:
        try:
            place.mkdir(parents=True)
            (place / Path(file.name).name).write_bytes(file.getbuffer())
        except OSError as error:
            raise own_data.unwritable(error) from error
        yield from _percent(place / Path(file.name).name, options)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _percent(source: Path, options: Options) -> Generator[Progress | Draft]:
    """An item for each percent, and the draft."""
    percent = 0
    for step in own_data.read(source, options):
        if isinstance(step, Draft):
            yield step
        else:
            for _ in range(percent, 99 * step.done // max(step.total, 1)):
                percent += 1
                yield step


def _report(draft: Draft) -> None:
    st.markdown(f"**{inert(draft.summary)}.**")
    if draft.remarks:
        st.info(inert("\n\n".join(f"{remark}." for remark in draft.remarks)), icon=":material/info:")
    if draft.n_left_out:
        lines = pd.DataFrame(draft.left_out, columns=["what", "why it is left out"])
        count = "1 is" if draft.n_left_out == 1 else f"{draft.n_left_out:,} are"
        st.warning(f"{count} left out.", icon=":material/rule:")
        tables.show(lines.head(MOST_LINES))
        downloads.csv(lines, f"{draft.info['source']}-left-out", "What is left out")
    else:
        st.success("Every example can be used.", icon=":material/check_circle:")
    classes, labels = draft.info["classes"], np.load(draft.place / "train_y.npy", mmap_mode="r").tolist()
    counts = pd.DataFrame(draft.counts).reindex(classes).fillna(0).astype(int)
    if draft.info["preprocessing"]["kind"] == "tokens":
        texts = own_data.texts(draft.place)["train"]
        counts["one of its texts"] = pd.Series({classes[i]: t for i, t in zip(labels, texts, strict=True)})
        tables.show(counts.rename_axis("class").reset_index())
        return
    left, right = st.columns([1, 2], gap="large")
    tables.show(counts.rename_axis("class").reset_index(), left)
    inputs = np.load(draft.place / "train_x.npy", mmap_mode="r")
    right.markdown(examples.drawing(inputs, np.array(labels), classes), unsafe_allow_html=True)


def _keep(draft: Draft) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        suggested = Path(draft.info["source"]).stem.replace("_", " ").strip()[:40]
        name = st.text_input("Name of the dataset", suggested, max_chars=40, key="own_data_name", width=320)
        keep = st.button("Keep it", type="primary", icon=":material/save:", key="own_data_keep")
        if st.button(
            "Discard", icon=":material/delete:", key="own_data_discard", on_click=own_data.discard, args=(draft,)
        ):
            st.rerun()
    if keep:
        try:
            own_data.save(draft, name)
        except (ValueError, RuntimeError) as error:
            st.error(safe_sentence(error), icon=":material/error:")
            return
        st.session_state["own_data_saved"] = name.strip()
        st.rerun()


def _draw_list() -> None:
    """The datasets of one's own, each with what can be done with it."""
    if saved := st.session_state.pop("own_data_saved", None):
        st.success(f"“{plain(saved)}” is now a dataset here.", icon=":material/check_circle:")
    if refused := st.session_state.pop(REFUSED, None):
        st.error(refused, icon=":material/error:")
    for name in own_data.names():
        dataset = datasets.create(name)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/dataset: **{plain(dataset.title())}**: {plain(dataset.summary())}")
            st.page_link(
                "pages/17_your_task.py",
                label="Find a network for it",
                icon=":material/biotech:",
                query_params={"task_data": name},
            )
            st.popover("Rename", icon=":material/edit:").text_input(
                "New name", dataset.title(), key=f"title {name}", max_chars=60, on_change=_rename, args=(name,)
            )
            st.button("Delete", icon=":material/delete:", key=f"delete {name}", on_click=_delete, args=(name,))
    if deleted := st.session_state.get("own_data_deleted"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Deleted {deleted}.")
            st.button("Undo", icon=":material/undo:", key="own_data_undo", on_click=_restore, args=(deleted,))


def _rename(name: str) -> None:
    _do(own_data.rename, name, st.session_state[f"title {name}"])


def _delete(name: str) -> None:
    if name in own_data.names() and _do(own_data.delete, name):
        st.session_state["own_data_deleted"] = name


def _restore(name: str) -> None:
    if _do(own_data.restore, name):
        del st.session_state["own_data_deleted"]


def _do(change: Callable[..., None], *about: str) -> bool:
    """Whether that change to what is kept was made; a sentence is left if it cannot be. Only in a callback."""
    try:
        change(*about)
    except (ValueError, RuntimeError, OSError) as error:
        st.session_state[REFUSED] = safe_sentence(error)
        return False
    return True
