"""A background job as a visitor sees it: its place in the queue, its progress, the time left, a stop button."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nas_core.jobs import Job
from ui import links, parts, visitors
from ui.assets import read
from ui.server import jobs, watch
from ui.words import inert, plain, safe_sentence

TICK = 0.4  # seconds between two looks at a running job
COST = 0.06  # seconds between two looks for every visitor who looks at one: one process draws the pages of all
SHARE = 3.0  # of that, where a look takes long: all together, they take a third of a core
SLOWEST = 3.0

_ask_again = st.components.v2.component("nas_ask_again", js=read("ask_again.js"))
_looks = itertools.count()


@dataclass(frozen=True)
class Pause:
    """A button that lets a job end something first."""

    label: str
    after: Callable[[Any], bool]  # of the item with which that has ended
    help: str
    words: str  # once it was pressed


def follow(
    job: Job,
    draw: Callable[[Job], object] | None = None,
    every: float = TICK,
    how_far: Callable[[Job], str] | None = None,
    pause: Pause | None = None,
    part: str = "",
) -> None:
    """Draw the job until it is over, then run the whole page again; `draw` shows what it has yielded so far.

    Call it only for a job that is not over. `draw` must be quick and hold no widgets but charts. every: seconds between
    two looks, if few look at once. how_far: how far it is, in the words of the page, where what it yields are not the
    things that a visitor counts. pause: a button beside Stop. part: the key of the fragment around it, which alone is
    run again in the end; nothing else may need what the job yields, and there is no `draw`.
    """
    watch(job.key)
    seen, cost = -1, 0.0  # items that were drawn, and the seconds of work that took
    still = draw is None  # nothing new was there at the last look: then only the line above the picture is drawn again

    @st.fragment
    def look() -> None:
        job.touch(visitors.name())
        if job.over and not part:
            st.rerun()
        row = st.container(horizontal=True, vertical_alignment="center")
        stop = row.container(width="content", horizontal=True)  # a chart's own buttons cover the right end
        row.progress(job.share or 0.0, progress_text(job, how_far(job) if how_far else ""))
        if jobs().mine(job) and stop.button("Stop", icon=":material/stop_circle:", key=f"stop {job.key}"):
            say_if_others_watch(job)
            jobs().stop(job.key)
        if pause is not None and jobs().mine(job):
            if job.enough is None and stop.button(pause.label, key=f"pause {job.key}", help=pause.help):
                jobs().stop(job.key, pause.after)
            if job.enough is not None:
                st.caption(pause.words)
        if still:
            look_again(job.key, every, again=draw_anew)

    @st.fragment(key=f"picture {job.key}")
    def show() -> None:
        nonlocal seen, cost, still
        count, began = len(job.items), time.thread_time()
        seen, still = count, draw is None or count == seen
        look()
        if draw is not None:
            draw(job)
        cost = time.thread_time() - began
        if not still:
            look_again(job.key, every, cost=cost)

    def draw_anew() -> None:
        """The picture too, where there is something new to be seen; what comes after it, once the job is over."""
        if job.over:
            st.rerun(part or "app")
        if draw is not None and len(job.items) != seen:
            st.rerun(f"picture {job.key}")

    show()


def look_again(
    key: str,
    every: float,
    picture: str = "",
    message: Mapping[str, Any] | None = None,
    cost: float = 0.0,
    again: Callable[[], None] = lambda: None,
) -> None:
    """Run the fragment around it again after `every` seconds, or later where many visitors look.

    key: what is looked at, such as a job's. picture: the name of a component that draws the `message`, a small JSON
    object; where that says "over" the fragment is run again once it has been played, and then `played` is true. cost:
    seconds of work of one look; the more, the later. again: called before that, and may run another fragment instead.
    """
    pause = min(SLOWEST, max(every, max(COST, SHARE * cost) * jobs().watchers()))
    data = {"after": round(1000 * pause), "look": next(_looks), "to": picture, "message": message}
    _ask_again(key=f"look {key}", data=data, on_again_change=again)


def say_if_others_watch(job: Job) -> None:
    """Why it is not stopped, where others look at it."""
    if jobs().others(job):
        st.toast("Somebody else watches this too, so it goes on.", icon=":material/group:")


def press_button(label: str, begin: Callable[..., object], *args: Any, key: str, **looks: Any) -> None:
    """A button that calls `begin` with what the page asks for in the run after the click; `looks`: as of `st.button`.

    A callback would get what the form said when the button was drawn last, which is something else where a visitor
    types a number and presses at once.
    """
    st.button(label, key=key, on_click=_press, args=(key,), **looks)
    if st.session_state.get(links.PRESSED) == key:
        del st.session_state[links.PRESSED]
        if not looks.get("disabled"):
            begin(*args)
            st.rerun()


def _press(key: str) -> None:
    parts.begin()
    st.session_state[links.PRESSED] = key


def start_button(label: str, start: Callable[..., object], *args: Any, key: str) -> None:
    """The button that begins a job, or goes on with it."""
    press_button(label, start, *args, key=key, type="primary", icon=":material/play_arrow:")


def repeat_button(start: Callable[..., None], *args: Any) -> None:
    """The button that runs searches anew that are finished."""
    press_button(
        "Run all again",
        start,
        *args,
        key="repeat",
        icon=":material/restart_alt:",
        help="The same settings give the same results, so this changes nothing unless a run file is damaged or the "
        "code has changed. The old runs are set aside.",
    )


def played(job: Job) -> bool:
    """True if this visitor's picture of the job has come to its end."""
    return (st.session_state.get(f"look {job.key}") or {}).get("again") == "played"


def progress_text(job: Job, how_far: str = "") -> str:
    """One line: the job's title and what it is doing now; `how_far` stands for how much it has yielded."""
    place = jobs().position(job)
    if not how_far and job.total and job.total > 1 and (job.items or not place):
        how_far = f"{len(job.items)} of {job.total} done"
    if place:
        wait = jobs().wait(job)
        begins = f"begins in about {lasting(wait)}" if wait is not None and not job.items else ""
        goes_on = f"goes on in about {lasting(wait)}" if wait is not None and job.items else ""
        return ", ".join(filter(None, [f"{plain(job.title)}: place {place} in the queue", how_far, begins, goes_on]))
    left = f"about {lasting(job.seconds_left)} left" if job.seconds_left is not None else ""
    return ", ".join(filter(None, [f"{plain(job.title)}: running", how_far, left]))


def outcome(job: Job | None, stopped: str = "Stopped. Finished work is kept; continue to do the rest.") -> None:
    """One sentence on a job that ended badly or early, which `stopped` says of one that somebody stopped; nothing for
    any other."""
    if job is None or not job.over:
        return
    if job.state == "failed":
        st.error(safe_sentence(job.error), icon=":material/error:")
    elif job.state == "stopped":
        st.info(job.error or stopped, icon=":material/stop_circle:")


def lasting(seconds: float) -> str:
    """A length of time in words: "1 s", "40 s", "3 min", "2 h 5 min", "4 d 2 h"."""
    seconds = max(0, round(seconds))
    if seconds < 90:
        return f"{max(seconds, 1)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def failures(items: Mapping[str, str]) -> None:
    """One sentence for each kind of failure among {run id: problem}, with how many searches it struck."""
    for sentence in dict.fromkeys(items.values()):
        count = sum(1 for problem in items.values() if problem == sentence)
        st.error(
            inert(f"{count} of the searches failed: {sentence}" if count > 1 else f"One search failed: {sentence}")
        )
