"""What lies along a front: its members, what a step costs, how different they are, their ranks on other devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from nas_core.charts import CELL, fronts, palette
from nas_core.charts import diversity as charts
from nas_core.charts.fronts import EXACT, Looks
from nas_core.studies import devices, diversity
from nas_core.studies.fronts import FrontTask, dominating, neighbors, trade
from nas_core.types import Objective
from nas_core.values import capitalised
from ui import choices, downloads, figures, network_table, tables
from ui.selection import Selection
from ui.words import unbroken

MOST_BARS = 60


def table(task: FrontTask, pick: Selection) -> None:
    """The members of the exact front with the trade each step makes."""
    frame = fronts.front_frame(task, task.front)
    network_table.draw("members", frame, task.front, pick, 420, {})
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.csv(frame, f"front-{task.table.name}-{task.table.dataset}", "Front")
        st.caption(f"{EXACT.capitalize()}, best {task.title(0)} first. Tick a row to select it.")


def trades(task: FrontTask, pick: Selection) -> None:
    """What a step to each neighbour on the front costs and gains."""
    row = pick.row
    if not task.allowed[row]:
        st.info(f"This {task.table.space.noun} is outside the limits or lacks a number.")
        return
    better = dominating(task, row)
    if len(better):
        many = f"{len(better)} networks on the front dominate it, for example:"
        st.markdown(f"**Not on the front:** {many if len(better) > 1 else 'one network on the front dominates it:'}")
        _step(task, pick, int(better[0]))
        return
    knee = ", and its knee" if row == task.knee else ""
    st.markdown(f"**On the front{knee}:** nothing is better in one objective without being worse in another.")
    for other in neighbors(task, row):
        _step(task, pick, other)
    if row != task.knee:
        st.button(
            "Go to the knee",
            icon=":material/turn_right:",
            key="to knee",
            on_click=pick.go_to,
            args=(task.knee,),
            help="The knee lies farthest below the line between the ends of the front: beyond it either way, little is "
            "gained for much.",
        )


def _step(task: FrontTask, pick: Selection, end: int) -> None:
    """A button that goes to another network and says what that costs and gains."""
    words = trade(task, pick.row, end)
    st.button(
        unbroken(capitalised(words)),
        key=f"step {end}",
        icon=":material/arrow_forward:",
        width="stretch",
        on_click=pick.go_to,
        args=(end,),
        help=f"Go to {task.table.space.noun} {end}.",
    )


def objectives(
    task: FrontTask,
    looks: Looks,
    medians: Mapping[str, np.ndarray],
    selected: int | None,
    on_pick: Callable[[int], None],
) -> None:
    """Three or four objectives: parallel coordinates and every pair, where a click on a network calls `on_pick`."""
    lines = {EXACT: task.front, **medians}
    option = fronts.parallel(task, lines, {EXACT: (palette.OPTIMUM, (1, 0)), **looks}, selected)
    rows = {name: fronts.with_lines(task, front) for name, front in lines.items()}
    act = partial(_line_clicked, rows, on_pick)
    figures.echarts(option, key="parallel", height=400, alt="parallel coordinates of the front", on_select=act)
    st.caption(
        "A line is a network; on every axis better is up. Click one to select it, or a name above to hide or show its "
        "lines."
    )
    count = len(task.objectives)
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    boxes = st.container(key="two-a-row-pairs").columns(3)
    for k, (i, j) in enumerate(pairs):
        chart, key = fronts.pair(task, i, j, selected), f"pair {i} {j}"
        with boxes[k % 3]:
            click = partial(_clicked, key, on_pick)
            figures.altair(chart, key=key, alt=f"{task.title(i)} and {task.title(j)}", on_select=click)


def _line_clicked(rows: Mapping[str, list[int]], on_pick: Callable[[int], None]) -> None:
    for one in st.session_state["parallel"]["selection"]["selected"]:
        if (of_front := rows.get(one["series_name"])) and one["data_indices"]:
            on_pick(of_front[one["data_indices"][0]])
            return


def _clicked(key: str, on_pick: Callable[[int], None]) -> None:
    if points := st.session_state[key]["selection"].get(CELL):
        on_pick(int(points[0][CELL]))


def different(task: FrontTask, sets: Mapping[str, np.ndarray]) -> None:
    """Composition along a front, Hamming distances and groups; of the exact front or of a strategy's median run."""
    if len(sets) == 1:
        st.subheader("What the front is made of", anchor=False)
    name = choices.one(st, "Whose front", "whose", sets) if len(sets) > 1 else next(iter(sets))
    rows, space = sets[name], task.table.space
    if len(rows) < 2:
        st.info("This front has fewer than two networks, so there is nothing to compare.")
        return
    st.markdown(diversity.summary(space, rows))
    left, right = st.columns([3, 2], gap="large")
    with left:
        every = -(-len(rows) // MOST_BARS)
        note, visible = f" Every {every}th of {len(rows)} is shown." if every > 1 else "", rows[::every]
        figures.altair(charts.composition(space, visible), key="composition", alt="options along the front")
        st.caption(f"From the best {task.title(0)} on the left to the cheapest on the right.{note}")
    with right:
        figures.altair(charts.apart(space, rows, name), key="apart", alt="Hamming distances on the front")
    labels = diversity.groups(space, rows)
    names = [", ".join(str(r) for r in rows[labels == g]) for g in range(min(int(labels.max()) + 1, 8))]
    frame = pd.DataFrame(
        {"group": range(1, len(names) + 1), "networks": np.bincount(labels)[: len(names)], "which": names}
    )
    with choices.fold("Groups that single changes join", "front_groups", ":material/hub:"):
        tables.show(frame)


def no_devices() -> None:
    """What stands in the place of `across` where the table knows fewer than two devices."""
    st.subheader("The same networks on other devices", anchor=False)
    st.info("This table has latencies of one device at most; NATS-Bench has six.", icon=":material/devices:")
    st.page_link("pages/70_data.py", label="Get NATS-Bench on the Data page", icon=":material/database:")


def across(task: FrontTask, pick: Selection) -> None:
    """The front's members on every device whose latency the table knows, two at least."""
    names = devices.latencies(task.table)
    st.subheader("The same networks on other devices", anchor=False)
    words = [devices.device(n) for n in names]
    accuracy = task.objectives[0]
    first = choices.one(st, "Front for latency on", "front_device", words, "Accuracy against latency on this device.")
    front = _front_for(task, names[words.index(first)])
    order = [words.index(first), *(i for i in range(len(words)) if words[i] != first)]
    ranked = devices.ranks(task.table, [names[i] for i in order], front)
    left, right = st.columns([3, 2], gap="large")
    with left:
        figures.altair(charts.bump(front, ranked, [words[i] for i in order], pick.row), key="bump", alt="rank changes")
        st.caption(
            f"The {len(front)} networks on the front of {task.title(0)} and latency on {first}, ranked by latency on "
            "each device. Crossing lines are networks that swap ranks."
        )
    with right:
        overlap = devices.shared(task, accuracy, names)
        figures.altair(charts.agreement(overlap, words, "front for"), key="kept", alt="fronts in common")
        st.caption("Percent of the row's front that is also on the column's front.")
        tau = devices.agreement(task.table, names)
        off, others = tau[np.triu_indices(len(names), 1)], overlap[~np.eye(len(names), dtype=bool)]
        st.markdown(
            f"Over the whole space, the rankings of two devices agree with a Kendall's τ of {np.nanmin(off):.2f} to "
            f"{np.nanmax(off):.2f}; a front for one device keeps {np.nanmin(others):.0f} to {np.nanmax(others):.0f} % "
            "of its networks on another.",
            help="Kendall's τ is 1 for the same order, 0 for no relation and -1 for the opposite order.",
        )


def _front_for(task: FrontTask, latency: str) -> np.ndarray:
    pair = (task.objectives[0], Objective(latency, "min"))
    return replace(task, objectives=pair, worst=()).front
