"""The menu Export, the same on every page: its figures for a paper, its data, and the whole page as one file."""

from __future__ import annotations

import base64
import json
from typing import Any

import streamlit as st

from nas_core import archives
from nas_core.charts import paper
from ui import export_page, exported_data, figures, pdf
from ui.assets import read

FILE = "export file"  # in the session: what the browser asked for last
MIME = {"pdf": "application/pdf", "zip": "application/zip"}
KINDS = {
    "pdf": ("PDF", "Vectors, with its font embedded; for LaTeX and Word"),
    "svg": ("SVG", "Vectors, text stays text; for Inkscape, Illustrator and the web"),
    "png": ("PNG", "Pixels, 300 to the inch"),
    "zip": ("All of it, with the data", "A ZIP archive of these three, and the tables of this page as CSV and Parquet"),
}

_buttons = st.components.v2.component(
    "nas_save_figure",
    html='<div class="figure"><div class="sheet"></div><div class="kinds">'
    + "".join(f'<button class="{kind}" title="{help}">{label}</button>' for kind, (label, help) in KINDS.items())
    + '</div><p role="status"></p></div>\n',
    css=read("save_figure.css"),
    js=read("save_file.js", "figure_file.js", "save_figure.js"),
)


@st.fragment
def button() -> None:
    """The button that opens the menu."""
    if st.button("Export", icon=":material/download:", key="export", help="Figures, data, and this page as a file"):
        st.session_state.pop(FILE, None)
        _menu()


@st.dialog("Export", width="large")
def _menu() -> None:
    page = figures.here()
    if not page.figures and not page.tables and not page.specs:
        st.caption("There is no figure and no data on this page.")
    if page.figures:
        _figure(page)
    exported_data.draw(page)
    export_page.draw(page)


def _figure(page: figures.OnPage) -> None:
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    keys = list(page.figures)
    key = left.selectbox("Figure", keys, format_func=lambda k: page.figures[k].title, key="export figure")
    column = right.selectbox(
        "Width",
        list(paper.COLUMNS),
        key="export width",
        help="Of the text of a paper: in a column where it has two, in its only column, or across both",
    )
    figure, mm = page.figures[key], paper.COLUMNS[column]
    with st.container(key="paper"):
        figures.on_paper(figure, mm, f"paper {figures.slug(key)} {mm:g}")
    _buttons(
        key=f"export {figures.slug(key)} {mm:g}",
        data={
            "svg": figure.svg,
            "map": figure.space_map,
            "pixels": paper.pixels(mm),
            "mm": mm,
            "name": figure.name,
            "title": figure.title,
            "about": json.dumps(exported_data.about_figure(page, figure)),
            "file": st.session_state.get(FILE),
        },
        on_wanted_change=lambda: _make(page, figure, mm, f"export {figures.slug(key)} {mm:g}"),
    )


def _make(page: figures.OnPage, figure: figures.Figure, mm: float, key: str) -> None:
    """What the browser cannot make by itself, from the SVG that it sends; the next run hands it over."""
    request: dict[str, str] | None = st.session_state[key].wanted
    if not request:
        return
    number = st.session_state["export number"] = st.session_state.get("export number", 0) + 1
    about = exported_data.sentence(exported_data.about_figure(page, figure))
    content = pdf.convert(request["svg"], mm, figure.title, about)
    if request["kind"] == "zip":
        content = _archive(page, figure.name, request, content)
    st.session_state[FILE] = {
        "number": number,
        "name": f"{figure.name}.{request['kind']}",
        "type": MIME[request["kind"]],
        "content": base64.b64encode(content).decode(),
    }


def _archive(page: figures.OnPage, name: str, request: dict[str, str], as_pdf: bytes) -> bytes:
    """The figure in three formats, and the tables of the page."""
    parts: dict[str, Any] = {
        f"{name}.svg": request["svg"],
        f"{name}.pdf": as_pdf,
        f"{name}.png": base64.b64decode(request["png"]),
    }
    for table in page.tables.values():
        parts |= exported_data.files(page, table)
    return archives.zipped(parts.items())
