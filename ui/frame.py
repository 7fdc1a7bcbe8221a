"""The frame around every page: configuration, menu, title, running jobs."""

from __future__ import annotations

import ast
import gc
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from nas_core import housekeeping, logs, machine, places, settings
from nas_core.charts import palette
from nas_core.places import shared_place
from ui import export_menu, figures, job_panel, links, parts, visitors, words
from ui.assets import ASSETS, ROOT, read
from ui.server import disk_limit, jobs, watches

MOVED = "Moved"  # the GROUP of pages that only lead on
HIDDEN = ("Operator", MOVED)  # the GROUPs of pages that stand in no menu
TIDY_EVERY = 600.0  # seconds
REST = 20.0  # seconds without much work, after which a server that has worked gives memory back
GROUNDS = ("#F3F5F8", "#1A212B")  # of light and dark pages: the harder of their two to write on

_SIGN = '<button><svg viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg></button>'
_CHAIN = (
    "M10 14a4.5 4.5 0 0 0 6.4 0l3-3a4.5 4.5 0 0 0-6.4-6.4l-1 1M14 10a4.5 4.5 0 0 0-6.4 0l-3 3a4.5 4.5 0 0 0 6.4 6.4l1-1"
)
_RAIL = "<button aria-expanded='true'></button>"
_SCREEN = "M3 4h18M5 4v11h14V4M12 15v2M8 21l4-4 4 4"
_head_tools = st.components.v2.component(
    "nas_head_tools",
    html=f"<div>{_SIGN.format(_CHAIN)}{_SIGN.format(_SCREEN)}<button></button></div>",
    css=read("head_tools.css"),
    js=read("present.js", "head_tools.js"),
)
_way_back = st.components.v2.component("nas_way_back", js=read("late_parts.js", "tab_focus.js", "way_back.js"))
_rail = st.components.v2.component("nas_rail", html=_RAIL, css=read("rail.css"), js=read("rail.js"))


@dataclass(frozen=True)
class Page:
    """A menu entry, read from the constants at the top of a page's file."""

    path: str
    title: str
    icon: str
    group: str
    about: str


@cache
def pages() -> tuple[Page, ...]:
    """The home page, then every file of pages/ in order."""
    files = [ROOT / "app.py", *sorted((ROOT / "pages").glob("[!_]*.py"))]
    return tuple(_page(file) for file in files)


def menu() -> list[Page]:
    """The pages for visitors."""
    return [page for page in pages() if page.group not in HIDDEN]


def _page(file: Path) -> Page:
    constants: dict[str, str] = {}
    module = ast.parse(file.read_text(encoding="utf-8"))  # a page is not run to build the menu
    for node in module.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        ):
            constants[node.targets[0].id] = str(node.value.value)
    missing = [name for name in ("TITLE", "ICON", "GROUP") if name not in constants]
    if missing:
        raise ValueError(f"{file.name} must set {', '.join(missing)} to a text at its top, for the menu")
    about = (ast.get_docstring(module) or "").partition("\n")[0]
    return Page(str(file.relative_to(ROOT)), constants["TITLE"], constants["ICON"], constants["GROUP"], about)


def frame(
    title: str,
    question: str,
    heading: Callable[[], str] = str,
    experiment_ids: Callable[[], Sequence[str]] = tuple,
) -> None:
    """Configure the page and draw the menu, the heading (by default the title) and the question the page answers.

    experiment_ids: gives the ids of the experiments that it shows, which may be somebody else's.
    """
    parts.begin()  # before Streamlit can break off what is drawn
    st.set_page_config(f"{title} · NAS Explorer", str(ASSETS / "icon.png"), layout="wide", initial_sidebar_state=256)
    st.html(f"<style>{read('style.css')}{_letters()}</style>")
    try:
        settings.current()
        trouble = places.trouble()
    except ValueError as error:
        trouble = f"the settings of this server cannot be used: {error}"
    if trouble:
        st.error(words.inert(words.sentence(trouble)), icon=":material/settings:")
        st.stop()  # before anything was drawn that could be left alive
    _boot()
    here = next((page.path for page in pages() if page.title == title), "")
    links.settle(here)
    visitors.visit(experiment_ids())
    with st.sidebar:
        _keep_the_way_back(here)  # first, because it has to be there before somebody leaves
        with st.container(key="sign", horizontal=True, vertical_alignment="center"):
            st.image(str(ASSETS / "logo.svg"), width=165)
            with st.container(width="content"):
                _rail(key="rail")
        group = ""
        for page in menu():
            if page.group != group:
                group = page.group
                st.caption(group)
            st.page_link(page.path, label=page.title, icon=page.icon)
        visitors.account()
        visitors.keep_key()
        _running()
    figures.begin(title)
    with st.container(key="head", horizontal=True, vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="stretch"):
            st.title(heading() or title, anchor=False, width="content")
            figures.here().place = st.empty()
        with st.container(horizontal=True, width="content", gap="small"):
            _buttons()
        st.markdown(f"<p class='question'>{question}</p>", unsafe_allow_html=True)


