"""The form of the Search page: what is searched, by which strategies, for how long; it makes the run specs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import streamlit as st

from nas_core import gallery, plugins, race, searches
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables.seeded import SeededTable
from nas_core.strategies import Strategy
from nas_core.studies import recorded
from nas_core.types import Objective, RunSpec, counted
from ui import (
    choices,
    fitness_box,
    limits_box,
    links,
    plugin_widgets,
    run_views,
    search_budget,
    search_templates,
    several_form,
    table_choice,
    warm_box,
)
from ui.search_plan import MOST_RUNS, MOST_TRIALS, SearchPlan, checked

DEFAULT = ("random_search", "regularized_evolution", "local_search")
RUNS = 25  # of each strategy
BUDGET = search_budget.BudgetForm(300)
OWN = "your own fitness"
KIND, NUMBER = 250, 160  # pixels, of the choice of a budget and of a number beside it


def plan() -> SearchPlan:
    """Draw the form; every widget is bound to the link."""
    templates = st.container()
    with st.container():
        boxes, note = st.columns([2, 2, 2, 1.2]), st.container()
        with note:
            table = table_choice.choose(boxes[0], boxes[1])
            aim = _aim(boxes[2], table)
        with templates:
            search_templates.draw(table)
        workers = links.number(
            boxes[3],
            "Workers",
            "workers",
            1,
            64,
            1,
            note,
            help="Trainings that run in parallel. A strategy then often asks before it has the latest results.",
        )
    several = aim == several_form.SEVERAL
    with st.container():
        objectives, own, problem = several_form.aims(table) if several else _aims(aim, table)
    with st.container():
        (left, middle, right), below = st.columns([3, 1.2, 1.2]), st.container()
        if several:
            entries = several_form.entries(left, right, table, objectives, own)
        else:
            names = choices.strategies(left, "strategies", _fitting(table), DEFAULT)
            entries = [(name, objectives) for name in names]
        classes = [plugins.get(Strategy, name) for name, _ in entries]
        limits, wrong = limits_box.draw(table, middle)
        source = warm_box.draw(right, below, table)
        _on_accuracy_only(objectives, classes)
    max_trials, max_seconds, seeds = _amount(table, several)
    params, table_params = _parameters(table, [name for name, _ in entries])
    table = run_views.benchmark(table.name, table.dataset, **table_params)
    refusal = problem or limits_box.unable(limits, classes)
    if not objectives or wrong or refusal:
        return SearchPlan(table, (), refusal)
    task = RunSpec(
        table.name, table.dataset, "", {}, table_params, objectives, limits, max_trials, max_seconds, workers
    )
    specs = tuple(
        replace(task, strategy=name, params=params[name], objectives=aims, seed=seed)
        for name, aims in entries
        for seed in seeds
    )
    if specs and not (specs := warm_box.with_results(specs, source, table, below)):
        return SearchPlan(table, ())
    most = (several_form.MOST_RUNS, several_form.MOST_TRIALS) if several else (MOST_RUNS, MOST_TRIALS)
    return replace(checked(table, specs, *most).refused(), own=own)


def _amount(table: Table, several: bool) -> tuple[int | None, float | None, range]:
    """(trainings, seconds, seeds) of each strategy."""
    with st.container():
        row, note = st.container(horizontal=True, vertical_alignment="bottom"), st.container()
        boxes = [row.container(width=pixels) for pixels in (KIND, NUMBER, NUMBER, NUMBER, NUMBER)]
        trials, seconds = search_budget.budget(boxes, note, table, several_form.BUDGET if several else BUDGET)
        count = ("front_runs", 50, several_form.RUNS) if several else ("runs", 100, RUNS)
        return trials, seconds, _seeds(boxes[3], boxes[4], note, *count)


def _parameters(table: Table, names: Sequence[str]) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """({strategy: its parameters}, those of the benchmark) that are not the default."""
    note = st.container()
    with choices.fold("Parameters of the strategies and of the benchmark", "parameters", ":material/tune:"):
        places = {name: st.container() for name in _every(table)}
        classes = plugins.find(Strategy)
        params = {name: plugin_widgets.described(places[name], classes[name], name, note) for name in names}
        with st.container(key=f"parameters of {table.name}"):
            st.markdown(f"**{table.heading()}**")
            table_params = plugin_widgets.draw(
                type(table), table.name, note, leave=_idle(table), choices={"search_epochs": _epochs(table)}
            )
    return params, table_params


@cache
def examples() -> frozenset[str]:
    """The keys of searches that begin by themselves: what the form asks for at first, and the answer on Home."""
    first = [
        RunSpec(*recorded.POCKET, name, max_trials=BUDGET.trainings, seed=seed)
        for name in DEFAULT
        for seed in range(RUNS)
    ]
    return frozenset(map(searches.key, (first, gallery.RACE)))


def _seeds(many: Any, start: Any, note: Any, key: str, most: int, usual: int) -> range:
    """The seeds of each strategy's runs: how many (`key` in the link), and from which on."""
    count = links.number(
        many,
        "Runs of each",
        key,
        1,
        most,
        usual,
        note,
        help="How often each strategy runs, each time with another seed. A single run says little.",
    )
    first = links.number(
        start,
        "First seed",
        "first_seed",
        0,
        10**6,
        0,
        note,
        help="The seed fixes all random choices: the same seed gives the same run.",
    )
    return range(first, first + count)


