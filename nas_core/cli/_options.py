"""Options that several commands share, and how they become a benchmark and a RunSpec."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from nas_core import benchmarks, fitness, plugins, strategies
from nas_core.benchmarks import Benchmark, Table
from nas_core.benchmarks.live import LiveTraining
from nas_core.experiments import Experiments
from nas_core.places import data_dir
from nas_core.plugins import Plugin
from nas_core.spaces import SearchSpace
from nas_core.store import Store
from nas_core.types import Arch, Objective, RunSpec


def benchmark_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --benchmark and --dataset."""
    for option in (
        click.option("--dataset", help="Dataset of the benchmark. [default: its only or first one]"),
        click.option("--benchmark", default=benchmarks.DEFAULT, show_default=True, help="Where the numbers come from."),
    ):
        command = option(command)
    return command


def budget_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what a search needs besides its benchmark and strategy."""
    for option in (
        click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Trials at a time."),
        click.option("--seconds", type=click.FloatRange(min=0), help="Budget in seconds on the run's clock."),
        click.option("--trials", type=click.IntRange(min=1), help="Budget in trials."),
        benchmark_set_option,
    ):
        command = option(command)
    return command


def pairs(ctx: click.Context, parameter: click.Parameter, texts: Iterable[str]) -> dict[str, str]:
    """{name: value} of options of the form name=value."""
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{text!r} is not of the form name=value", ctx, parameter)
        pairs[name.strip()] = value.strip()
    return pairs


def pairs_option(flag: str, name: str, help: str, metavar: str = "NAME=VALUE") -> Callable[..., Any]:
    """An option of the form name=value that may be given several times, as one dict named `name`."""
    several = f"{help}; may be given several times."
    return click.option(flag, name, multiple=True, metavar=metavar, callback=pairs, help=several)


benchmark_set_option = pairs_option(
    "--benchmark-set", "benchmark_params", "A parameter of the benchmark, such as search_epochs=2"
)
set_option = pairs_option("--set", "params", "A parameter of the strategy, such as population_size=20")
device_option = click.option(
    "--device", default="cpu", show_default=True, help="Where to train: cpu, cuda, cuda:N or mps."
)
processes_option = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=min(2, os.cpu_count() or 1),
    show_default=True,
    help="Processes of this machine that work side by side.",
)
notation_option = click.option(
    "--notation",
    metavar="NAME",
    help="Notation of architectures without a prefix of their own: nats, naslib, own or another.",
)


def parse_arch(space: SearchSpace, text: str, notation: str | None) -> Arch:
    """The architecture that `text` names, in `notation` if one is given; ValueError in one sentence."""
    if notation is None:
        return space.parse(text)
    if notation not in space.prefixes:
        raise ValueError(
            f"no notation {notation!r} in the {space.title()} space; there are: {', '.join(space.prefixes)}"
        )
    return space.parse(f"{notation}:{text}")


def indices(space: SearchSpace, arch: Arch) -> dict[str, int]:
    """The numbers of `arch` as JSON calls them: index, this project's, and for example nats_index."""
    return {"index" if name == "own" else f"{name}_index": n for name, n in space.numbers(arch).items()}


def text_of(file: Path) -> str:
    """The text of a file in UTF-8, with or without a byte-order mark; ValueError in one sentence if it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is not UTF-8 text; save it in that encoding") from None


def benchmark_class(name: str) -> type[Benchmark]:
    """The class of the benchmark; ValueError that lists the names there are."""
    return plugins.get(Benchmark, name)


def open_benchmark(name: str, dataset: str | None, params: Mapping[str, Any] | None = None) -> Benchmark:
    """The benchmark, ready to use; ValueError for a wrong name, RuntimeError where its numbers are missing."""
    return benchmarks.create(name, _usable(name, dataset), **(params or {}))


def open_table(name: str, dataset: str | None, params: Mapping[str, Any] | None = None) -> Table:
    """Likewise, for a benchmark that must know every architecture; ValueError if it does not."""
    return benchmarks.table(name, _usable(name, dataset), **(params or {}))


def _usable(name: str, dataset: str | None) -> str:
    """The dataset, or the benchmark's first one; RuntimeError where its numbers are missing."""
    plugin = benchmark_class(name)
    dataset = dataset or plugin.datasets[0]
    if sentence := plugin.missing(dataset):
        raise RuntimeError(sentence)
    return dataset


