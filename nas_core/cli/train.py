"""`train ARCH`: one real training, an epoch at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

import click

from nas_core import benchmarks
from nas_core.benchmarks import Table
from nas_core.benchmarks._live import LiveTraining
from nas_core.cli._options import benchmark_class, indices, notation_option, parse_arch
from nas_core.cli._output import emit, json_option, number
from nas_core.sources import live
from nas_core.sources._chunks import Recipe
from nas_core.training import train

METRICS = ("train_acc", "val_acc", "test_acc", "train_loss", "val_loss", "test_loss")


@click.command("train")
@click.argument("arch")
@notation_option
@click.option("--benchmark", default=benchmarks.DEFAULT, show_default=True, help="Whose recipe is followed.")
@click.option("--dataset", help="Dataset to train on; see: list datasets. [default: the recipe's]")
@click.option("--epochs", type=click.IntRange(1, 10_000), help="Length of the training. [default: the recipe's]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of weights and order.")
@click.option("--device", default="cpu", show_default=True, help="Where to train: cpu, cuda, cuda:N or mps.")
@json_option
def command(
    arch: str,
    notation: str | None,
    benchmark: str,
    dataset: str | None,
    epochs: int | None,
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Train ARCH for real and show each epoch, beside what the table says. Needs torch."""
    recipe = _recipe(benchmark, dataset)
    recipe = replace(recipe, protocol=replace(recipe.protocol, seed=seed, epochs=epochs or recipe.protocol.epochs))
    space = recipe.make_space()
    parsed = parse_arch(space, arch, notation)
    data = recipe.make_dataset()
    _check_device(device)
    net = recipe.initial(space.canonical(parsed), seed)  # the cell of its class that the table trained
    if not as_json:
        click.echo(f"{space.text(parsed)}\n{space.number_label(parsed)}; {recipe.dataset}, seed {seed}\n")
        _write("epoch", (*METRICS, "seconds"))
    metrics: dict[str, float] = {}
    for epoch in train(net, data.load(), recipe.protocol, device):
        metrics = {name: epoch.metrics[name].item() for name in METRICS}
        if as_json:
            emit({"epoch": epoch.number, **metrics, "seconds": epoch.seconds})
        else:
            _write(str(epoch.number), map(number, (*metrics.values(), epoch.seconds)))
    expected = _table_values(benchmark, recipe, space.index(parsed))
    if as_json:
        identity = {"arch": space.text(parsed), **indices(space, parsed)}
        settings = {"dataset": recipe.dataset, "epochs": recipe.protocol.epochs, "seed": seed}
        emit(
            {**identity, **settings, "val_acc": metrics["val_acc"], "test_acc": metrics["test_acc"], "table": expected}
        )
    elif expected:
        _write("table", map(number, expected.values()))


def _write(first: str, cells: Iterable[str]) -> None:
    """A line of the growing table."""
    click.echo("".join(cell.rjust(11) for cell in (first, *cells)))


def _recipe(benchmark: str, dataset: str | None) -> Recipe:
    """How the networks of a table or of a live benchmark are trained; ValueError for a table that was not made here."""
    plugin = benchmark_class(benchmark)
    if issubclass(plugin, LiveTraining):
        return plugin(dataset=dataset or plugin.datasets[0]).recipe
    if live.recipe(benchmark) is None:
        raise ValueError(f"{benchmark} was not trained here, so it has no recipe to follow; try {benchmarks.DEFAULT}")
    return live.recipe_on(benchmark, dataset or "")


def _check_device(text: str) -> None:
    import torch

    if not re.fullmatch(r"cpu|mps|cuda(:\d{1,2})?", text):
        raise ValueError(f"no device {text!r}; there are: cpu, cuda, cuda:N, mps")
    kind = text.partition(":")[0]
    if kind != "cpu" and not (torch.cuda if kind == "cuda" else torch.backends.mps).is_available():
        raise RuntimeError(f"torch finds no {kind} device on this machine; leave out --device to train on the CPU")


def _table_values(benchmark: str, recipe: Recipe, row: int) -> Mapping[str, float] | None:
    """The table's numbers at the end of such a training; None where it has none of that dataset and length."""
    plugin = benchmark_class(benchmark)
    if recipe.dataset not in plugin.datasets or plugin.missing(recipe.dataset):
        return None
    table = plugin(dataset=recipe.dataset)
    if not isinstance(table, Table) or recipe.protocol.epochs != table.fidelities[-1]:
        return None
    return {name: float(table.column(name)[row]) for name in METRICS}
