"""A box for what strategies know before a search: saved runs of the visitor's, or a file of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nas_core import plugins, strategies, warm_start
from nas_core.benchmarks import Benchmark, Table
from nas_core.store import StoreError, is_id
from nas_core.types import Result, RunSpec, counted
from ui import choices, own_cache, saved_runs, uploads
from ui.server import experiments
from ui.words import are, plain, sentence

NOTHING, FILE = "nothing", "a file"
MOST = 200  # runs in the menu
LARGEST = 5  # MB of a file


@dataclass(frozen=True)
class WarmSource:
    """What was chosen: the id of a run or an experiment, or a file; neither for a cold start."""

    run: str = ""
    name: str = ""
    content: bytes = b""


NO_SOURCE = WarmSource()


def draw(box: Any, below: Any, table: Table) -> WarmSource | None:
    """What the strategies start from; None while a file is still to be given, in the wider container `below`."""
    titles = {NOTHING: NOTHING, **_experiments(table), **_runs(table), FILE: FILE}
    choice = choices.select(
        box,
        "Start from",
        "warm_start",
        titles,
        "saved run",
        "Results that the strategies know before their first training: those of a saved run, or of all runs of an "
        "experiment, on this dataset and space, or of a CSV or Parquet file with a column arch and the metrics. "
        "They count as no trainings. Strategies that learn only from what they train themselves begin without them.",
    )
    if choice == NOTHING:
        return NO_SOURCE
    if choice != FILE:
        return WarmSource(run=choice)
    types = [suffix.lstrip(".") for suffix in warm_start.TABLES]
    file = uploads.file(below, "Results", types, LARGEST, "warm_file", label_visibility="collapsed")
    return WarmSource(name=file.name, content=file.getvalue()) if file else None


def _experiments(table: Table) -> dict[str, str]:
    """{id: title} of the experiments with several saved runs whose results may apply, the latest first."""
    ids, out = set(experiments().store.ids()), dict[str, str]()
    for one in experiments().with_files()[0]:
        if (count := len(one.run_ids & ids)) > 1 and _applies(one.specs[0][1], table):
            out[one.id] = f"{one.name}, {count} runs, {one.id}"
    return dict(list(out.items())[:MOST])


def _applies(spec: RunSpec, table: Table) -> bool:
    benchmark = plugins.find(Benchmark).get(spec.benchmark)
    return benchmark is not None and spec.dataset == table.dataset and benchmark.space.name == table.space.name


def _runs(table: Table) -> dict[str, str]:
    """{id: title} of the saved runs whose results may apply, the latest first."""
    out: dict[str, str] = {}
    for run in saved_runs.summaries():
        spec, usable = run.spec, run.trials and run.state != "damaged" and not run.objection
        if spec is not None and usable and _applies(spec, table):
            out[run.run] = f"{strategies.title(spec.strategy)}, seed {spec.seed}, {run.run}"
    return dict(list(out.items())[:MOST])


def with_results(specs: tuple[RunSpec, ...], source: WarmSource | None, table: Table, box: Any) -> tuple[RunSpec, ...]:
    """The same searches, begun from `source` where their strategy learns from it; none, and a sentence, if it is not
    usable."""
    if source is None:
        box.caption("Give a file with the results to start from.")
        return ()
    warm = [spec for spec in specs if warm_start.learns(spec.strategy)]
    if source == NO_SOURCE:
        return specs
    cold = dict.fromkeys(strategies.title(s.strategy) for s in specs if not warm_start.learns(s.strategy))
    try:
        results, name = _results(source, _every_aim(warm), table) if warm else ((), "")
        specs = tuple(
            replace(s, warm_start=results, warm_source=name) if warm_start.learns(s.strategy) else s for s in specs
        )
    except (ValueError, StoreError) as error:
        box.error(plain(sentence(error)), icon=":material/error:")
        return ()
    known = f"{counted(len(results), 'result')} {are(len(results))} known"
    words = f"{known} before the first training. " if warm else ""
    begin = f"{', '.join(cold)} learn{'s' * (len(cold) == 1)} nothing from them: a cold start" if cold else ""
    box.caption(words + (sentence(begin) if cold else ""))
    return specs


def _every_aim(specs: Sequence[RunSpec]) -> RunSpec:
    """A search on all that any of these searches on, so that the results have the metrics that each needs."""
    return replace(specs[0], seed=0, objectives=tuple(dict.fromkeys(o for spec in specs for o in spec.objectives)))


def _results(source: WarmSource, spec: RunSpec, table: Table) -> tuple[tuple[Result, ...], str]:
    """(the results, where they came from); ValueError in one sentence."""
    if source.run:
        warm = experiments().warm(spec, source.run, table)
        return warm.warm_start, warm.warm_source
    return _of_file(source.content, source.name, spec.id, spec, table), source.name


@own_cache.data(max_entries=8)
def _of_file(content: bytes, name: str, run: str, _spec: RunSpec, _table: Table) -> tuple[Result, ...]:
    return warm_start.of_table(content, name, _table, _spec)


def link(specs: Sequence[RunSpec]) -> dict[str, str] | None:
    """How the link of the page says what these searches start from; None if it cannot."""
    source = next((spec.warm_source for spec in specs if spec.warm_start), "")
    if not any(spec.warm_start for spec in specs):
        return {}
    return {"warm_start": source} if is_id(source) and warm_start.shared(specs) else None
