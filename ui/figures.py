"""Draws charts, and remembers what is on the page: its figures, tables and searches, for the menus Export and Present.

Pages draw ECharts options with `echarts` and Altair charts with `altair`, and never with Streamlit's own functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from nas_core.benchmarks import Benchmark
from nas_core.charts import CELL, paper, reading
from nas_core.types import RunSpec
from ui.words import standout

HERE = "figures of the page"  # in the session
HEIGHT = 330  # pixels, of a chart that names none
AT_ITS_PLACE = {"labelFlush": False}  # Streamlit's theme moves the first label of a Vega axis away from what it names


@dataclass(frozen=True)
class Figure:
    """One picture of the page, by exactly one of the four after its height."""

    key: str
    title: str
    height: int = HEIGHT
    option: Mapping[str, Any] | None = None  # of ECharts
    chart: Any = None  # of Altair
    svg: str = ""
    space_map: str = ""  # the key of a map
    origin: Mapping[str, Any] | None = None  # what its files say of it, where it is not from what the page is about

    @property
    def name(self) -> str:
        """The name of its file, without suffix."""
        return slug(self.title)


@dataclass(frozen=True)
class Data:
    """A table of the page, made when it is asked for."""

    name: str
    title: str
    make: Callable[[], pd.DataFrame]


@dataclass
class OnPage:
    """What the present page shows."""

    title: str = ""
    verdict: str = ""
    task: str = ""  # the table it is about
    selection: str = ""  # the architecture that is selected on it
    table: Benchmark | None = None  # where its numbers come from
    command: str = ""  # what repeats it on the command line
    place: Any = None  # where its head says these two
    figures: dict[str, Figure] = field(default_factory=dict)  # by key
    tables: dict[str, Data] = field(default_factory=dict)  # by key, which is the name unless that changes by a click
    specs: dict[str, Sequence[RunSpec]] = field(default_factory=dict)  # of searches, by what they are called


def here() -> OnPage:
    """What this visitor's page shows."""
    return st.session_state.setdefault(HERE, OnPage())  # type: ignore[no-any-return]


def begin(title: str) -> None:
    """A page is drawn anew."""
    st.session_state[HERE] = OnPage(title)


def about(**parts: Any) -> None:
    """Say in the head of the page what it is about: its `task`, its `selection`; and what files of it say of their
    origin: its `table`, its `command`."""
    page = here()
    vars(page).update(parts)
    if page.place is not None and (words := " · ".join(filter(None, (page.task, page.selection)))):
        page.place.markdown(standout(words, "task"), unsafe_allow_html=True, width="content")


def add(figure: Figure) -> None:
    """Remember a figure that something else draws."""
    here().figures[figure.key] = figure


def echarts(
    option: Mapping[str, Any],
    *,
    key: str,
    alt: str,
    height: int = HEIGHT,
    drawn: Mapping[str, Any] | None = None,
    **more: Any,
) -> Any:
    """Draw an ECharts option; alt: what it shows, for its file; its numbers follow for who does not see it.

    drawn: what stands on the page in its place, where something beside it says what its file has to say.
    """
    add(Figure(key, alt, height, option=option))
    alt = f"{alt}\n{reading.echarts(option)}"
    return st.echarts_chart(drawn or option, key=key, alt=alt, height=height, renderer="svg", **more)


def load() -> None:
    """Let the browser load what draws ECharts, before the first of them is there."""
    st.echarts_chart({"series": []}, key="no_chart")  # which the style hides


def altair(chart: Any, *, key: str, alt: str, **more: Any) -> Any:
    """Draw an Altair chart; alt as in `echarts`."""
    chart = chart.configure(locale=paper.NUMBERS, axisBand=AT_ITS_PLACE, axisY=AT_ITS_PLACE)
    add(Figure(key, alt, chart=chart))
    alt = f"{alt}\n{reading.altair(chart)}"
    if isinstance(high := getattr(chart, "height", None), int):  # said here too, so that it can take another sheet
        more["height"] = high
    return st.altair_chart(chart, key=key, alt=alt, **more)


def clicked(key: str, parameter: str) -> int | None:
    """The architecture whose point was clicked on the Altair chart of that key, which `parameter` in the link keeps;
    None if none was."""
    points = st.session_state.get(key, {}).get("selection", {}).get(CELL, [])
    if points:
        st.query_params[parameter] = str(points[0][CELL])
    text = st.query_params.get(parameter, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def on_paper(figure: Figure, mm: float, key: str) -> None:
    """Draw an ECharts or Altair figure on white, `mm` wide, under another key; the others are SVG already."""
    width = paper.pixels(mm)
    if figure.option is not None:
        option, height = paper.echarts(figure.option, figure.height, width)
        st.echarts_chart(option, width=width, height=height, theme=None, renderer="svg", key=key, alt=figure.title)
    elif figure.chart is not None:
        st.altair_chart(paper.altair(figure.chart, width), width=width, theme=None, key=key, alt=figure.title)


def slug(text: str) -> str:
    """`text` as the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "figure"
