"""Trainings that go on where they were stopped, also by a crash: a checkpoint after each epoch beside the file to be.

In the end that file holds the network as `nas_core.trained` writes it.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core import torch_state
from nas_core.datasets import Split
from nas_core.sources.chunks import Recipe
from nas_core.trained import Trained, load, record, save, tested_on
from nas_core.types import Arch

if TYPE_CHECKING:
    from nas_core.training import State

_PARTS = ("weight.", "momentum.")  # of a checkpoint


def keep(file: Path, so_far: Trained, net: Any, state: State) -> None:
    """Write the checkpoint of a training that is to end in `file`; `so_far` says what it has done."""
    save(_checkpoint(file), so_far, _tensors(net, state))


def resume(file: Path, plain: Trained, net: Any, state: State) -> list[dict[str, float]]:
    """Bring `net` and `state` to the checkpoint of `file`; returns the epochs until then, none if there is none.

    ValueError if it is of another training than `plain`.
    """
    if not _checkpoint(file).is_file():
        return []
    so_far, tensors = load(_checkpoint(file))
    _check(_checkpoint(file), so_far, plain)
    part = {kind: {k.removeprefix(kind): v for k, v in tensors.items() if k.startswith(kind)} for kind in _PARTS}
    net.load_state_dict(part["weight."])
    state.epochs, state.rate, state.momenta = len(so_far.epochs), float(tensors["rate"]), part["momentum."]
    return [dict(epoch) for epoch in so_far.epochs]


def epochs_done(file: Path) -> int:
    """How many epochs of a training that is to end in `file` were done before it was stopped."""
    so_far = record(_checkpoint(file))
    return len(so_far.epochs) if so_far else 0


def forget(file: Path) -> None:
    """Remove the checkpoint of `file`."""
    _checkpoint(file).unlink(missing_ok=True)


@torch_state.own_state_of_steps(threads=None)
def train(
    recipe: Recipe,
    arch: Arch,
    data: Mapping[str, Split],
    file: Path | None = None,
    device: str = "cpu",
    command: str = "",
    net: Any = None,
) -> Generator[dict[str, float], None, tuple[Trained, Any]]:
    """Train `arch` by `recipe` on `data`: yields each epoch's number, metrics and seconds; returns what it has become.

    That is (how it was trained, the network), with the answers to the test inputs if `data` has some. With `file` the
    weights are kept there, and until then a checkpoint after every epoch: a training that was stopped goes on from it,
    and yields the earlier epochs first. `command` is kept as what repeats it. net: the `recipe.initial` one, for who
    wants to look at it between two epochs. ValueError if the checkpoint is of another training.
    """
    from nas_core import training

    net = recipe.initial(arch, recipe.protocol.seed) if net is None else net
    state, epochs = training.State(), list[dict[str, float]]()
    plain = Trained(recipe, arch, (), device=device, command=command)
    if file is not None:
        epochs = resume(file, plain, net, state)
        yield from epochs
    for epoch in training.train(net, data, recipe.protocol, device, state):
        epochs.append(epoch.record)
        if file is not None:
            keep(file, replace(plain, epochs=tuple(epochs)), net, state)
        yield epochs[-1]
        if training.stalled([each["val_loss"] for each in epochs if "val_loss" in each], recipe.protocol.patience):
            break
    trained = replace(plain, epochs=tuple(epochs))
    if "test" in data:
        trained = tested_on(trained, net, data["test"])
    if file is not None:
        save(file, trained, net.state_dict())
        forget(file)
    return trained, net


def train_final(
    recipe: Recipe,
    arch: Arch,
    data: Mapping[str, Split],
    seeds: Sequence[int],
    file: Path,
    device: str = "cpu",
    command: str = "",
) -> Generator[dict[str, float], None, tuple[Trained, Any]]:
    """Train `arch` on the inputs for training and validation together, once with each seed, and keep one in `file`.

    Yields and returns as `train` does, epochs with their seed. The kept one has the least training loss over its last
    epoch; only then, and only with it, the test inputs are looked at. What was stopped goes on where it was.
    """
    parts = [data["train"], data["val"]]
    joined = {"train": Split(np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts]))}
    runs, files = list[tuple[Trained, Any]](), [file.with_name(f"{file.name}.seed{seed}") for seed in seeds]
    for seed, place in zip(seeds, files, strict=True):
        own = replace(recipe, protocol=replace(recipe.protocol, seed=seed))
        if place.is_file():
            trained, tensors = load(place)
            _check(place, trained, Trained(own, arch, ()))
            net = own.network_of(arch)
            net.load_state_dict(tensors)
            yield from ({"seed": seed, **epoch} for epoch in trained.epochs)
        else:
            epochs = train(own, arch, joined, place, device, command)
            trained, net = yield from _with_seed(epochs, seed)
        runs.append((trained, net.to(device)))
    losses = [trained.epochs[-1]["train_loss"] for trained, _ in runs]
    best, net = runs[int(np.argmin(losses))]
    best = tested_on(replace(best, seeds=tuple(seeds), losses=tuple(losses)), net, data["test"])
    save(file, best, net.state_dict())
    for place in files:
        place.unlink(missing_ok=True)
    return best, net


def _with_seed(
    epochs: Generator[dict[str, float], None, tuple[Trained, Any]], seed: int
) -> Generator[dict[str, float], None, tuple[Trained, Any]]:
    while True:
        try:
            epoch = next(epochs)
        except StopIteration as end:
            return end.value
        yield {"seed": seed, **epoch}


def _checkpoint(file: Path) -> Path:
    return file.with_name(f"{file.name}.checkpoint")


def _tensors(net: Any, state: State) -> dict[str, Any]:
    """What a checkpoint holds: weights and momenta, and the learning rate as the number that it is."""
    import torch

    weights = {f"weight.{name}": tensor for name, tensor in net.state_dict().items()}
    momenta = {f"momentum.{name}": tensor for name, tensor in state.momenta.items()}
    return {**weights, **momenta, "rate": torch.tensor(state.rate, dtype=torch.float64)}


def _check(file: Path, checkpoint: Trained, training: Trained) -> None:
    """ValueError in one sentence if `file` is of another training than `training`."""
    if (checkpoint.recipe, checkpoint.arch) != (training.recipe, training.arch):
        raise ValueError(
            f"{file} is of another training ({checkpoint.recipe.dataset}, {checkpoint.recipe.protocol.epochs} epochs, "
            f"seed {checkpoint.recipe.protocol.seed}); save to another file, or remove this one"
        )
