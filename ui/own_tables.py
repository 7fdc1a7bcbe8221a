"""Importing a table of your own: choosing a file, seeing what is wrong with it, saving and removing it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from nas_core import spaces
from nas_core.benchmarks.tables import added_columns, own
from nas_core.sources import user_table
from nas_core.sources.user_table import Main, TableDraft
from nas_core.spaces import DEFAULT
from nas_core.types import counted, is_test
from ui import choices, downloads, own_columns, run_views, table_choice, tables, uploads, visitors, words
from ui.verbatim import verbatim
from ui.words import inert, safe_sentence

ACCURACY, OTHER = "validation accuracy, in percent", "another metric"
ARCHS = "Column of the architectures"
GOALS = {"more is better": "max", "less is better": "min"}
MOST_MB = 50
MOST_MAPPED = 12  # columns that can be taken for another metric
MOST_LINES = 200  # bad lines on the page; all of them are in the download
EXAMPLE = """arch,val_acc,test_acc,params_m
|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|,71.2,70.9,0.34
nats:4711,68.0,67.5,0.29
"""


def panel() -> None:
    """The whole part of the page: a file in, its good and bad lines, a name, and the tables there are."""
    _draw_list()
    space = choices.segments(
        st,
        "Search space of the file",
        "own_space",
        user_table.fitting(),
        "search space",
        start=DEFAULT,
        help="\n\n".join(f"{name}: {spaces.create(name).summary()}" for name in user_table.fitting()),
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
    types = ["csv", "tsv", "txt", "parquet"]
    file = uploads.file(st, "CSV or Parquet file", types, MOST_MB, "own_file", help=_rules())
    target = own_columns.target(space)
    if file is None:
        st.caption("No file chosen yet. Example:")
        verbatim(EXAMPLE)
        return
    content = file.getvalue()
    try:
        guessed = user_table.guess(content, file.name, spaces.create(space), notation or "")
        meant = (_choose_arch_column if target else _choose_columns)(content, file.name, guessed)
        if isinstance(meant, str):
            st.info(f"Choose the column of {meant}.", icon=":material/view_column:")
            return
        columns, main = meant
        columns |= _others(content, file.name, columns, main)
        draft = _draft(content, file.name, space, notation or "", columns, main)
    except ValueError as error:
        st.error(safe_sentence(error), icon=":material/error:")
        return
    _report(draft, file.name)
    if draft.count and target:
        _addition(draft, target, file.name)
    elif draft.count:
        _form(draft, file.name)


def _choose_arch_column(content: bytes, file: str, guessed: Mapping[str, str]) -> tuple[dict[str, str], None] | str:
    """As `_choose_columns`, of a file without a main metric."""
    there = user_table.header(content, file)
    column = _column(st, ARCHS, there, "arch", file, guessed)
    if column is None:
        return "the architectures"
    return ({"arch": column} if there[column] != "arch" else {}), None


def _choose_columns(content: bytes, file: str, guessed: Mapping[str, str]) -> tuple[dict[str, str], Main | None] | str:
    """({"arch" and the main metric: the column of the file that is meant}, where its name does not say so itself; the
    main metric); or of what no column is chosen yet. guessed: what the choosers start with where no name says it."""
    there = user_table.header(content, file)
    kind = st.segmented_control(
        "What architectures are compared by", [ACCURACY, OTHER], default=ACCURACY, key=f"own_main {file}", required=True
    )
    boxes = st.columns(2 if kind == ACCURACY else 4)
    archs = _column(boxes[0], ARCHS, there, "arch", file, guessed)
    out = {"arch": archs} if archs and there[archs] != "arch" else {}
    if kind == ACCURACY:
        column = _column(boxes[1], "Column of the validation accuracy", there, "val_acc", file, guessed)
        if column and there[column].partition("@")[0] != "val_acc":
            out["val_acc"] = column
        missing = [] if archs else ["the architectures"]
        missing += [] if column else ["the validation accuracy"]
        return " and ".join(missing) or (out, user_table.ACCURACY)
    column = _column(boxes[1], "Column of the main metric", there, "", file, guessed)
    goal = boxes[2].selectbox("Its goal", list(GOALS), key=f"own_goal {file}")
    unit = boxes[3].text_input("Its unit", max_chars=20, key=f"own_unit {file}", placeholder="none")
    name = "_".join(re.findall(r"[A-Za-z0-9]+", (column or "").partition("@")[0]))[:40]
    if not archs or not column:
        return "the main metric" if archs else "the architectures"
    if there[column].partition("@")[0] != name:
        out[name] = column
    return out, Main(name, GOALS[goal], unit.strip())


def _others(content: bytes, file: str, columns: Mapping[str, str], main: Main | None) -> dict[str, str]:
    """{metric: the column of the file} for what the visitor takes for a metric that its name does not say."""
    there = user_table.header(content, file)
    required = {"arch", main.name} if main else {"arch"}
    free = [c for c, name in there.items() if c not in columns.values() and name.partition("@")[0] not in required]
    usual = {title: name for name, (_, title) in own.USUAL.items() if name not in {*there.values(), *required}}
    if not free or not usual:
        return {}
    with st.expander("What the other columns are", icon=":material/view_column:"):
        boxes = st.columns(min(len(free), 4))
        meanings = {
            column: boxes[i % len(boxes)].selectbox(
                f"“{inert(column)}” is", ["as it is called", *usual], key=f"own_other {column} {file}"
            )
            for i, column in enumerate(free[:MOST_MAPPED])
        }
    if twice := [title for title in usual if list(meanings.values()).count(title) > 1]:
        raise ValueError(f"two columns are taken for {twice[0]}; choose it for one of them")
    return {usual[title]: column for column, title in meanings.items() if title in usual}


def _column(
    box: Any, label: str, there: Mapping[str, str], name: str, file: str, guessed: Mapping[str, str]
) -> str | None:
    """A chooser of a column, which starts with the one that is called `name`, or else that seems to be meant."""
    usual = [i for i, read in enumerate(there.values()) if name and read.partition("@")[0] == name]
    usual += [list(there).index(guessed[name])] if name in guessed else []
    start = usual[0] if usual else None
    return box.selectbox(label, list(there), start, key=f"own_{name} {file}", placeholder="Choose a column")


def _rules() -> str:
    return (
        "One architecture per line. The column arch holds its string, or its number or tuple in a notation such as "
        "nats:1; val_acc is the validation accuracy in percent, or another column is what architectures are compared "
        "by, such as a perplexity. Every other numeric column becomes a metric: "
        "test_acc, params_m, train_s (seconds of training), latency_phone_ms, … One with the word test in its name is "
        "for reports only; no search sees it. A name such as val_acc@12 means after 12 epochs. Leave missing values "
        "empty. Commas, semicolons (then with decimal commas) or tabs separate the columns. At most 50 MB, 200 "
        "columns and 100,000 lines."
    )


@st.cache_data(show_spinner="Reading the file", max_entries=4)
def _draft(
    content: bytes, file: str, space: str, notation: str, columns: dict[str, str], main: Main | None
) -> TableDraft:
    return user_table.read(content, file, space, notation, columns, main)


def _report(draft: TableDraft, file: str) -> None:
    if remarks := draft.remarks():
        st.info(inert("\n\n".join(f"{remark}." for remark in remarks)), icon=":material/info:")
    if is_test(column := draft.names.get("val_acc", "")):
        st.warning(
            f"“{inert(column)}” looks like a test accuracy. Used as validation accuracy, it is visible to searches, "
            "and their results will look better than they are.",
            icon=":material/visibility:",
        )
    if not draft.left_out:
        st.success(f"All {draft.count:,} lines can be used.", icon=":material/check_circle:")
        return
    bad = pd.DataFrame([vars(p) for p in draft.problems]).rename(columns={"text": "why it was left out"})
    good = f"{draft.count:,} can be used." if draft.count else "None can be used."
    left = "1 line is" if draft.left_out == 1 else f"{draft.left_out:,} lines are"
    st.warning(f"{left} left out. {good}", icon=":material/rule:")
    tables.show(bad.head(MOST_LINES))
    if draft.left_out > MOST_LINES:
        st.caption(f"The first {MOST_LINES} of {draft.left_out:,} lines.")
    which = "All lines" if len(bad) == draft.left_out else f"The first {len(bad):,} lines"
    downloads.csv(bad, f"{file}-left-out", f"{which} that are left out")


def _addition(draft: TableDraft, target: str, file: str) -> None:
    with st.form("own_addition"):
        source = _source()
        scale, fewer = _scale(draft), _fewer(draft)
        add, where, columns = partial(own.add, draft, target), target, ", ".join(draft.metrics)
        sentence = f"“{target}” has {columns} now."
        if target == own_columns.EVERY:
            add, where = partial(added_columns.add, draft), f"every {draft.space} table"
            names = ", ".join(f"{added_columns.MARK}{name}" for name in draft.metrics)
            sentence = f"Every table of these {draft.space} architectures has {names} now."
        if st.form_submit_button(f"Add {columns} to {where}", type="primary"):
            _keep(partial(add, source.strip() or file, fewer, scale), sentence)


def _source() -> str:
    return st.text_input("Where do the numbers come from?", help="A paper, link or machine; shown next to the numbers.")


def _fewer(draft: TableDraft) -> list[str]:
    least = [m for m in draft.metrics if not user_table.BETTER_IF_MORE.search(m)]
    return st.multiselect("Less is better for", draft.metrics, least, help="For all other metrics more is better.")


def _keep(make: Callable[[], object], sentence: str) -> None:
    """Write the table and draw the page anew with that sentence; or say why it cannot be written."""
    try:
        if reason := visitors.full():
            raise ValueError(reason)
        make()
    except (ValueError, RuntimeError) as error:
        st.error(inert(words.sentence(error)), icon=":material/error:")
        return
    run_views.forget_tables()
    st.session_state["own_saved"] = sentence
    st.rerun()


def _form(draft: TableDraft, file: str) -> None:
    with st.form("own_form"):
        name = st.text_input("Name of the dataset", user_table.suggested(file), max_chars=40)
        source = _source()
        scale = _scale(draft)
        epochs = st.number_input(
            "Epochs of the full training", 1, 99_999, 1, help="For columns that do not say their epochs."
        )
        fewer = _fewer(draft)
        if name in user_table.names(draft.space):
            st.caption(f"A table {inert(repr(name))} exists already; it will be replaced.")
        some = counted(draft.count, "architecture")
        if st.form_submit_button(f"Import {some}", type="primary"):
            make = partial(user_table.save, draft, name.strip(), source.strip(), int(epochs), fewer, scale)
            _keep(make, f"“{name.strip()}” is now a dataset on every page.")


def _scale(draft: TableDraft) -> str:
    """What the visitor says of accuracies that are all at most 1; "" if nothing was said, or is to be asked."""
    if not draft.fractions:
        return ""
    st.warning(
        f"No value of {', '.join(draft.fractions)} is above 1, but accuracies are in percent. Which are these?",
        icon=":material/percent:",
    )
    meanings = {"fractions": "fractions: 0.93 means 93 %", "percent": "percent: 0.93 means 0.93 %"}
    return (
        st.radio("These accuracies are", list(meanings), None, format_func=meanings.__getitem__, horizontal=True) or ""
    )


def _draw_list() -> None:
    if saved := st.session_state.pop("own_saved", None):
        st.success(words.plain(saved), icon=":material/check_circle:")
    for space in user_table.fitting():
        for name in user_table.names(space):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f":material/table: **{name}**, {space} space")
                st.page_link(
                    "pages/10_explore.py",
                    label="Explore it",
                    icon=":material/scatter_plot:",
                    query_params=table_choice.link(f"own_{space}", name),
                )
                own_columns.remove_button(f"remove {space} {name}", user_table.names, user_table.delete, space, name)
    own_columns.draw_list()
