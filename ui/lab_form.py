"""The form of the page on evolution: what is varied, under which circumstances, what is held; it makes the plan."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nas_core.benchmarks import Table
from nas_core.studies import lab
from nas_core.studies.lab import FACTORS, LabPlan
from ui import choices, links
from ui.words import sentence

NOTHING = "Nothing else"
PRESETS = {  # name: factor compared, its levels, factor of the circumstances, its levels, what is held elsewhere
    "Aging and errors": ("dies", ("oldest", "worst"), "noise", ("none", "frozen", "redrawn"), {}),
    "Aging and population": ("dies", ("oldest", "worst", "random"), "population", (5, 10, 20, 50), {}),
    "Population and tournament": ("population", (5, 10, 20, 50), "sample", (1, 3, 10), {}),
    "Size of frozen errors": ("dies", ("oldest", "worst"), "noise_size", (0.5, 1.0, 2.0, 4.0), {"noise": "frozen"}),
    "Mutation and tournament": ("mutation", ("uniform edge", "node then edge"), "sample", (1, 3, 10), {}),
    "Aging and training length": ("dies", ("oldest", "worst"), "epochs", (), {}),
}
COMPARE, LEVELS, UNDER, CIRCUMSTANCES, _ = PRESETS["Aging and errors"]  # where the form starts
MOST_SEEDS, MOST_TRIALS = 100, 300
TITLES = {factor.title: name for name, factor in FACTORS.items()}
HELP = "\n\n".join(f"**{f.title}**: {f.help}" for f in FACTORS.values())


def plan(table: Table) -> LabPlan | str:
    """Draw the form, bound to the link; the plan, or one sentence on why there is none."""
    presets = st.container(horizontal=True, vertical_alignment="center")
    presets.markdown("Try:")
    for name in PRESETS:
        presets.button(name, key=f"preset {name}", on_click=_take, args=(name, table), type="tertiary")
    left, right = st.columns(2, gap="large")
    compare = TITLES[choices.one(left, "Compare", "factor", TITLES, HELP, start=FACTORS[COMPARE].title)]
    levels = _levels(left, "levels", compare, table, LEVELS)
    under = _under(right, compare)
    circumstances = _levels(right, "circumstances", under, table, CIRCUMSTANCES)
    note = st.container()
    with choices.fold("What stays the same", "lab_same", ":material/tune:"):
        fixed = _fixed((compare, under), table, note)
        boxes = st.columns(4)
        seeds = links.number(
            boxes[0],
            "Runs of each",
            "lab_seeds",
            5,
            MOST_SEEDS,
            MOST_SEEDS,
            note,
            step=5,
            help="How often each setting runs, each time with another seed. The more, the smaller the intervals.",
        )
        trials = links.number(
            boxes[1],
            "Trainings",
            "lab_trials",
            20,
            MOST_TRIALS,
            MOST_TRIALS,
            note,
            step=20,
            help="How many networks each search may train. Results can be compared after any smaller number too.",
        )
    try:
        lab.check(table)
        return LabPlan(table.name, table.dataset, compare, levels, under, circumstances, fixed, seeds, trials)
    except ValueError as error:
        return sentence(error)


def _take(name: str, table: Table) -> None:
    """Set the form to a preset; a callback."""
    compare, levels, under, circumstances, fixed = PRESETS[name]
    others = [factor for factor in FACTORS if factor not in (compare, under)]
    links.put(
        {
            "factor": FACTORS[compare].title,
            "under": FACTORS[under].title,
            f"levels.{compare}": [str(level) for level in levels],
            f"circumstances.{under}": [str(level) for level in circumstances or _some_epochs(table)],
            **{f"held.{factor}": str(fixed.get(factor, lab.start(factor, table))) for factor in others},
        }
    )


def _some_epochs(table: Table) -> list[int]:
    """The shortest training, the one a search usually sees, and the full one."""
    lengths = table.fidelities
    return sorted({lengths[0], table.search_epochs, lengths[-1]})


def _under(box: Any, compare: str) -> str:
    """The factor of the circumstances, "" for none; never the compared one."""
    options = [NOTHING, *(title for title, name in TITLES.items() if name != compare)]
    if st.session_state.get("under", NOTHING) not in options:
        st.session_state["under"] = NOTHING
    start = FACTORS[UNDER if compare != UNDER else COMPARE].title
    return TITLES.get(choices.one(box, "Under different", "under", options, HELP, start=start), "")


def _levels(box: Any, key: str, factor: str, table: Table, start: tuple) -> tuple[Any, ...]:
    """The chosen levels of `factor`, in the order of its own list; each factor has a place and a memory of its own."""
    places = {name: box.container() for name in FACTORS}
    if not factor:
        return ()
    by_word = {str(level): level for level in lab.levels(factor, table)}
    words = [str(level) for level in start if level in by_word.values()]
    words = words or [str(e) for e in _some_epochs(table)] if factor == "epochs" else words or list(by_word)[:3]
    choice = choices.some(places[factor], "Its levels", f"{key}.{factor}", by_word, words, FACTORS[factor].help)
    return tuple(by_word[word] for word in choice)


def _fixed(varied: tuple[str, str], table: Table, note: Any) -> dict[str, Any]:
    """Levels of the other factors, where they differ from their start."""
    boxes, fixed = st.columns(4), {}
    for i, (name, factor) in enumerate(FACTORS.items()):
        place = boxes[i % 4].container()
        if name in varied:
            continue
        levels, start = {str(level): level for level in lab.levels(name, table)}, lab.start(name, table)
        level = levels[choices.one(place, factor.title, f"held.{name}", levels, factor.help, note, str(start))]
        if level != start:
            fixed[name] = level
    return fixed
