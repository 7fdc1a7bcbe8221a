"""The moment at which the fronts of searches are shown: a slider, which the link keeps, and a film that moves it."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from nas_core.race import POINTS
from nas_core.studies.front_clock import Clock
from ui import links, parts

AFTER = "front_after"  # in the link: the moment that the slider says, trainings or seconds
PLAYING = "fronts playing"  # in the session
STEPS = 24  # in which the growing fronts are played


def now(clock: Clock) -> int:
    """The moment at which fronts are shown: what the slider says, or will say by the link; else the last."""
    text = str(st.session_state.get(AFTER, st.query_params.get(AFTER, clock.last)))
    return min(int(text), clock.last) if text.isdecimal() and 0 < len(text) < 11 and int(text) else clock.last


def show_the_end() -> None:
    """Fronts are shown as they were at last, whatever the slider said."""
    st.session_state.pop(AFTER, None)
    with suppress(StreamlitAPIException):  # the link of a widget that is on the page follows by itself
        st.query_params.pop(AFTER, None)


def playing() -> bool:
    """Whether the film plays."""
    return bool(st.session_state.get(PLAYING))


def step(clock: Clock, moving: bool) -> None:
    """While the film plays, go on to its next moment; `moving`: whether the part that asks has a pace."""
    if not playing() or not clock.last:
        return
    if not moving:
        st.rerun()  # the button ran this part alone; only the whole page gives it a pace
    st.session_state[AFTER] = min(now(clock) + max(clock.last // STEPS, 1), clock.last)
    if st.session_state[AFTER] == clock.last:
        st.session_state[PLAYING] = False
        st.rerun()


def slider(clock: Clock, marks: str) -> None:
    """The slider and the button of the film; `marks`: the part of the map that follows them."""
    box, button = st.columns([3, 1.2], vertical_alignment="bottom")
    links.slider(
        box,
        clock.title.capitalize(),
        AFTER,
        1,
        clock.last,
        clock.last,
        step=max(round(clock.last / POINTS), 1) if clock.by_time else 1,
        on_change=lambda: parts.again(marks, "front verdict", "front gaps", "front tab"),
        help="The front of each strategy's median run, and the verdict, at this moment.",
    )
    button.button("Play", icon=":material/play_circle:", key="play", on_click=_play, width="stretch")


def _play() -> None:
    """Let the fronts grow from the start; only in a callback."""
    parts.begin()
    st.session_state[AFTER], st.session_state[PLAYING] = 1, True
