"""What a link asks of a page: nonsense in it is answered with one sentence, and the default is taken.

A widget bound to the link must keep its place among its neighbours from run to run: the browser forgets the binding of
one that moves. So every sentence comes after its widget, and what may be absent has a container of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import PurePath
from typing import Any
from urllib.parse import parse_qs

import streamlit as st
from streamlit.errors import StreamlitAPIException

from nas_core import benchmarks, datasets, plugins, strategies
from nas_core.benchmarks import Benchmark
from ui import parts
from ui.words import safe_sentence

LONGEST = 10_000  # characters of a link that a browser has kept
PUT = "to be put"  # in the session: values that widgets are to take
PRESSED = "pressed"  # in the session: the key of a button that was pressed and has not been drawn since
BEGUN = "what widgets begin with"  # in the session: {key: value}
LEFT_BEFORE = (
    "links of pages that were left in another session"  # in the session: {the page's word in the address: its link}
)
LEFT = "links of pages that were left"  # in the session: {page: its parameters that no widget holds}
BY_HAND = (  # these
    *("race", "id", "edit", "of_experiment", "point", "scored_network", "predicted_network"),
    *("region", "zoom", "front_region", "front_zoom", "searched_region", "searched_zoom"),
)
_place: ContextVar[Any] = ContextVar("place", default=None)  # of all sentences about the link, where there is one
TRAVEL = ("benchmark", "dataset", "cell")  # what goes from page to page; every other name belongs to one page
CHOOSERS = ("view", "tab", "front_tab", "list", "source", "net_on", "ranking_of")  # each choice: a step of the history
RENAMED = {  # {page: {a parameter of older links: what it is called now}}
    "pages/15_train.py": {"benchmark": "trained_as", "dataset": "trained_on", "what": "curve_of"},
    "pages/45_proxies.py": {"of": "proxy"},
    "pages/50_predictors.py": {"once": "distinct", "after": "learned", "of": "predictor"},
    "pages/55_supernet.py": {"seed": "net_seed", "at": "net_epoch"},
    "pages/60_why_evolution.py": {"compare": "factor", "seeds": "lab_seeds", "trials": "lab_trials", "at": "lab_at"},
    "pages/80_reproduce.py": {"dataset": "published", "runs": "repeats"},
}
SIZE = " and size"  # how Your task called a second objective
PREFIXED = {"pages/55_supernet.py": "net"}  # the same of parameters of strategies


def put(values: Mapping[str, Any]) -> None:
    """Set the widgets of these keys in the next run, those too that it draws for the first time; the link follows."""
    parts.begin()
    st.session_state[PUT] = dict(values)


def settle(page: str) -> None:
    """Carry out `put`, and give an old link the words of today; to be called before any widget of `page` is drawn."""
    _come_back(page)
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    now = {_now(page, name): values for name, values in link.items()} | _titles(link) | _objectives(link)
    if now != link and not now.keys() & st.session_state.keys():  # what a widget holds is no longer the link's
        st.switch_page(page, query_params=now)
    for key, value in st.session_state.pop(PUT, {}).items():
        st.session_state[key] = value
        with suppress(StreamlitAPIException):  # a widget that was drawn before writes the link itself, and refuses help
            st.query_params[key] = value if isinstance(value, list) else _word(value)


def _come_back(page: str) -> None:
    """Who comes from another page by the menu finds what no widget holds as it was left."""
    left = st.session_state.setdefault(LEFT, {})
    if st.session_state.get("page") != page:
        st.session_state.pop(PRESSED, None)
        if not st.query_params.to_dict():
            st.query_params.update(left.get(page, {}))
            if page not in left and (before := _left_before(page)):
                st.switch_page(page, query_params=before)
    st.session_state["page"] = page
    left[page] = {name: st.query_params.get_all(name) for name in BY_HAND if name in st.query_params}


def _left_before(page: str) -> dict[str, list[str]]:
    """The link of `page` as its visitor left it in the session before this one."""
    query = str(st.session_state.get(LEFT_BEFORE, {}).pop(PurePath(page).stem.partition("_")[2], ""))
    if len(query) > LONGEST:
        return {}
    return {n: v for n, v in parse_qs(query.removeprefix("?")).items() if n not in TRAVEL or n not in st.session_state}


def write(name: str, text: str | None) -> None:
    """Put one of BY_HAND into the link, or take it out for None; also where no more than a part of the page runs."""
    left = st.session_state.setdefault(LEFT, {}).setdefault(st.session_state.get("page"), {})
    if text is None:
        st.query_params.pop(name, None)
        left.pop(name, None)
    else:
        st.query_params[name] = text
        left[name] = [text]


def forget(value: str) -> None:
    """What the links of other pages name by `value` is not here any more."""
    for query in st.session_state.get(LEFT, {}).values():
        for name, values in query.items():
            query[name] = [v for v in values if v != value]


def _now(page: str, name: str) -> str:
    """What a parameter of the link to `page` is called now."""
    if page in PREFIXED and name.partition(".")[0] in strategies.names():
        return f"{PREFIXED[page]}.{name}"
    return RENAMED.get(page, {}).get(name, name)


def _titles(link: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The benchmark and dataset of a link by their titles, as the choosers write them, where it has identifiers."""
    tables: dict[str, type[Benchmark]] = plugins.find(Benchmark)  # type: ignore[type-abstract]
    headings = {plugin.heading(): plugin for plugin in tables.values()}
    word = link.get("benchmark", [benchmarks.DEFAULT])[0]
    plugin = tables.get(word) or headings.get(word)
    if plugin is None or len(headings) < len(tables):
        return {}
    dataset = {d: [datasets.title(d, plugin.dataset_titles)] for d in plugin.datasets}
    out = {"benchmark": [plugin.heading()], "dataset": dataset.get(link.get("dataset", [""])[0], link.get("dataset"))}
    return {name: value for name, value in out.items() if name in link and value}


