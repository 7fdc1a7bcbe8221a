"""The whole page as one HTML file: its sentences, its figures on white, and its tables."""

from __future__ import annotations

import base64
import html
import json

import pandas as pd
import streamlit as st

from nas_core.charts import paper
from ui import exported_data, figures
from ui.assets import read

WIDE = max(paper.COLUMNS.values())
ROWS = 500  # of a table that are shown; the file of a longer one is in the page
_save = st.components.v2.component(
    "nas_save_page",
    html='<div class="page"><button>Save the page as HTML</button><p role="status"></p>'
    '<div class="room" aria-hidden="true"></div></div>\n',
    css=read("save_figure.css"),
    js=read("save_file.js", "figure_file.js", "save_page.js"),
)


def draw(page: figures.OnPage) -> None:
    """A button, and after the first click the figures, out of sight, with the button that saves them."""
    st.markdown("**The whole page**", help="One file that opens without a server and without a network")
    if not st.button("Prepare the page as one HTML file", key="export page"):
        return
    with st.container(key="paper-page"):
        for figure in page.figures.values():
            with st.container(key=place(figure)):
                figures.on_paper(figure, WIDE, f"{place(figure)} chart")
    drawings = [
        {"key": f.key, "title": f.title, "svg": f.svg, "map": f.space_map, "paper": place(f)}
        for f in page.figures.values()
    ]
    _save(
        key="export page file",
        data={
            "title": page.title,
            "name": figures.slug(page.title),
            "figures": drawings,
            "tables": [_table(data) for data in page.tables.values()],
            "about": json.dumps(exported_data.about(page), indent=1),
            "mm": WIDE,
            "pixels": paper.pixels(WIDE),
        },
    )


def place(figure: figures.Figure) -> str:
    """The key under which a figure lies on paper."""
    return f"page {figures.slug(figure.key)}"


def _table(data: figures.Data) -> str:
    """A table as HTML; of a long one its beginning, and a link that saves all of it, which needs no network either."""
    frame = data.make()
    body = frame.head(ROWS).to_html(index=False, border=0, na_rep="")
    return f"<h3>{html.escape(data.title or data.name)}</h3>{_rest(data, frame)}<div class='table'>{body}</div>"


def _rest(data: figures.Data, frame: pd.DataFrame) -> str:
    """Where the rows are that are not shown; "" if all are."""
    if len(frame) <= ROWS:
        return ""
    content = base64.b64encode(exported_data.csv(frame)).decode()
    link = (
        f"<a download='{figures.slug(data.name)}.csv' href='data:text/csv;base64,{content}'>Save all of them as CSV</a>"
    )
    return f"<p>The first {ROWS:,} of {len(frame):,} rows. {link}; they are in this file.</p>"
