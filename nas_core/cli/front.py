"""`front`: the exact Pareto front of a table, and what each step along it costs and gains."""

from __future__ import annotations

import math
from typing import Any

import click

from nas_core.benchmarks import Table
from nas_core.cli._options import benchmark_options, open_table
from nas_core.cli._output import emit, json_option, number, table
from nas_core.fronts import MOST_OBJECTIVES, Task, trade
from nas_core.types import Constraint, Objective


@click.command("front")
@benchmark_options
@click.option(
    "--objectives", default="test_acc,flops_m", show_default=True,
    help="Two to four metrics separated by commas; validation metrics are those that a search sees.",
)  # fmt: skip
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=LOW:HIGH",
    help="Only architectures within; either end may be left out, as in flops_m=:100. May be given several times.",
)  # fmt: skip
@click.option(
    "--reference", metavar="A,B,…",
    help="Where the hypervolume begins, a number an objective. [default: the worst of the table]",
)  # fmt: skip
@json_option
def command(
    benchmark: str, dataset: str | None, objectives: str, limits: tuple[str, ...], reference: str | None, as_json: bool
) -> None:
    """Show the architectures that no other one beats on all objectives."""
    held = open_table(benchmark, dataset)
    names = list(dict.fromkeys(name.strip() for name in objectives.split(",")))
    if not 2 <= len(names) <= MOST_OBJECTIVES:
        raise ValueError(f"a front needs 2 to {MOST_OBJECTIVES} different objectives; {objectives!r} has {len(names)}")
    task = Task(
        held, tuple(Objective(n, held.metrics[n].goal if n in held.metrics else "max") for n in names),
        tuple(_limit(held, text) for text in limits), worst=_numbers(reference, len(names)),
    )  # fmt: skip
    if not len(task.front):
        raise RuntimeError("no architecture lies within these limits, so there is no front; widen one of them")
    if as_json:
        emit(_record(task))
    else:
        _show(task)


def _limit(held: Table, text: str) -> Constraint:
    name, equals, ends = text.partition("=")
    low, colon, high = ends.partition(":")
    try:
        found = Constraint(name.strip(), float(low or -math.inf), float(high or math.inf))
    except ValueError as error:
        raise ValueError(f"--limit {text!r} cannot be used: {error}") from None
    if not (equals and colon):
        raise ValueError(f"--limit {text!r} is not of the form NAME=LOW:HIGH, such as flops_m=:100")
    if found.metric not in held.metrics:
        raise ValueError(f"{held.name} has no metric {found.metric!r}; there are: {', '.join(held.metrics)}")
    return found


def _numbers(text: str | None, count: int) -> tuple[float, ...]:
    if text is None:
        return ()
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != count or not all(map(math.isfinite, found)):
        raise ValueError(f"--reference {text!r} must be {count} numbers separated by commas, one for each objective")
    return found


def _record(task: Task) -> dict[str, Any]:
    space = task.table.space
    reference = [o.value(x) for o, x in zip(task.objectives, task.reference.tolist(), strict=True)]
    return {
        "objectives": [o.metric for o in task.objectives],
        "points": [{"arch": space.text(space.arch(int(r))), "values": task.values[r].tolist()} for r in task.front],
        "hypervolume": task.attainable,
        "reference": reference,
        "knee": space.text(space.arch(task.knee)),
    }


def _show(task: Task) -> None:
    space, front = task.table.space, task.front.tolist()
    header = (*(task.label(i) for i in range(len(task.objectives))), "", "architecture", "from the one before")
    rows = []
    for position, row in enumerate(front):
        step = trade(task, front[position - 1], row) if position else ""
        values = (number(v, 4) for v in task.values[row].tolist())
        rows.append((*values, "knee" if row == task.knee else "", space.text(space.arch(row)), step))
    table(header, rows)
    volume = f"{task.attainable:.6g}"
    ends = ", ".join(number(o.value(x), 4) for o, x in zip(task.objectives, task.reference.tolist(), strict=True))
    click.echo(f"\n{len(front)} architectures, hypervolume {volume} up to the reference point {ends}")