def _aim(box: Any, table: Table) -> str:
    """The title of a metric, OWN or `several_form.SEVERAL`."""
    titles = [table.metrics[name].title or name for name in table.searchable]
    options = list(dict.fromkeys([*titles, OWN, *[several_form.SEVERAL] * (len(titles) > 1)]))
    choices.refused("objective", options, "objective")
    return str(
        box.selectbox(
            "Search for the best",
            options,
            table.searchable.index(table.main),
            key="objective",
            bind="query-params",
            on_change=search_templates.show_it,
            help="What the strategies see and optimise. The last choices are a formula of your own, and several "
            "metrics in conflict, such as accuracy and size, whose best compromises are sought. Test accuracy is for "
            "reporting only. Of what a training changes they see the value after "
            f"{counted(table.search_epochs, 'epoch')}.",
        )
    )


def _aims(aim: str, table: Table) -> tuple[tuple[Objective, ...], None, str]:
    """(the one objective, None, ""), or ((), None, what there is to do; "" where an error has said it)."""
    if aim == OWN:
        objective, problem = _fitness(table)
        return (objective,) if objective else (), None, problem
    name = next(name for name in table.searchable if aim == (table.metrics[name].title or name))
    return (Objective(name, table.metrics[name].goal),), None, ""


def _fitness(table: Table) -> tuple[Objective | None, str]:
    """(what is maximised, ""), or (None, what there is to do; "" where an error has said it)."""
    expression, fine = fitness_box.draw(
        "fitness",
        table,
        lambda read: race.search_signal(table, read.text, "max").column,
        "Strategies see only its value, so all of them can search on it.",
    )
    if expression is not None:
        return Objective(expression.text), ""
    write = (
        f"Write a fitness for the strategies to maximise, for example {fitness_box.EXAMPLE}. It can use: "
        f"{', '.join(table.searchable)}."
    )
    return None, write if fine else ""


def _on_accuracy_only(objectives: tuple[Objective, ...], classes: Sequence[type[Strategy]]) -> None:
    """A sentence on strategies that train shared weights: these learn from images and read no objective."""
    names = [strategy.heading() for strategy in classes if strategy.trains_weights]
    if names and objectives != (Objective("val_acc"),):
        st.caption(
            f"{', '.join(names)}: trains shared weights on images and selects by accuracy alone; it ignores the "
            "objective above."
        )


def _every(table: Table) -> dict[str, type[Strategy]]:
    """The strategies that can search this space, the baseline first, then by family."""
    return choices.by_family({n: s for n, s in plugins.find(Strategy).items() if s.searches(table.space)})


def _fitting(table: Table) -> dict[str, type[Strategy]]:
    """Those for one objective."""
    return {name: s for name, s in _every(table).items() if s.family != "multi-objective"}


def _epochs(table: Table) -> list[int]:
    """The fidelities, the default first."""
    return [table.search_epochs, *(e for e in table.fidelities if e != table.search_epochs)]


def _idle(table: Table) -> tuple[str, ...]:
    """The parameters that change nothing on its dataset."""
    seeded = isinstance(table, SeededTable) and any(len(table.seeds_of(table.main, e)) > 1 for e in table.fidelities)
    return () if seeded else ("reward_seed",)


def link(specs: Sequence[RunSpec]) -> dict[str, Any]:
    """The query string with which the Search page asks for these runs; empty if one form cannot ask for all of them."""
    start = warm_box.link(specs)
    if start is None or not _fit_one_form(specs):
        return {}
    first = specs[0]
    try:
        table = run_views.benchmark(first.benchmark, first.dataset)
    except (ValueError, FileNotFoundError):  # no such table here
        return {}
    seeds = {spec.seed for spec in specs}
    aims = several_form.link(specs, table) if _several(specs) else _single_link(specs, table)
    if not aims:
        return {}
    out = {
        **table_choice.link(first.benchmark, first.dataset),
        **start,
        **aims,
        **({"limits": ", ".join(map(str, first.constraints))} if first.constraints else {}),
        "workers": first.workers,
        "edit": "false",  # the results come first
        "first_seed": min(seeds),
        **{f"{spec.strategy}.{k}": v for spec in specs for k, v in spec.params.items()},
        **{f"{first.benchmark}.{k}": v for k, v in first.benchmark_params.items()},
    }
    return {k: v if isinstance(v, list) else str(v) for k, v in out.items()}


def _several(specs: Sequence[RunSpec]) -> bool:
    return any(len(spec.objectives) > 1 for spec in specs)


def _single_link(specs: Sequence[RunSpec], table: Table) -> dict[str, Any]:
    return {
        **_objective_link(specs[0].objectives[0], table),
        "strategies": list(dict.fromkeys(spec.strategy for spec in specs)),
        "runs": len({spec.seed for spec in specs}),
        **search_budget.link(specs[0]),
    }


def _fit_one_form(specs: Sequence[RunSpec]) -> bool:
    """True if they differ in strategy and seed alone, and every strategy has all seeds from the first to the last."""
    alike = [replace(spec, objectives=specs[0].objectives) for spec in specs] if _several(specs) else specs
    tasks = {replace(spec, strategy="", params={}, seed=0, warm_start=()).id for spec in alike}
    if len(tasks) != 1:
        return False
    names, seeds = {spec.strategy for spec in specs}, [spec.seed for spec in specs]
    settings = {replace(spec, seed=0, warm_start=()).id for spec in specs}
    runs = {(spec.strategy, spec.seed) for spec in specs}
    return len(settings) == len(names) and len(runs) == len(names) * (max(seeds) + 1 - min(seeds))


def _objective_link(objective: Objective, table: Table) -> dict[str, str]:
    metric = table.metrics.get(objective.metric)
    if metric and metric.goal == objective.goal:
        return {"objective": metric.title or objective.metric}
    return {"objective": OWN, "fitness": objective.metric}