fitness_option = click.option(
    "--fitness",
    metavar="EXPR",
    help=f"An expression to maximise instead, such as 'val_acc - 2*log(flops_m)'; it takes {fitness.GRAMMAR}.",
)


limit_option = click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help="Only architectures within it count, as in 'flops_m<=100', 'val_acc>=60' or flops_m=5:100; may be given "
    "several times.",
)


warm_start_option = click.option(
    "--warm-start",
    metavar="RUN|EXPERIMENT|FILE",
    help="Results you already have, given to the strategy before it begins: a saved run's id, an experiment's id or "
    "name, a run file, or a .csv or .parquet file with a column arch and the metrics.",
)


def objectives_of(benchmark: Benchmark, names: str | None, expression: str | None) -> tuple[Objective, ...]:
    """The metrics of "a,b", each with its own goal or the one it names, as in flops_m:max; or a fitness to maximise.

    Without either, the main metric. ValueError for a fitness that cannot be read; what metrics there are is for the
    runner to say.
    """
    if expression is not None:
        if names is not None:
            raise click.UsageError("--fitness takes the place of the objectives; give one of them")
        return (Objective(fitness.searchable(expression, benchmark.metrics).text),)
    return tuple(_objective(benchmark, part.strip()) for part in (names or benchmark.main).split(","))


def _objective(benchmark: Benchmark, text: str) -> Objective:
    name, _, goal = text.partition(":")
    metric = benchmark.metrics.get(name)
    return Objective(name, goal or (metric.goal if metric else "max"))


def make_spec(
    benchmark: Benchmark,
    strategy: str,
    params: Mapping[str, Any],
    objectives: Iterable[Objective],
    limits: Iterable[str] = (),
    **budget: Any,
) -> RunSpec:
    """A RunSpec whose parameters have their own types and are left out where they are the default.

    So the same search always has the same run id. ValueError for an impossible limit.
    """
    if budget.get("max_trials") is None and budget.get("max_seconds") is None:
        raise click.UsageError("a search needs a budget: --trials, --seconds or both")
    strategy = strategies.resolve(strategy)
    instance = strategies.create(strategy, **params)
    return RunSpec(
        benchmark.name,
        benchmark.dataset,
        strategy,
        _changed(instance, strategies.create(strategy)),
        benchmark_settings(benchmark),
        tuple(objectives),
        fitness.limits(limits, benchmark.searchable),
        **budget,
    )


def benchmark_settings(benchmark: Benchmark) -> dict[str, Any]:
    """The parameters of the benchmark that are not the default."""
    if isinstance(benchmark, LiveTraining):
        return benchmark.run_settings()
    return _changed(benchmark, benchmarks.create(benchmark.name, benchmark.dataset))


def _changed(plugin: Plugin, plain: Plugin) -> dict[str, Any]:
    """The parameters of `plugin` that are not those of `plain`, one of the same kind without any given."""
    names = [f.name for f in plugins.params(type(plugin))]
    return {name: getattr(plugin, name) for name in names if getattr(plugin, name) != getattr(plain, name)}


def run_folder(name: str) -> Path:
    """A folder in the user's data folder, made if missing; RuntimeError in one sentence if that fails."""
    try:
        folder = data_dir() / name
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise RuntimeError(
            f"nothing can be saved in {error.filename} ({error.strerror}); choose another folder with the environment "
            f"variable NAS_EXPLORER_DATA"
        ) from error
    return folder


def shelf() -> Experiments:
    """The experiments in the user's data folder."""
    return Experiments(run_folder("experiments"), Store(run_folder("runs")))
