"""What is searched, in a line: above the curves of the Search page, and as the name of an experiment."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core import strategies
from nas_core.experiment_file import LONGEST
from nas_core.fitness import is_name
from nas_core.race import FITNESS
from nas_core.studies.compare.sentences import name_list
from nas_core.types import RunSpec, counted
from ui import limits_box, run_views, table_choice
from ui.words import inert, plain

MOST = 4  # strategies that are named


def line(specs: Sequence[RunSpec]) -> str:
    """Strategies, budget, runs and task of searches that share everything but strategy, objective and seed."""
    runs = len({spec.seed for spec in specs})
    aims = f", for {aims}" if (aims := _aims(specs)) else ""
    task = table_choice.title(specs[0].benchmark, specs[0].dataset)
    what = f"**{_few(specs)}**, {_budget(specs[0])} × {counted(runs, 'run')} on {task}{aims}"
    limits = f", with {name_list(_limits(specs[0]))}" if specs[0].constraints else ""
    return inert(what) + plain(limits + _start(specs))


def name(specs: Sequence[RunSpec]) -> str:
    """The same as short as it goes, what tells it from others first: how an experiment is called until a person says
    otherwise. "RS, REA, LS: 300 trainings, CIFAR-10"."""
    first = specs[0]
    shorts = list(dict.fromkeys(strategies.short(spec.strategy) for spec in specs))
    most = MOST if (aims := _aims(specs).replace("validation ", "")) == "" else MOST - 1
    searching = ", ".join(shorts if len(shorts) <= most else [*shorts[: most - 1], f"+{len(shorts) - most + 1}"])
    dataset = table_choice.link(first.benchmark, first.dataset)["dataset"]
    about = [aims or _own_aim(first), _budget(first), *_limits(first), dataset]
    return f"{searching}: {', '.join(filter(None, about))}{_start(specs)}"[: LONGEST["name"]]


def study(title: str, first: RunSpec) -> str:
    """Likewise, of an experiment that asks something else than who finds the best: `first` is one of its searches."""
    dataset = table_choice.link(first.benchmark, first.dataset)["dataset"]
    return f"{title}: {_budget(first)}, {dataset}"[: LONGEST["name"]]


def _own_aim(spec: RunSpec) -> str:
    """What a search on one objective is for, where that is not accuracy."""
    (aim,) = spec.objectives
    return "" if aim.metric == "val_acc" else metric(spec, aim.metric) if is_name(aim.metric) else FITNESS


def _few(specs: Sequence[RunSpec]) -> str:
    """The strategies, the first ones where they are many, or where their objectives are said too."""
    names = list(dict.fromkeys(strategies.title(spec.strategy) for spec in specs))
    most = MOST - 1 if any(len(spec.objectives) > 1 for spec in specs) else MOST
    return " · ".join(names if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"])


def _budget(spec: RunSpec) -> str:
    budget = [counted(spec.max_trials, "training")] if spec.max_trials else []
    return " or ".join([*budget, f"{spec.max_seconds:,.0f} s"] if spec.max_seconds else budget)


def _start(specs: Sequence[RunSpec]) -> str:
    """What they know before, but for those that learn nothing from it."""
    warm = next((spec for spec in specs if spec.warm_start), None)
    return f", from {len(warm.warm_start):,} results of {warm.warm_source}" if warm else ""


def _limits(spec: RunSpec) -> list[str]:
    """ "MFLOPs ≤ 100", for each limit."""
    return [limits_box.in_words(c, metric(spec, c.metric)) for c in spec.constraints]


def _aims(specs: Sequence[RunSpec]) -> str:
    """The objectives, where there are several; else ""."""
    several = next((spec for spec in specs if len(spec.objectives) > 1), None)
    return name_list([metric(several, o.metric) for o in several.objectives]) if several else ""


def metric(spec: RunSpec, metric: str) -> str:
    """What a metric is called there, or its name where there is no such table here."""
    try:
        about = run_views.benchmark(spec.benchmark, spec.dataset).metrics.get(metric)
    except (ValueError, RuntimeError, FileNotFoundError):
        return metric
    return about.title if about and about.title else metric
