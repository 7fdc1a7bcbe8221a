"""Addresses of the exact front, and of the searches for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core import benchmarks, plugins, strategies
from nas_core.benchmarks import Benchmark
from nas_core.fitness import Expression
from nas_core.studies.fronts import FrontTask
from ui import links, run_views, several_form, table_choice

EXPLORE, VIEW = "pages/10_explore.py", "Pareto front"  # where the exact front is
SEARCHES = "pages/20_search.py"  # where networks are searched for on several objectives
NAMES = (  # what the view has in the link; what begins with one of BEGINNINGS too
    *("objectives", "judged", "also", "space", "front_device", "front_groups"),
    *("front_x", "front_y", "front_colour", "front_fitness", "front_region", "front_zoom"),
)
BEGINNINGS = ("goal.", "limit.")
OLDER = {  # names of the page Pareto: {the first: the later}
    **{
        name: f"front_{name}"
        for name in ("x", "y", "colour", "fitness", "region", "zoom", "device", "strategies", "runs", "trials", "after")
    },
    "single": "fitness_strategies",
}
SEARCHED = ("front_strategies", "front_runs", "front_trials", "front_after", "fitness_strategies")  # as on Search
RENAMED = {  # {on Pareto: on Search}
    "objectives": "aims",
    "judged": "measured",
    "space": "searched_space",
    "front_x": "searched_x",
    "front_y": "searched_y",
    "front_fitness": "fitness",
}


def searches(task: FrontTask, own: Expression | None = None) -> dict[str, str | list[str]]:
    """The query string of SEARCHES for searches on the objectives of `task` within its limits, and on `own`."""
    metrics = {o.metric: task.table.metrics[o.metric] for o in task.objectives}
    goals = {o.metric: o.goal for o in task.objectives if o.goal != metrics[o.metric].goal}
    query: dict[str, str | list[str]] = {**table_choice.link(task.table.name, task.table.dataset)}
    query |= {"objective": several_form.SEVERAL, "aims": [metric.title or name for name, metric in metrics.items()]}
    query |= {f"aim.{name}": several_form.WORDS[goal] for name, goal in goals.items()}
    if task.constraints:
        query["limits"] = ",".join(map(str, task.constraints))
    return query | ({"fitness": own.text} if own is not None else {})


def successor(link: Mapping[str, Sequence[str]]) -> tuple[str, dict[str, list[str]]]:
    """(the page, its query) of a link to the page Pareto, which was about fronts and searches."""
    now = {OLDER.get(name, name): list(values) for name, values in link.items()}
    searching = {*now} & {*SEARCHED} or any(_of_strategy(name) for name in now)
    return (SEARCHES, _searched(now)) if searching else (EXPLORE, _front(now))


def _front(now: Mapping[str, list[str]]) -> dict[str, list[str]]:
    query = {n: v for n, v in now.items() if n in (*links.TRAVEL, *NAMES) or n.startswith(BEGINNINGS)}
    return query | {"view": [VIEW]}


def _searched(now: Mapping[str, list[str]]) -> dict[str, list[str]]:
    out = {"objective": [several_form.SEVERAL], "edit": ["false"]}
    limits = []
    for name, values in now.items():
        kind, _, rest = name.partition(".")
        if name in links.TRAVEL or name in SEARCHED or name in ("whose", "whole"):
            out[name] = values
        elif name in RENAMED:
            out[RENAMED[name]] = values
        elif name.startswith("goal."):
            out[f"aim.{rest}"] = values
        elif name.startswith("reference."):
            out[f"measured_from.{rest}"] = values
        elif name.startswith("limit.") and (sign := _sign(now, rest)):
            limits.append(f"{rest}{sign}{values[0]}")
        elif _of_strategy(name):
            out[rest if kind == "front" else name] = values
    return out | ({"limits": [", ".join(limits)]} if limits else {})


def _of_strategy(name: str) -> bool:
    """Whether it is a parameter of a strategy, with the prefix that they had on that page or without."""
    return name.removeprefix("front.").partition(".")[0] in strategies.names()


def _sign(now: Mapping[str, list[str]], metric: str) -> str:
    """Which side of its limit a metric had to keep, by its goal; "" if the link is of a table that is not here."""
    address = {name: now.get(name, [""])[0] for name in ("benchmark", "dataset")}
    for name, plugin in plugins.find(Benchmark).items():  # type: ignore[type-abstract]
        if address["benchmark"] in (name, plugin.heading()) or (
            not address["benchmark"] and name == benchmarks.DEFAULT
        ):
            names = (d for d in plugin.datasets if address["dataset"] in (d, table_choice.link(name, d)["dataset"]))
            try:
                about = run_views.benchmark(name, next(names, plugin.datasets[0])).metrics.get(metric)
            except (ValueError, RuntimeError, FileNotFoundError):
                return ""
            return {"max": ">=", "min": "<="}[about.goal] if about else ""
    return ""
