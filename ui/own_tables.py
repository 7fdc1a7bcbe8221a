"""Bringing a table of one's own: choosing a file, seeing what is wrong with it, saving and removing it."""

from __future__ import annotations

import re

import pandas as pd
import streamlit as st

from nas_core import spaces
from nas_core.sources import user_table
from nas_core.sources.user_table import Draft
from ui import downloads, run_views

SHOWN = 200  # bad lines on the page; all of them are in the download
EXAMPLE = """arch,val_acc,test_acc,params_m
|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|,71.2,70.9,0.34
nats:4711,68.0,67.5,0.29
"""


def panel() -> None:
    """The whole part of the page: a file in, its good and bad lines, a name, and the tables there are."""
    _listed()
    space = st.segmented_control(
        "Search space of the file",
        user_table.SPACES,
        default="topology",
        key="own_space",
        required=True,
        help="topology: cells of six operations; size: five layer widths, as in NATS-Bench",
    )
    notation = st.selectbox(
        "Notation of the architectures",
        spaces.create(space).prefixes,
        None,
        key="own_notation",
        placeholder="as each line says, such as nats:1",
        help="For numbers or tuples without a prefix: nats is NATS-Bench's number, naslib NASLib's tuple, own this "
        "project's number or tuple.",
    )
    file = st.file_uploader(
        "CSV or Parquet file", ["csv", "parquet"], key="own_file", max_upload_size=50, help=_rules()
    )
    if file is None:
        st.caption("No file chosen yet. A file looks like this:")
        st.code(EXAMPLE, language=None, wrap_lines=True)
        return
    try:
        draft = _draft(file.getvalue(), file.name, space, notation or "")
    except ValueError as error:
        st.error(f"{error}.", icon=":material/error:")
        return
    _report(draft, file.name)
    if draft.known:
        _form(draft, file.name)


def _rules() -> str:
    return (
        "One line an architecture. The column arch holds its string, or its number or tuple in a notation such as "
        "nats:1; val_acc is the validation accuracy in percent. Every other column of numbers becomes a metric: "
        "test_acc, params_m, train_s (seconds of training), latency_phone_ms, … A name such as val_acc@12 means after "
        "12 epochs. Missing is empty."
    )


@st.cache_data(show_spinner="Reading the file", max_entries=4)
def _draft(content: bytes, file: str, space: str, notation: str) -> Draft:
    return user_table.read(content, file, space, notation)


def _report(draft: Draft, file: str) -> None:
    if draft.ignored:
        st.info(f"Not used, for want of numbers or of a name such as params_m: {', '.join(draft.ignored)}.")
    if not draft.problems:
        st.success(f"All {draft.known:,} lines can be used.", icon=":material/check_circle:")
        return
    bad = pd.DataFrame([vars(p) for p in draft.problems]).rename(columns={"text": "why it is left out"})
    good = f"{draft.known:,} can be used." if draft.known else "None can be used."
    left = "1 line is" if len(bad) == 1 else f"{len(bad):,} lines are"
    st.warning(f"{left} left out. {good}", icon=":material/rule:")
    st.dataframe(bad.head(SHOWN), hide_index=True)
    if len(bad) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(bad):,} lines.")
    downloads.csv(bad, f"{file}-left-out", "All lines that are left out")


def _form(draft: Draft, file: str) -> None:
    suggested = re.sub(r"[^A-Za-z0-9 ._-]+", " ", file.rpartition(".")[0]).strip()[:40] or "my table"
    metrics = list(dict.fromkeys(n.partition("@")[0] for n in draft.columns))
    least = [m for m in metrics if not user_table.BETTER_IF_MORE.search(m)]
    with st.form("own_form"):
        name = st.text_input("Name of the dataset", suggested, max_chars=40)
        source = st.text_input("Where do the numbers come from?", help="Shown wherever they are: paper, link, machine.")
        epochs = st.number_input("Epochs of the full training", 1, 99_999, 1, help="For columns that do not say.")
        fewer = st.multiselect("Less is better for", metrics, least, help="Everything else is better if it is more.")
        if name in user_table.names(draft.space):
            st.caption(f"There is a table {name!r} already; it will be replaced.")
        if st.form_submit_button(f"Import {draft.known:,} architectures", type="primary"):
            try:
                user_table.save(draft, name.strip(), source.strip(), int(epochs), tuple(fewer))
            except (ValueError, RuntimeError) as error:
                st.error(f"{error}.", icon=":material/error:")
                return
            run_views.benchmark.clear()
            st.session_state["own_saved"] = draft.space, name.strip()
            st.rerun()


def _listed() -> None:
    if saved := st.session_state.pop("own_saved", None):
        st.success(f"“{saved[1]}” is a dataset now; every page offers it.", icon=":material/check_circle:")
    for space in user_table.SPACES:
        for name in user_table.names(space):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":material/table: **{name}**, {space} space")
                st.page_link(
                    "pages/10_explore.py",
                    label="Explore it",
                    icon=":material/scatter_plot:",
                    query_params={"benchmark": f"own_{space}", "dataset": name},
                )
                st.button(
                    "Remove",
                    icon=":material/delete:",
                    key=f"remove {space} {name}",
                    on_click=_remove,
                    args=(space, name),
                )


def _remove(space: str, name: str) -> None:
    if name in user_table.names(space):
        user_table.delete(space, name)
    run_views.benchmark.clear()
