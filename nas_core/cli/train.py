"""`train ARCH`: one real training, an epoch at a time; kept in a file if asked, and then resumable."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click

from nas_core import benchmarks, plugins, resuming
from nas_core.benchmarks import Benchmark, Table
from nas_core.benchmarks.live import LiveTraining
from nas_core.cli import Interrupted
from nas_core.cli._options import (
    benchmark_class,
    device_option,
    indices,
    notation_option,
    pairs_option,
    parse_arch,
)
from nas_core.cli._output import emit, json_option, number
from nas_core.command import train as again_by
from nas_core.sources import live
from nas_core.sources.chunks import Recipe
from nas_core.spaces import SearchSpace
from nas_core.trained import Trained

METRICS = ("train_acc", "val_acc", "test_acc", "train_loss", "val_loss", "test_loss")


@click.command("train")
@click.argument("arch")
@notation_option
@click.option("--benchmark", default=benchmarks.DEFAULT, show_default=True, help="Whose recipe is followed.")
@click.option("--dataset", help="Dataset to train on; see: list datasets. [default: the recipe's]")
@pairs_option("--benchmark-set", "benchmark_params", "A parameter of a live benchmark, such as channels=16")
@click.option("--recipe", "recipe_name", type=click.Choice(["nats"]), help="Train as NATS-Bench did, on any images.")
@click.option("--epochs", type=click.IntRange(1, 10_000), help="Length of the training. [default: the recipe's]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of weights and order.")
@click.option(
    "--final",
    "seeds",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Train N seeds on the data for training "
    "and validation together; keep that of the least training loss, and only then look at the test data.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the weights in this file; a training that was stopped goes on from its last epoch.",
)
@device_option
@json_option
def command(
    arch: str,
    notation: str | None,
    benchmark: str,
    dataset: str | None,
    benchmark_params: dict[str, str],
    recipe_name: str | None,
    epochs: int | None,
    seed: int,
    seeds: int | None,
    save: Path | None,
    device: str,
    as_json: bool,
) -> None:
    """Train ARCH for real and show each epoch, beside what the table says. Needs torch."""
    if seeds and save is None:
        raise click.UsageError("--final keeps a network; say where with --save FILE")
    recipe = recipe_of(benchmark, dataset, recipe_name, benchmark_params)
    recipe = replace(recipe, protocol=replace(recipe.protocol, seed=seed, epochs=epochs or recipe.protocol.epochs))
    space = recipe.make_space()
    parsed = parse_arch(space, arch, notation)
    data = recipe.load()
    check_device(device)
    more = ["--recipe", recipe_name] if recipe_name else []
    more += ["--final", str(seeds)] if seeds else []
    length = recipe.protocol.epochs
    again = again_by(space.text(parsed), benchmark, recipe.dataset, benchmark_params, length, seed, *more)
    canonical = space.canonical(parsed)  # the cell of its class that the table trained
    if not as_json:
        click.echo(f"{space.text(parsed)}\n{space.number_label(parsed)}; {recipe.dataset}, {_seeds(seed, seeds)}\n")
    if seeds and save is not None:
        steps = resuming.train_final(recipe, canonical, data, range(seed, seed + seeds), save, device, again)
    else:
        steps = resuming.train(recipe, canonical, data, save, device, again)
    result = follow(steps, as_json, save)
    expected = None if seeds or recipe_name else _table_values(benchmark, recipe, space.index(parsed))
    if as_json:
        identity = {"arch": space.text(parsed), **indices(space, parsed)}
        settings = {"dataset": recipe.dataset, "epochs": recipe.protocol.epochs, "seed": result.recipe.protocol.seed}
        emit({**identity, **settings, **_accuracies(result), "table": expected} | ({"file": str(save)} if save else {}))
        return
    if expected:
        _write("table", map(number, expected.values()))
    if result.final:
        click.echo(f"\n{_of_final(result)}")
    if save:
        click.echo(f"\nThe weights are in {save}. Take the model with: python -m nas_core export ARCH --weights {save}")


def follow(
    steps: Generator[dict[str, float], None, tuple[Trained, Any]], as_json: bool, save: Path | None = None
) -> Trained:
    """Show a training epoch by epoch; Interrupted with the way on if the user stops one that is kept in `save`."""
    header: tuple[str, ...] = ()
    while True:
        try:
            epoch = next(steps)
        except StopIteration as end:
            return end.value[0]
        except KeyboardInterrupt:
            goes_on = f"the same command goes on from the last epoch kept beside {save}" if save else "nothing is kept"
            raise Interrupted(f"interrupted; {goes_on}") from None
        if as_json:
            emit(epoch)
            continue
        names = tuple(name for name in ("seed", "epoch", *METRICS, "seconds") if name in epoch)
        if names != header:
            header = names
            _write(names[0], names[1:])
        whole = {"seed", "epoch"}
        first, *rest = (f"{epoch[name]:.0f}" if name in whole else number(epoch[name]) for name in names)
        _write(first, rest)


def recipe_of(
    benchmark: str, dataset: str | None, name: str | None = None, params: Mapping[str, str] | None = None
) -> Recipe:
    """How networks are trained: as NATS-Bench did for the name "nats", else as those of the table or live benchmark.

    params: of a live benchmark. ValueError for a table that was not made here.
    """
    plugin = benchmark_class(benchmark)
    if params and (name or not issubclass(plugin, LiveTraining)):
        raise ValueError("--benchmark-set is for the recipe of a live benchmark, such as live_topology; leave it out")
    if name == "nats":
        return live.nats_recipe(plugin.space, dataset or "cifar10")
    if issubclass(plugin, LiveTraining):
        bench = benchmarks.create(benchmark, dataset or plugin.datasets[0], **(params or {}))
        return cast(LiveTraining, bench).recipe
    if live.recipe(benchmark) is None:
        raise ValueError(f"{benchmark} was not trained here, so it has no recipe to follow; {_way_out(plugin.space)}")
    return live.recipe_on(benchmark, dataset or "")


def _way_out(space: SearchSpace) -> str:
    """What to ask for instead to train a network of `space`."""
    names = [
        name
        for name, plugin in plugins.find(Benchmark).items()
        if plugin.space.name == space.name and (issubclass(plugin, LiveTraining) or live.recipe(name))
    ]
    if not names:
        return f"the {space.name} space builds no networks"
    nats = "; or train as NATS-Bench did with --recipe nats" if "nats" in space.networks else ""
    return f"try --benchmark {' or '.join(names)}{nats}"


def check_device(text: str) -> None:
    """ValueError or RuntimeError in one sentence for a device that torch does not find."""
    import torch

    if not re.fullmatch(r"cpu|mps|cuda(:\d{1,2})?", text):
        raise ValueError(f"no device {text!r}; there are: cpu, cuda, cuda:N, mps")
    kind = text.partition(":")[0]
    if kind != "cpu" and not (torch.cuda if kind == "cuda" else torch.backends.mps).is_available():
        raise RuntimeError(f"torch finds no {kind} device on this machine; leave out --device to train on the CPU")


def _accuracies(result: Trained) -> dict[str, Any]:
    """The last accuracies; of a final training the test accuracy of the chosen network, and how it was chosen."""
    if not result.final:
        return {name: result.epochs[-1][name] for name in ("val_acc", "test_acc")}
    accuracy = {"test_acc": 100 * result.right / result.answers, "tested": result.tested}
    accuracy["intervals"] = {name: values.tolist() for name, values in result.qualities.items()}
    return {**accuracy, "seeds": result.seeds, "losses": result.losses}


def _of_final(result: Trained) -> str:
    low, share, high = result.qualities["accuracy"]
    return (
        f"Seed {result.recipe.protocol.seed} has the least training loss ({min(result.losses):.4f}) of the seeds "
        f"{', '.join(map(str, result.seeds))}. The test data were looked at once, at {result.tested}, and it answers "
        f"{result.right:,} of {result.answers:,} right: {share:.2f} % (95 % interval "
        f"{low:.2f} to {high:.2f} %); {result.by_class(2)}."
    )


def _seeds(seed: int, count: int | None) -> str:
    return f"seeds {seed} to {seed + count - 1}, on training and validation data together" if count else f"seed {seed}"


def _write(first: str, cells: Iterable[str]) -> None:
    """A line of the growing table."""
    click.echo("".join(cell.rjust(11) for cell in (first, *cells)))


def _table_values(benchmark: str, recipe: Recipe, row: int) -> Mapping[str, float] | None:
    """The table's numbers at the end of such a training; None where it has none of that dataset and length."""
    plugin = benchmark_class(benchmark)
    if recipe.dataset not in plugin.datasets or plugin.missing(recipe.dataset):
        return None
    table = plugin(dataset=recipe.dataset)
    if not isinstance(table, Table) or recipe.protocol.epochs != table.fidelities[-1]:
        return None
    return {name: float(table.column(name)[row]) for name in METRICS}