def _objectives(link: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The two objectives of a link that has them in one word, as in "accuracy and size"."""
    aim = link.get("task_aim", [""])[0]
    return {"task_aim": [aim.removesuffix(SIZE)], "task_also": ["parameters"]} if aim.endswith(SIZE) else {}


def _word(value: Any) -> str:
    """As a widget writes it into the link."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def begin_with(key: str, start: Any) -> None:
    """Before a widget is drawn that begins with `start`: one that nobody has set goes along where that has changed, as
    with another table. The link does not hold it, and would show something else to who opens it."""
    known = st.session_state.setdefault(BEGUN, {})
    if known.get(key, start) != start and st.session_state.get(key) == known[key] and key not in st.query_params:
        st.session_state[key] = start
    known[key] = start


def as_a_whole() -> None:
    """The callback of a widget that the whole page follows: a map that says something in the same message or in the
    next, and asks for a few parts only, then does not keep the page from being drawn."""
    parts.begin()


def number(
    box: Any, label: str, key: str, low: float, high: float, default: float, note: Any = None, **more: Any
) -> Any:
    """A number input in `box`, bound to `key` in the link; a whole number if `default` is one.

    note: the container for a sentence about the link, where the box is too narrow for it.
    """
    return _bound(box.number_input, note or box, label, key, low, high, default, more)


def slider(box: Any, label: str, key: str, low: float, high: float, start: float, **more: Any) -> Any:
    """A slider in `box`, bound to `key` in the link; one that stands beyond an end that has moved goes there."""
    if st.session_state.get(key, low) > high:
        st.session_state[key] = high
    return _bound(box.slider, box, label, key, low, high, start, more)


def _bound(draw: Any, note: Any, label: str, key: str, low: float, high: float, start: float, more: Any) -> Any:
    """What a widget of numbers says that `draw` draws; `note` takes a sentence about the link."""
    sentence = refused_number(label, key, low, high, start)
    begin_with(key, start)
    value = draw(label, low, high, start, key=key, bind=binding(key), **{"on_change": as_a_whole} | more)
    if sentence:
        complain(sentence, note)
    return value


@contextmanager
def complaints(place: Any) -> Iterator[None]:
    """While this lasts, sentences about the link go to the container `place`, since widgets may be out of sight."""
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


def complain(sentence: str, box: Any = st) -> None:
    """Say in `box`, or in the container of `complaints`, what is wrong with the link."""
    (_place.get() or box).warning(safe_sentence(sentence), icon=":material/link_off:")


def binding(key: str) -> Any:
    """How a number widget is bound to the link: not at all while that says inf or nan, at which Streamlit fails."""
    try:
        if math.isfinite(float(st.query_params.get(key, 0))):
            return "query-params"
    except ValueError:
        return "query-params"
    if key in st.session_state:  # the widget is there, with its default: forget what the link said
        del st.query_params[key]
    return None


def refused_number(label: str, key: str, low: float, high: float, default: float) -> str:
    """A sentence if the link asks for a number that is not allowed, else ""; ask before the widget is drawn."""
    whole = isinstance(default, int)
    text = st.query_params.get(key)
    if text is None or key in st.session_state or _allowed(text, low, high, whole):
        return ""
    kind = "whole number" if whole else "number"
    return (
        f"The link sets “{label}” to “{' '.join(text[:40].split())}”; it must be a {kind} from {low:,} to {high:,}. "
        f"{default:,} is used."
    )


def _allowed(text: str, low: float, high: float, whole: bool) -> bool:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        return False
    return math.isfinite(value) and low <= value <= high
