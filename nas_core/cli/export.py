"""`export ARCH`: a model to take home as one .zip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nas_core import benchmarks, export, resuming, trained
from nas_core.cli._options import (
    benchmark_class,
    device_option,
    notation_option,
    pairs_option,
    parse_arch,
    run_folder,
)
from nas_core.cli._output import emit, json_option, table
from nas_core.cli.train import check_device, follow, recipe_of
from nas_core.command import run as repeated_by
from nas_core.export import Model
from nas_core.history import History
from nas_core.sources import live
from nas_core.sources.chunks import Recipe
from nas_core.spaces import SearchSpace
from nas_core.store import Store, is_id
from nas_core.types import Arch


@click.command("export")
@click.argument("arch")
@notation_option
@click.option("--benchmark", default=benchmarks.DEFAULT, show_default=True, help="The one whose space ARCH belongs to.")
@click.option("--dataset", help="What it is for; see: list datasets. [default: the benchmark's, or the weights']")
@click.option("--weights", type=click.Path(dir_okay=False, path_type=Path), help="A file of train --save.")
@click.option("--epochs", type=click.IntRange(1, 10_000), help="Train it first, by the recipe, for this many epochs.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of that training.")
@device_option
@click.option("--network", help="Without weights: its size by name, such as nats. [default: the space's first]")
@pairs_option("--network-set", "more", "Without weights: a number of the network, such as channels=32", "NAME=NUMBER")
@click.option("--run", help="The search that found it, by its id, for the card.")
@click.option("--int8", is_flag=True, help="Also an ONNX file with weights of 8 bits, and the accuracy with it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The .zip to write.")
@json_option
def command(
    arch: str,
    notation: str | None,
    benchmark: str,
    dataset: str | None,
    weights: Path | None,
    epochs: int | None,
    seed: int,
    device: str,
    network: str | None,
    more: Mapping[str, str],
    run: str | None,
    int8: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Write ARCH as plain PyTorch, with weights as an ONNX file and a script too, and with a card. Needs torch."""
    if weights and epochs:
        raise click.UsageError("give the weights of a training or the epochs of a new one, and not both")
    if (weights or epochs) and (network or more):
        raise click.UsageError("--network and --network-set are for a model without weights")
    if weights:
        model = _of_file(weights, arch, notation, dataset)
    elif epochs:
        recipe = recipe_of(benchmark, dataset)
        recipe = replace(recipe, protocol=replace(recipe.protocol, seed=seed, epochs=epochs))
        parsed = _canonical(recipe.make_space(), arch, notation)
        check_device(device)
        again = f"python -m nas_core export '{arch}' --benchmark {benchmark} --dataset {recipe.dataset} "
        again += f"--epochs {epochs} --seed {seed} --out FILE.zip"
        model = _just_trained(recipe, parsed, device, again, as_json)
    else:
        recipe = _plain(benchmark, dataset, network, more)
        model = Model(recipe, parse_arch(recipe.make_space(), arch, notation))
    model = replace(model, facts=export.facts(benchmark, model) | (_search(run, model) if run else {}))
    bundle = export.write(model, out, int8 and model.trained is not None)
    agreement = bundle.agreement
    if as_json:
        accuracy = 100 * model.trained.right / model.trained.answers if model.trained else None
        emit(
            {"file": str(out), "sizes": bundle.sizes, "test_acc": accuracy}
            | ({"difference": agreement.difference, "allowed": agreement.allowed} if agreement else {})
            | ({"int8": {"val_acc": bundle.int8[1], "val_acc_before": bundle.int8[0]}} if bundle.int8 else {})
        )
        return
    table(("file", "bytes"), [(name, f"{size:,}") for name, size in sorted(bundle.sizes.items())])
    if agreement:
        click.echo(f"\nThe logits of onnxruntime {agreement.words}.")
    if bundle.int8:
        click.echo(f"Validation accuracy: {bundle.int8[0]:.2f} %, with weights of 8 bits {bundle.int8[1]:.2f} %.")
    click.echo(f"\n{out} holds them, in a folder {out.stem}; begin with its README.md")


def _canonical(space: SearchSpace, arch: str, notation: str | None) -> Arch:
    return space.canonical(parse_arch(space, arch, notation))


def _of_file(weights: Path, arch: str, notation: str | None, dataset: str | None) -> Model:
    """The model whose weights are in a file; ValueError if they are of another architecture or dataset."""
    record, tensors = trained.load(weights)
    space = record.recipe.make_space()
    if _canonical(space, arch, notation) != space.canonical(record.arch):
        raise ValueError(f"{weights} holds weights of {space.text(record.arch)}, and not of {arch}; name that one")
    if dataset not in (None, record.recipe.dataset):
        raise ValueError(f"{weights} was trained on {record.recipe.dataset}, and not on {dataset}; leave out --dataset")
    return Model(record.recipe, record.arch, record, tensors)


def _just_trained(recipe: Recipe, arch: Arch, device: str, again: str, as_json: bool) -> Model:
    """Train now, showing the epochs."""
    nets: list[Any] = []

    def steps():
        record, net = yield from resuming.train(recipe, arch, recipe.load(), None, device, again)
        nets.append(net)
        return record, net

    record = follow(steps(), as_json)
    return Model(recipe, arch, record, nets[0].to("cpu").state_dict())


def _search(run: str, model: Model) -> dict[str, str]:
    """{what: sentence} on the search that found the architecture; ValueError if it is not of the saved run."""
    events = Store(run_folder("runs")).read(run) if is_id(run) else []
    if not events:
        raise ValueError(f"there is no saved run {run!r}; its id is what `run` says at its end")
    space, history = model.recipe.make_space(), History.of(events)
    if model.arch not in map(space.canonical, history.archs) and model.arch not in history.archs:
        raise ValueError(f"run {run} did not train {space.text(model.arch)}; leave out --run, or name the run that did")
    return {"Search": f"`{repeated_by(history.spec)}`"}


def _plain(benchmark: str, dataset: str | None, network: str | None, more: Mapping[str, str]) -> Recipe:
    """Without weights: the network of that name, with what was changed; ValueError for a wrong name or number."""
    plugin = benchmark_class(benchmark)
    space = plugin.space
    recipe = live.recipe_of(space, dataset or plugin.datasets[0])
    name = network or next(iter(space.networks))
    if name not in space.networks:
        raise ValueError(f"no network {name!r} of the {space.title()} space; there are: {', '.join(space.networks)}")
    for key, value in more.items():
        if not value.isdecimal() or not int(value):
            raise ValueError(f"{key} of a network must be a whole number of at least 1; it is {value!r}")
    return replace(
        recipe, network={**space.networks[name].settings, **{key: int(value) for key, value in more.items()}}
    )
