"""`score`: zero-cost proxies of many networks, in processes or on a cluster, continued if it was interrupted."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nas_core import executors, plugins, scoring
from nas_core.cli._options import indices, notation_option, parse_arch, run_folder, text_of
from nas_core.cli._output import emit, json_option, number, say
from nas_core.cli._steps import following
from nas_core.proxies import Proxy
from nas_core.sources import scores
from nas_core.sources.scores import NOISE, ScoreRow, Scoring
from nas_core.spaces import DEFAULT, SearchSpace


@click.command("score")
@click.option("--space", default=DEFAULT, show_default=True, help="Any that builds networks; see: list spaces.")
@click.option("--proxies", "names", help="Names separated by commas; see: list proxies. [default: all]")
@click.option("--sample", "count", type=click.IntRange(min=1), help="Score this many architectures, drawn at random.")
@click.option("--all", "everything", is_flag=True, help="Score every architecture.")
@click.option(
    "--archs",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Score the architectures in this file, one a line.",
)
@notation_option
@click.option("--net", default="", help="Which of the space's networks. [default: its first; topology: nats]")
@click.option("--data", default=NOISE, show_default=True, help="noise, or a dataset; see: list datasets.")
@click.option("--batch", type=click.IntRange(2, 1024), default=scores.BATCH, show_default=True, help="Inputs a batch.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of weights and images.")
@click.option("--executor", default="serial", show_default=True, help=f"Where: {executors.KINDS}.")
@click.option(
    "--device",
    type=click.Choice(["cpu", "cuda"]),
    default="cpu",
    show_default=True,
    help="cuda: one GPU, many cells of the topology space at a time.",
)
@click.option("--fresh", is_flag=True, help="Forget what was scored with these settings before.")
@json_option
def command(
    names: str | None,
    count: int | None,
    everything: bool,
    file: Path | None,
    notation: str | None,
    executor: str,
    device: str,
    fresh: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Score untrained networks. Needs torch.

    Isomorphic architectures are scored once, and proxies share their passes. What was scored before is not scored
    again, so a sweep that was interrupted goes on. The table it makes is read by every page: its columns appear
    beside the accuracies on Explore, and as objectives. Ensembles are ranks, which follow from the table.
    """
    proxies = scoring.single(names.split(",") if names else list(plugins.find(Proxy)))
    plan = Scoring(**settings)
    rows = _rows(plan, count, everything, file, notation)
    scoring.check_device(device, executor)
    run_folder("scores")
    if fresh:
        scores.delete(plan)
    began, failures = time.monotonic(), 0
    stream, count = scoring.sweep(plan, rows, proxies, executor, device=device), len(scoring.tasks(plan, rows, proxies))
    with following(stream, "score", count) as bar:
        for row, one in _assembled(plan, rows, proxies, stream, bar):
            failures += bool(one.errors)
            _show(plan.make_space(), row, one, as_json)
    target = plan.file if plan.make_space().exhaustive else plan.log  # no table of a space that cannot be listed
    result = {"done": len(rows), "failed": failures, "seconds": time.monotonic() - began, "table": str(target)}
    took = f"{len(rows):,} scored in {result['seconds']:.0f} s"
    say(f"\n{took}, {failures:,} of them with a score that is not finite.\nSaved in: {target}", result, as_json)


def _rows(
    plan: Scoring, count: int | None, everything: bool, file: Path | None, notation: str | None = None
) -> list[int]:
    """The architectures that are asked for; a usage error unless it is said in exactly one way."""
    if (count is not None) + everything + (file is not None) != 1:
        raise click.UsageError("say what to score: --sample N, --all or --archs FILE, one of them")
    space = plan.make_space()
    if file is None:
        if everything:
            space.check_exhaustive("sweep over all architectures")
        return scoring.sample(plan, space.size if count is None else count)
    lines = [line.strip() for line in text_of(file).splitlines()]
    rows = [space.index(parse_arch(space, line, notation)) for line in lines if line]
    if not rows:
        raise ValueError(f"{file} names no architecture")
    return list(dict.fromkeys(rows))


def _assembled(
    plan: Scoring, rows: list[int], names: list[str], stream: Generator[ScoreRow], bar: Any
) -> Generator[tuple[int, ScoreRow]]:
    """(row, its scores) of each of `rows` as soon as all that they are made of is there."""
    pending = {row: {at for at, _ in scoring.parts(plan, row, names)} for row in rows}
    waiting: dict[int, list[int]] = {}
    for row, needs in pending.items():
        for at in needs:
            waiting.setdefault(at, []).append(row)
    pieces: dict[int, ScoreRow] = {}
    for one in stream:
        bar.update(1)
        pieces[one.row] = one
        for row in waiting[one.row]:
            pending[row].discard(one.row)
            if not pending[row]:
                yield row, _join(row, [pieces[at] for at, _ in scoring.parts(plan, row, names)], names)


def _join(row: int, pieces: list[ScoreRow], names: list[str]) -> ScoreRow:
    whole = ScoreRow(row, {}, {})
    for one in pieces:
        whole = scores.merged(whole, one)
    order = [name for name in names if name in whole.values]
    reasons = {name: whole.errors[name] for name in order if name in whole.errors}
    return replace(
        whole, values={n: whole.values[n] for n in order}, seconds={n: whole.seconds[n] for n in order}, errors=reasons
    )


def _show(space: SearchSpace, row: int, one: ScoreRow, as_json: bool) -> None:
    arch, took = space.arch(row), sum(v for v in one.seconds.values() if math.isfinite(v))
    if as_json:
        arch_record = {"arch": space.text(arch), **indices(space, arch)}
        record: dict[str, Any] = {**arch_record, "scores": dict(one.values), "seconds": took}
        emit({**record, "errors": dict(one.errors)} if one.errors else record)
    else:
        scores = (f"{name} {number(value, 4)}" for name, value in one.values.items())
        click.echo("  ".join([space.text(arch), space.number_label(arch), *scores]))
