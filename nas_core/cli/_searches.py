"""What the commands share that search with several strategies at several seeds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from nas_core import warm_start as results
from nas_core.benchmarks import Table
from nas_core.cli._options import make_spec, objectives_of, shelf
from nas_core.cli._steps import following
from nas_core.race import Trace
from nas_core.strategies import resolve
from nas_core.sweep import sweep
from nas_core.types import RunSpec
from nas_core.values import capitalised

RANGE = "a range such as 0:100 (without 100), numbers such as 0,1,2, or one number"

seeds_option = click.option("--seeds", default="0:10", show_default=True, help=f"{capitalised(RANGE)}.")


def seed_list(text: str) -> list[int]:
    """The seeds that `text` names; ValueError if it names none."""
    if match := re.fullmatch(r"\s*(\d{1,9})\s*:\s*(\d{1,9})\s*", text):
        seeds = list(range(int(match[1]), int(match[2])))
    elif re.fullmatch(r"\s*\d{1,9}(\s*,\s*\d{1,9})*\s*", text):
        seeds = list(dict.fromkeys(int(part) for part in text.split(",")))
    else:
        seeds = []
    if not seeds:
        raise ValueError(f"{text!r} names no seeds; give {RANGE}")
    return seeds


def entries_of(strategies: Any, options: Mapping[str, Any], bench: Table) -> dict[str, RunSpec]:
    """{label: spec} of "a,b", or of {label: {"strategy": name if it is not the label, parameter: value}}.

    There "warm_start", a source of results or "" for none, stands for that of the whole sweep, without which a
    strategy begins that learns nothing from it.
    """
    if isinstance(strategies, str):
        strategies = {resolve(name.strip()): {} for name in strategies.split(",")}
    if not isinstance(strategies, dict) or not all(isinstance(p, dict) for p in strategies.values()) or not strategies:
        raise ValueError("a sweep needs strategies: --strategies a,b or, in a file, a table [strategies.NAME] for each")
    objective_list = objectives_of(bench, options["objective"], options["fitness"])
    if len(objective_list) > 1:
        raise ValueError(
            f"a sweep searches on one objective, not on {len(objective_list)}; for several use the command front"
        )
    budget = dict(max_trials=options["trials"], max_seconds=options["seconds"], workers=options["workers"])
    out = {}
    for label, params in strategies.items():
        params = dict(params)
        name, source = params.pop("strategy", label), params.pop("warm_start", None)
        out[label] = make_spec(bench, name, params, objective_list, options["limits"], **budget)
        if source:
            out[label] = shelf().warm(out[label], str(source), bench)
        elif source is None and options["warm_start"]:
            out |= with_results({label: out[label]}, options["warm_start"], bench)
    return out


def with_results(settings: Mapping[str, RunSpec], source: str, bench: Table) -> dict[str, RunSpec]:
    """The same begun with the results of `source`, but for strategies that learn nothing from them, which is said."""
    out = dict(settings)
    for label, spec in settings.items():
        if results.learns(spec.strategy):
            out[label] = shelf().warm(spec, source, bench)
        else:
            click.echo(f"{label} learns nothing from the results of {source}: a cold start", err=True)
    return out


def follow(
    entries: Mapping[str, RunSpec], seeds: list[int], processes: int, folder: Path, title: str = "sweep"
) -> dict[str, list[Trace]]:
    """{label: traces in order of seed}, with a bar; Interrupted if the user stops it."""
    groups: dict[str, list[Trace]] = {label: [] for label in entries}
    total = len(entries) * len(seeds)
    stream = sweep(entries, seeds, processes, folder)
    with following(stream, title, total, lambda: f" after {sum(map(len, groups.values())):,} of {total:,} runs") as bar:
        for label, _, trace in stream:
            groups[label].append(trace)
            bar.update(1)
    return {label: sorted(traces, key=lambda t: t.spec.seed) for label, traces in groups.items()}


def mean_and_std(values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Of float[n] without nan; std is the sample's (n - 1). nan where there are too few."""
    mean = float(np.mean(values)) if len(values) else float("nan")
    return {"mean": mean, "std": float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")}
