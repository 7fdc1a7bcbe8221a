"""The form of the page on evolution: what is varied, under which circumstances, what is held; it makes the plan."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nas_core import lab
from nas_core.benchmarks import Table
from nas_core.lab import FACTORS, Plan
from ui import links, table_choice

NOTHING = "nothing else"
PRESETS = {  # name: factor compared, its levels, factor of the circumstances, its levels, what is held elsewhere
    "Aging and errors": ("dies", ("oldest", "worst"), "noise", ("none", "frozen", "redrawn"), {}),
    "Aging and population": ("dies", ("oldest", "worst", "random"), "population", (5, 10, 20, 50), {}),
    "Population and tournament": ("population", (5, 10, 20, 50), "sample", (1, 3, 10), {}),
    "Size of frozen errors": ("dies", ("oldest", "worst"), "noise_size", (0.5, 1.0, 2.0, 4.0), {"noise": "frozen"}),
    "Mutation and tournament": ("mutation", ("uniform edge", "node then edge"), "sample", (1, 3, 10), {}),
    "Aging and training length": ("dies", ("oldest", "worst"), "epochs", (), {}),
}
MOST_SEEDS, MOST_TRIALS = 100, 300


def plan() -> Plan | str:
    """Draw the form, bound to the link; the plan, or one sentence on why there is none."""
    boxes = st.columns(2)
    table = table_choice.choose(*boxes)
    presets = st.container(horizontal=True, vertical_alignment="center")
    presets.markdown("Try:")
    for name in PRESETS:
        presets.button(name, key=f"preset {name}", on_click=_take, args=(name, table), type="tertiary")
    left, right = st.columns(2, gap="large")
    with left:
        compare = _factor("Compare", "compare", list(FACTORS), "dies")
        levels = _levels("Its levels", "levels", compare, table, PRESETS["Aging and errors"][1])
    with right:
        others = [NOTHING, *(name for name in FACTORS if name != compare)]
        under = _factor("Under different", "under", others, "noise" if compare != "noise" else "dies")
        circumstances: tuple = ()
        if under != NOTHING:
            circumstances = _levels("Its levels", "circumstances", under, table, PRESETS["Aging and errors"][3])
    with st.expander("What is held still", icon=":material/tune:"):
        held, seeds, trials = _held(compare, under, table)
    try:
        return Plan(
            table.name, table.dataset, compare, levels, "" if under == NOTHING else under, circumstances, held, seeds,
            trials,
        )  # fmt: skip
    except ValueError as error:
        return f"{str(error)[:1].upper()}{str(error)[1:]}."


def _take(name: str, table: Table) -> None:
    """Set the form to a preset; only in a callback."""
    compare, levels, under, circumstances, held = PRESETS[name]
    state = st.session_state
    state["compare"], state["under"] = compare, under
    state[f"levels.{compare}"] = [str(level) for level in levels]
    state[f"circumstances.{under}"] = [str(level) for level in circumstances or _some_epochs(table)]
    for factor in FACTORS:
        if factor not in (compare, under):
            state[f"held.{factor}"] = str(held.get(factor, lab.start(factor, table)))


def _some_epochs(table: Table) -> list[int]:
    """The shortest training, the one a search usually sees, and the full one."""
    known = table.fidelities
    return sorted({known[0], table.search_epochs, known[-1]})


def _factor(label: str, key: str, options: list[str], default: str) -> str:
    table_choice.refused(key, options, "factor")
    if st.session_state.get(key) not in (None, *options):
        del st.session_state[key]
    return st.selectbox(
        label, options, options.index(default), key=key, bind="query-params",
        format_func=lambda n: FACTORS[n].title if n in FACTORS else n.capitalize(),
        help="\n\n".join(f"**{f.title}**: {f.help}" for f in FACTORS.values()),
    )  # fmt: skip


def _levels(label: str, key: str, factor: str, table: Table, default: tuple) -> tuple[Any, ...]:
    """The chosen levels of `factor`, in the order of its own list; each factor remembers its own."""
    known = list(lab.levels(factor, table))
    start = [level for level in default if level in known] or (_some_epochs(table) if factor == "epochs" else known[:3])
    words = {str(level): level for level in known}
    chosen = st.multiselect(
        label, list(words), [str(level) for level in start], key=f"{key}.{factor}", bind="query-params",
        help=FACTORS[factor].help,
    )  # fmt: skip
    return tuple(level for word, level in words.items() if word in chosen)


def _held(compare: str, under: str, table: Table) -> tuple[dict[str, Any], int, int]:
    """(levels of the other factors where they differ from their start, seeds, trials)."""
    boxes = st.columns(4)
    held = {}
    others = [name for name in FACTORS if name not in (compare, under)]
    for i, name in enumerate(others):
        known = list(lab.levels(name, table))
        words, start = [str(level) for level in known], lab.start(name, table)
        table_choice.refused(f"held.{name}", words, "level")
        box = boxes[i % 4]
        said = box.selectbox(
            FACTORS[name].title, words, known.index(start), key=f"held.{name}", bind="query-params",
            help=FACTORS[name].help,
        )  # fmt: skip
        level = known[words.index(said)]
        if level != start:
            held[name] = level
    seeds = links.number(
        boxes[2], "Searches of each", "seeds", 5, MOST_SEEDS, MOST_SEEDS, step=5,
        help="How often each setting is repeated, each time with another seed. The more, the smaller the intervals.",
    )  # fmt: skip
    trials = links.number(
        boxes[3], "Trainings", "trials", 20, MOST_TRIALS, MOST_TRIALS, step=20,
        help="How many networks each search may train. The result can be read at any number up to this one.",
    )  # fmt: skip
    return held, seeds, trials