@cache
def _letters() -> str:
    """Style: letters in the colours of lines are read on light and dark pages, and dots that shine through are seen.

    A dot in a legend has an edge, which no other has.
    """
    colours = {colour for colour, _ in (*palette.STRATEGIES.values(), *palette.SEVERAL_OBJECTIVES.values())}
    rules, charts = [], ":is([data-testid=stEChartsChart], .stVegaLiteChart)"
    for colour in sorted({*palette.SERIES, *colours, palette.OPTIMUM, palette.SELECTED}):
        light, dark = (palette.legible(colour, ground) for ground in GROUNDS)
        dot = f"path[fill='{colour}' i]:is([opacity], [fill-opacity])"
        rules += [
            f":is({charts}, .stMarkdown) text[fill='{colour}' i] {{ fill: light-dark({light}, {dark}); }}\n",
            f"{charts} {dot} {{ fill: light-dark({colour}, {dark}); }}\n",
            f"{charts} {dot}[stroke='{colour}' i] {{ stroke: light-dark({colour}, {dark}); }}\n",
            f".st-key-gallery path[stroke='{colour}' i][stroke-opacity] {{ stroke: light-dark({colour}, {dark}); }}\n",
        ]
    return "".join(rules)


def _addresses() -> dict[str, str]:
    """{path of a page: its word in the address}; Home has none."""
    return {page.path: Path(page.path).stem.partition("_")[2] for page in pages()}


def _keep_the_way_back(here: str) -> None:
    """What the back button needs; and how this tab had left the other pages before this one was loaded anew."""
    addresses = _addresses()
    moved = [addresses[page.path] for page in pages() if page.group == MOVED]
    data = {"page": addresses.get(here, ""), "pages": [*addresses.values()]}
    data |= {"moved": moved, "choosers": links.CHOOSERS}
    before = _way_back(key="way back", data=data, on_left_change=lambda: None).get("left")
    if isinstance(before, dict):
        st.session_state[links.LEFT_BEFORE] = before


def _buttons() -> None:
    """What can be done with any page."""
    with st.container(width="content"):
        export_menu.button()
    with st.container(width=140):
        _head_tools(key="head tools", data={"pages": [*_addresses().values()]})


@st.cache_resource(show_spinner=False)
def _boot() -> bool:
    """Once per server: memory, log, and heavy imports, which no later garbage collection sees (docs/decisions/0007)."""
    import altair  # noqa: F401
    import pandas  # noqa: F401

    machine.share_memory()
    logs.start()
    threading.Thread(target=_keep_tidy, daemon=True, name="housekeeping").start()
    threading.Thread(target=_keep_small, daemon=True, name="memory").start()
    gc.collect()
    gc.freeze()
    return True


def _keep_tidy() -> None:
    """Look at the size of the data folder now and then, until the server ends."""
    while limit := disk_limit():
        try:
            housekeeping.tidy(shared_place(), limit)
        except (OSError, RuntimeError, ValueError) as error:  # what cannot be read now may be next time
            logs.note("tidying failed", logs.gravity(error), **logs.fault(error))
        time.sleep(TIDY_EVERY)


def _keep_small() -> None:
    """Give memory back each time the server rests after it has worked, until it ends."""
    before, worked = time.process_time(), False
    while True:
        time.sleep(REST)
        busy = time.process_time() - before > REST / 10
        if worked and not busy:
            machine.give_memory_back()
        worked, before = busy, time.process_time()


def _running() -> None:
    """Keeps this visitor's jobs alive while any page is open, and shows them."""
    going = [j for j in jobs().active() if watches(j.key)]

    @st.fragment(run_every=2.0 if going else None)
    def show() -> None:
        for job in going:
            if not job.over:
                job.touch(visitors.name())
                st.progress(job.share or 0.0, job_panel.progress_text(job))

    show()
