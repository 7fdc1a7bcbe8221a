"""Choosers bound to the link. Where the link asks for an option that does not exist, a sentence after the widget says
so, and the widget keeps its place (see ui/links.py). The link holds the options as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from itertools import groupby
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from nas_core import plugins
from nas_core.strategies import Strategy
from ui import links


def one(
    box: Any,
    label: str,
    key: str,
    options: Collection[str],
    help: str = "",
    note: Any = None,
    start: str = "",
    **more: Any,
) -> str:
    """A select box in `box` that begins with `start`, or the first; `more`: what else `st.selectbox` takes.

    note: the container for a sentence about the link, where it would be out of sight beside the box.
    """
    words, more = list(options), {"on_change": links.as_a_whole} | more
    with box.container():
        missing = _missing(key, words)
        index = words.index(start) if start else 0
        links.begin_with(key, words[index] if words else None)
        choice = st.selectbox(label, words, index, key=key, bind="query-params", help=help or None, **more)
        with note or nullcontext():
            _say(label, _still(key, missing, choice))
    return choice


def select(box: Any, label: str, key: str, titles: Mapping[str, str], what: str, help: str = "", **more: Any) -> str:
    """A select box of the names in `titles` {name: title}, shown by their titles; it begins with the first.

    The link holds the title, and may give the name. what: what is chosen, for a sentence if there is no such.
    """
    if len(set(titles.values())) < len(titles):
        titles = {name: name for name in titles}
    with box.container():
        missing = _missing(key, {*titles, *titles.values()})
        if key not in st.session_state and (request := st.query_params.get(key)) in titles:
            st.session_state[key] = request
        forget_lost(key, titles, next(iter(titles)))
        choice = st.selectbox(
            label,
            list(titles),
            key=key,
            bind="query-params",
            format_func=lambda name: titles.get(name, name),
            help=help or None,
            **{"on_change": links.as_a_whole} | more,
        )
        _refuse(what, _still(key, missing, choice))
    return choice


def some(box: Any, label: str, key: str, options: Collection[str], start: Sequence[str], help: str = "") -> list[str]:
    """A box for any number of `options`, in their own order; it begins with those of `start` that there are."""
    with box.container():
        missing, first = _missing(key, options), [s for s in start if s in options]
        links.begin_with(key, first)
        choice = st.multiselect(
            label,
            list(options),
            first,
            key=key,
            bind="query-params",
            help=help or None,
            on_change=links.as_a_whole,
        )
        _say(label, _still(key, missing, choice))
    return [option for option in options if option in choice]


def titled(
    box: Any,
    label: str,
    key: str,
    titles: Mapping[str, str],
    start: Sequence[str],
    entries: Mapping[str, str] | None = None,
    resolve: Callable[[str], str] | None = None,
    **more: Any,
) -> list[str]:
    """A box for any number of names, shown by their titles {name: title}; it begins with `start`.

    entries: what the menu says of a name that is not chosen, where that is more than its title. resolve: the name
    that people mean by a word that they type, or "": the menu does not hold what is chosen already. The link keeps the
    names, and may give titles: Streamlit's own binding would write what is shown there, so this is done by hand.
    """
    menu = {**titles, **(entries or {})}
    names = {word: name for name in titles for word in (menu[name], titles[name], name)}
    linked, missing = st.query_params.get_all(key), _missing(key, names)
    if key not in st.session_state:  # the visitor has come to this page just now
        st.session_state[key] = _first_words(key, linked, names, start)
    # a browser that has not heard of the last choice sends what the menu said before it
    words = list(st.session_state[key])
    matches = [names.get(word) or (resolve(word) if resolve else "") for word in words]
    st.session_state[key] = now = [name for name in dict.fromkeys(matches) if name in titles]
    with box.container():
        choice = st.multiselect(
            label,
            list(titles),
            key=key,
            format_func=lambda name: (titles if name in now else menu).get(name, name),
            accept_new_options=resolve is not None,
            select_all=False,  # it would stand first, and Enter would take all that hold the word
            **{"on_change": links.as_a_whole} | more,
        )
        _say(label, missing)
        for place, (word, name) in enumerate(zip(words, matches, strict=True)):
            if name in titles and name in matches[:place]:
                st.caption(f"“{word[:60]}” is {titles[name]}, which is chosen already.")
            elif resolve and not name:
                st.warning(
                    f"“{word[:60]}” is not the name of one of the {label.lower()}; look for it in the menu.",
                    icon=":material/search_off:",
                )
    st.session_state[f"{key} before"] = choice
    link = [] if choice == list(start) else choice or [""]  # an empty word: none, where nothing means `start`
    if link != linked:
        st.query_params[key] = link
    return choice


def _first_words(key: str, linked: Sequence[str], names: Collection[str], start: Sequence[str]) -> Sequence[str]:
    """What `titled` begins with: what the link says of `names`, else what was chosen before, else `start`."""
    if not linked:
        return st.session_state.get(f"{key} before", start)  # type: ignore[no-any-return]
    if linked == [""]:
        return []
    return [word for word in linked if word in names] or start


def by_family(classes: Mapping[str, type[Strategy]]) -> dict[str, type[Strategy]]:
    """The strategies in the order of menus: baselines first, then family by family."""
    order = sorted(classes, key=lambda name: (classes[name].family != "baseline", classes[name].family.lower(), name))
    return {name: classes[name] for name in order}


def strategies(
    box: Any, key: str, classes: Mapping[str, type[Strategy]], start: Sequence[str], label: str = "Strategies"
) -> list[str]:
    """A box for any number of strategies, found by title, alias or family; it begins with those of `start`."""
    titles = {name: strategy.title() for name, strategy in classes.items()}
    entries = {name: strategy.entry() for name, strategy in classes.items()}
    help = "".join(
        f"\n\n**{family}**\n\n" + "\n".join(f"* **{s.heading()}**: {s.summary()} {s.paper}" for s in members)
        for family, members in groupby(classes.values(), lambda strategy: strategy.family)
    )
    begin = [name for name in start if name in titles]
    return titled(box, label, key, titles, begin, entries, _strategy, help=help.strip(), filter_mode="contains")


def _strategy(text: str) -> str:
    """The name of the strategy that people mean by `text`; "" if there is none."""
    try:
        return plugins.resolve(Strategy, text).name
    except ValueError:
        return ""


def segments(
    box: Any,
    label: str,
    key: str,
    options: Sequence[str],
    what: str,
    help: str = "",
    note: Any = None,
    start: str = "",
    **more: Any,
) -> str:
    """A segmented control in `box` that begins with `start`, or the first. what: see `refused`; note: see `one`."""
    with note or nullcontext():
        refused(key, options, what)
    start, more = start or options[0], {"on_change": links.as_a_whole} | more
    forget_lost(key, options, start)
    links.begin_with(key, start)
    choice = box.segmented_control(
        label, options, default=start, key=key, bind="query-params", required=True, help=help or None, **more
    )
    return choice or start


def fold(label: str, key: str, icon: str) -> ExpanderContainer:
    """A box that folds; `open` of it says whether it is."""
    return st.expander(label, key=key, icon=icon, bind="query-params", on_change=links.as_a_whole)


def tab(titles: Sequence[str], key: str) -> tuple[str, DeltaGenerator]:
    """(title, place) of the tab that is open, which is the only one to be drawn."""
    tabs = st.tabs(titles, key=key, bind="query-params", on_change=links.as_a_whole)
    return next((pair for pair in zip(titles, tabs, strict=True) if pair[1].open), (titles[0], tabs[0]))


def forget_lost(key: str, options: Collection[str], start: str) -> None:
    """A widget whose choice is not there any more, as with another table, begins with `start`; before it is drawn."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = start  # which takes the choice out of the link, too


