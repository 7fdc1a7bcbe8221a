"""The part of the form of Search for several objectives: which they are, and who searches on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from nas_core import plugins, race
from nas_core.benchmarks import Table
from nas_core.fitness import Expression
from nas_core.strategies import Strategy
from nas_core.studies.fronts import MOST_OBJECTIVES
from nas_core.types import Objective, RunSpec
from ui import choices, fitness_box, front_form, search_budget
from ui.search_budget import BudgetForm

SEVERAL = "several objectives"
DEFAULT = ("random_search", "nsga2", "mo_regularized_evolution", "pareto_local_search")
RUNS = 10  # of each strategy
BUDGET = BudgetForm(200, 10, 2000, 50, "front_")
MOST_RUNS, MOST_TRIALS = 200, 60_000  # searches and trainings in one go
WORDS = {goal: words for words, goal in front_form.GOALS.items()}


def aims(table: Table) -> tuple[tuple[Objective, ...], Expression | None, str]:
    """(two to four objectives, a fitness beside them, ""), or ((), None, what is to be done; "" where that is said)."""
    names = {table.metrics[name].title or name: name for name in table.searchable}
    (left, middle, right), below = st.columns([4, 1.5, 3.5], vertical_alignment="bottom"), st.container()
    titles = choices.some(
        left,
        "Objectives",
        "aims",
        names,
        _start(table, names),
        "Two to four metrics in conflict. Strategies see validation accuracy, never test accuracy. Proxies can be "
        "chosen once all networks of the space are scored: python -m nas_core score.",
    )
    objectives = []
    with middle.popover("Goals", icon=":material/swap_vert:", width="stretch"):
        for title in titles:
            metric = table.metrics[names[title]]
            words = choices.one(st, title, f"aim.{names[title]}", list(WORDS.values()), start=WORDS[metric.goal])
            objectives.append(Objective(names[title], front_form.GOALS[words]))
    with right:
        own, fine = fitness_box.draw(
            "fitness",
            table,
            lambda read: race.search_signal(table, read.text, "max").column,
            "Lines of equal fitness are drawn on the map, and strategies for a single objective can search on it.",
            note=below,
        )
    if not 2 <= len(objectives) <= MOST_OBJECTIVES:
        return (), None, f"Choose two to {MOST_OBJECTIVES} objectives; {len(objectives)} are chosen."
    return (tuple(objectives), own, "") if fine else ((), None, "")


def _start(table: Table, names: Mapping[str, str]) -> list[str]:
    """The titles that a form begins with: the main metric and the size, or what there is; names: {title: metric}."""
    first = [title for title, name in names.items() if name in (table.main, "flops_m")]
    return first + [title for title in names if title not in first][: max(0, 2 - len(first))]


def entries(
    left: Any, right: Any, table: Table, objectives: tuple[Objective, ...], own: Expression | None
) -> list[tuple[str, tuple[Objective, ...]]]:
    """Draw who searches: (strategy, on which objectives), those on a single one too if there is a fitness."""
    several, single = kinds(table)
    searches = [(name, objectives) for name in choices.strategies(left, "front_strategies", several, DEFAULT)]
    if own is not None:
        names = choices.strategies(right, "fitness_strategies", single, (), "Also on your fitness")
        searches += [(name, (Objective(own.text),)) for name in names]
    return searches


def kinds(table: Table) -> tuple[dict[str, type[Strategy]], dict[str, type[Strategy]]]:
    """({strategies for several objectives}, {those for a single one}) that can search this space, in order of menus."""
    every = choices.by_family({n: s for n, s in plugins.find(Strategy).items() if s.searches(table.space)})
    several = {name: strategy for name, strategy in every.items() if strategy.many_objectives}
    return several, {n: s for n, s in every.items() if n not in several and not s.requires}


def link(specs: Sequence[RunSpec], table: Table) -> dict[str, Any]:
    """How the link of the page says what these searches search on and who they are; empty if it cannot."""
    several = [spec for spec in specs if len(spec.objectives) > 1]
    single = [spec for spec in specs if len(spec.objectives) == 1]
    objectives = several[0].objectives
    in_order = [name for name in table.searchable if name in {o.metric for o in objectives}]
    own, (many, one) = {spec.objectives[0] for spec in single}, kinds(table)
    if len({spec.objectives for spec in several}) > 1 or len(own) > 1 or any(o.goal != "max" for o in own):
        return {}
    if len(objectives) > MOST_OBJECTIVES or [o.metric for o in objectives] != in_order:
        return {}
    searching, on_own = (list(dict.fromkeys(s.strategy for s in group)) for group in (several, single))
    if not {*searching} <= many.keys() or not {*on_own} <= one.keys():
        return {}
    metrics = {o.metric: table.metrics[o.metric] for o in objectives}
    goals = {f"aim.{o.metric}": WORDS[o.goal] for o in objectives if o.goal != metrics[o.metric].goal}
    return {
        "objective": SEVERAL,
        "aims": [metric.title or name for name, metric in metrics.items()],
        **goals,
        **({"fitness": own.pop().metric} if own else {}),
        "front_strategies": searching,
        **({"fitness_strategies": on_own} if on_own else {}),
        "front_runs": len({spec.seed for spec in specs}),
        **search_budget.link(specs[0], BUDGET.prefix),
    }
