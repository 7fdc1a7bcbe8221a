"""Save what is on a page: a table as CSV, a drawing or a chart as SVG and PNG, a run or a cell as text.

`csv(frame, name)`, `picture(svg, name)` and `chart(key, name)` are small buttons; names are given without suffix.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from ui.frame import ASSETS

_save = st.components.v2.component(
    "nas_save_picture",
    html='<div class="save"><span></span><button class="svg">SVG</button><button class="png">PNG</button></div>\n',
    css=(ASSETS / "save_picture.css").read_text(encoding="utf-8"),
    js="".join((ASSETS / name).read_text(encoding="utf-8") for name in ("save_file.js", "save_picture.js")),
)


def csv(frame: pd.DataFrame | Callable[[], pd.DataFrame], name: str, label: str = "Data as CSV") -> None:
    """A button that saves a table; give a function to make the table only when it is asked for."""
    text(lambda: (frame() if callable(frame) else frame).to_csv(index=False), f"{name}.csv", label, "text/csv")


def text(made: Callable[[], str], file: str, label: str, mime: str = "text/plain") -> None:
    """A button that saves the text `made()` as `file`."""
    st.download_button(
        label, lambda: made().encode(), file, mime, key=f"save {file}", icon=":material/download:", on_click="ignore"
    )


def picture(svg: str, name: str, label: str = "Save the drawing:") -> None:
    """Two buttons that save an SVG text as it is, and as a PNG made in the browser."""
    _save(key=f"save {name}", data={"svg": svg, "name": name, "label": label})


def chart(key: str, name: str, label: str = "Save the chart:") -> None:
    """Two buttons that save the chart drawn with `key=key` as SVG and PNG.

    A chart of many marks is drawn as pixels by the browser and offers only PNG.
    """
    _save(key=f"save {name}", data={"chart": key, "name": name, "label": label})