def refused(key: str, options: Collection[str], what: str) -> None:
    """One sentence if the link asks for a `what` that does not exist; the widget then takes its default."""
    _refuse(what, _still(key, _missing(key, options), st.session_state.get(key)))


def _refuse(what: str, missing: Sequence[str]) -> None:
    for word in missing:
        shortened = word if len(word) <= 60 else word[:57] + "…"
        links.complain(
            f"The link asks for the {what} “{shortened}”, which does not exist here; showing the default instead."
        )


def _missing(key: str, options: Collection[str]) -> list[str]:
    request = [] if key in st.session_state else st.query_params.get_all(key)
    return [word for word in request if word and word not in options]


def _still(key: str, missing: Sequence[str], choice: Any) -> Sequence[str]:
    """What is missing, for as long as the visitor leaves what was taken instead: a page may run again by itself.

    choice: None where the widget is yet to be drawn for the first time."""
    words, instead = st.session_state.get(f"{key} missing", ((), None))
    if missing or (words and instead is None):
        st.session_state[f"{key} missing"] = words, instead = missing or words, choice
    return words if choice == instead else ()


def _say(label: str, missing: Sequence[str]) -> None:
    for word in missing:
        asked = " ".join(word[:60].split())
        links.complain(f"The link sets “{label}” to “{asked}”, which does not exist here; it is ignored.")
