"""Addresses of the exact front, and of the searches for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.fitness import Expression
from nas_core.studies.fronts import FrontTask
from ui import links, several_form, table_choice

VIEW = "Pareto front"  # of Explore
SEARCHES = "pages/20_search.py"  # where networks are searched for on several objectives
NAMES = (  # what the view has in the link; what begins with one of BEGINNINGS too
    *("objectives", "judged", "also", "space", "whose", "front_device"),
    *("front_x", "front_y", "front_colour", "front_fitness", "front_region", "front_zoom"),
)
BEGINNINGS = ("goal.", "limit.")
OLDER = {name: f"front_{name}" for name in ("x", "y", "colour", "fitness", "region", "zoom", "device")}  # before that


def searches(task: FrontTask, own: Expression | None = None) -> dict[str, str | list[str]]:
    """The query string of SEARCHES for searches on the objectives of `task` within its limits, and on `own`."""
    metrics = {o.metric: task.table.metrics[o.metric] for o in task.objectives}
    goals = {o.metric: o.goal for o in task.objectives if o.goal != metrics[o.metric].goal}
    asked: dict[str, str | list[str]] = {**table_choice.link(task.table.name, task.table.dataset)}
    asked |= {"objective": several_form.SEVERAL, "aims": [metric.title or name for name, metric in metrics.items()]}
    asked |= {f"aim.{name}": several_form.WORDS[goal] for name, goal in goals.items()}
    if task.constraints:
        asked["limits"] = ",".join(map(str, task.constraints))
    return asked | ({"fitness": own.text} if own is not None else {})


def of_pareto(link: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What a link to the page Pareto, which was about fronts and searches, asks of Explore: the front."""
    now = {OLDER.get(name, name): list(values) for name, values in link.items()}
    kept = {n: v for n, v in now.items() if n in (*links.TRAVEL, *NAMES) or n.startswith(BEGINNINGS)}
    return kept | {"view": [VIEW]}
