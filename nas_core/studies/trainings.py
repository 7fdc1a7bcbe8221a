"""Several networks trained for real side by side, epoch by epoch, with a closer look at what each has learned."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core import plugins, resuming, spaces, torch_state, trained
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.datasets import Dataset, Split
from nas_core.history import History
from nas_core.sources import live, user_table
from nas_core.sources.chunks import METRICS
from nas_core.spaces import SearchSpace
from nas_core.studies import fronts, landscape
from nas_core.types import Objective, counted

if TYPE_CHECKING:
    from nas_core.nets.cell_network import CellNetwork
    from nas_core.nets.size_network import SizeNetwork

MOST = 12  # networks side by side
UNKNOWN = "…"  # for a word that no network knows
PICTURES = 4  # images whose activations are recorded


@dataclass(frozen=True, eq=False)
class Examples:
    """Test images or texts that every network classifies: the first of each class."""

    images: np.ndarray  # float32[classes, size, size], from 0 (black) to 1; of texts none
    labels: np.ndarray  # int64[classes]
    texts: tuple[str, ...] = ()  # of each class, as networks read it
    names: tuple[str, ...] = ()  # of the classes, where there are texts


@dataclass(frozen=True, eq=False)
class Inspection:
    """One network's answers to the test images."""

    confusion: np.ndarray  # int64[classes, classes]: rows are the truth, columns the answers
    answers: np.ndarray  # int64[classes], to the `Examples`
    confidence: np.ndarray  # float64[classes], percent, the probability it gives its answer
    maps: tuple[np.ndarray, ...]  # a cell each: float32[PICTURES, 6, h, w], h = 1 of texts, see `activations.edge_maps`
    ops: tuple[str, ...]  # on the six edges of every cell


@dataclass(frozen=True, eq=False)
class NetworkEpoch:
    """One epoch of one network; `inspection` is None of those before the last one of a training that was stopped."""

    row: int  # of the network, `space.index`
    number: int  # from 1
    metrics: Mapping[str, float]  # train_acc … test_loss
    seconds: float  # real, of the training part
    inspection: Inspection | None


@torch_state.own_state_of_steps()
def train(table: str, dataset: str, rows: Sequence[int], seed: int) -> Generator[Examples | NetworkEpoch]:
    """Train the networks by the recipe of `table` on that dataset, in turns of an epoch; first come the `Examples`.

    Needs torch. As by `models.train`, the first of each isomorphism class is trained, and what was stopped goes on.
    ValueError for a table without recipe.
    """
    recipe = live.recipe(table, dataset)
    if recipe is None:
        raise ValueError(f"{table} was not trained by this project, so there is no recipe to follow")
    from nas_core import models

    recipe = replace(recipe, protocol=replace(recipe.protocol, seed=seed))
    space, data = recipe.make_space(), recipe.load()
    positions = _first_of_each_class(data["test"])
    yield _examples(recipe.make_dataset(), data["test"], positions)
    runs = {}
    for row in rows:
        arch, choice = space.canonical(space.arch(row)), models.Choice(table, recipe.dataset, row, seed)
        net, file = recipe.initial(arch, seed), models.place(choice)
        before = resuming.epochs_done(file) if file else 0
        runs[row] = resuming.train(recipe, arch, data, file, command=choice.command, net=net), net, before
    while runs:
        for row, (run, net, before) in list(runs.items()):
            if (epoch := next(run, None)) is None:
                del runs[row]
                continue
            look = inspect(net, data["test"], positions) if epoch["epoch"] >= before else None
            numbers = {name: epoch[name] for name in METRICS}
            yield NetworkEpoch(row, int(epoch["epoch"]), numbers, epoch["seconds"], look)


def inspect(net: CellNetwork | SizeNetwork, test: Split, positions: np.ndarray) -> Inspection:
    """The answers of `net` to the test images; positions: int[k], of the examples."""
    import torch

    from nas_core.nets.activations import cells_of, edge_maps

    images = torch.from_numpy(np.array(test.images))
    with torch.no_grad():
        chances = net.eval()(images).softmax(1).double().numpy()
    answers = chances.argmax(1)
    confusion = trained.confusion(test.labels, answers, chances.shape[1])
    maps = tuple(edge_maps(net, images[positions[:PICTURES]]))
    return Inspection(confusion, answers[positions], 100 * chances[positions].max(1), maps, cells_of(net)[0].ops)


def _first_of_each_class(split: Split) -> np.ndarray:
    """int64[classes]: where each label occurs first."""
    return np.unique(split.labels, return_index=True)[1]


def _examples(dataset: Dataset, split: Split, positions: np.ndarray) -> Examples:
    if dataset.kind == "tokens":
        words = ("", UNKNOWN, *dataset.preprocessing()["words"])
        texts = (" ".join(filter(None, (words[token] for token in row))) for row in split.images[positions].tolist())
        return Examples(np.empty(0), split.labels[positions], tuple(texts), tuple(dataset.class_names()))
    grey = split.images[positions].mean(1)
    low, high = grey.min((1, 2), keepdims=True), grey.max((1, 2), keepdims=True)
    return Examples((grey - low) / (high - low), split.labels[positions])


def epochs_of(items: Sequence[Any], row: int) -> list[NetworkEpoch]:
    """Of what a training has yielded so far, the epochs of one network."""
    return [item for item in items if isinstance(item, NetworkEpoch) and item.row == row]


def draft(space: SearchSpace, items: Sequence[Any]) -> user_table.TableDraft:
    """The numbers of a training as a table of one's own that can be saved.

    Such a table covers the whole space of that name, of which `space` may be a part: fewer widths in the size space.
    """
    whole = spaces.create(space.name)
    columns: dict[str, np.ndarray] = {}
    for epoch in (item for item in items if isinstance(item, NetworkEpoch)):
        row = whole.index(whole.parse(space.text(space.arch(epoch.row))))
        for name, value in epoch.metrics.items():
            columns.setdefault(f"{name}@{epoch.number}", np.full(len(whole), np.nan))[row] = value
        seconds = sum(e.seconds for e in epochs_of(items, epoch.row) if e.number <= epoch.number)
        columns.setdefault(f"train_s@{epoch.number}", np.full(len(whole), np.nan))[row] = seconds
    return user_table.TableDraft(space.name, columns)


def best_of_table(table: Table, count: int = 10) -> list[int]:
    """The best networks by validation accuracy, each isomorphism class once."""
    return landscape.best(table, "val_acc", count, landscape.distinct(table.space)).tolist()


def front_of_table(table: Table) -> list[int]:
    """The exact Pareto front of test accuracy and multiply-adds, evenly thinned to MOST networks."""
    front = fronts.FrontTask(table, (Objective("test_acc"), Objective("flops_m", "min"))).front
    picks = np.unique(np.linspace(0, len(front) - 1, min(MOST, len(front))).round().astype(int))
    return front[picks].tolist()


def best_of_run(history: History, table: Table) -> list[int]:
    """The ten best different networks that a search trained within its limits, by what it saw of the longest trainings
    first."""
    losses = np.where(history.feasible(), history.losses[:, 0], np.inf)
    order = np.lexsort((losses, -history.epochs))
    rows = [table.space.index(history.archs[i]) for i in order if np.isfinite(losses[i])]
    return list(dict.fromkeys(rows))[:10]


def spread(table: Table, count: int) -> list[int]:
    """`count` networks from the best to the worst by validation accuracy, at equal distances in rank."""
    rows = landscape.best(table, "val_acc", len(table.space), landscape.distinct(table.space))
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)].tolist()


def inputs_of(table: Table) -> str:
    """What the networks of the table tell apart."""
    plugin = plugins.find(Dataset).get(table.dataset)
    return {"tokens": "texts", "sequence": "signals"}.get(plugin.kind if plugin else "", "images")


def reading(table: Table, rows: Sequence[int], items: Sequence[Any]) -> str:
    """One sentence on who does best, and whether the table agrees."""
    last = {row: epochs_of(items, row)[-1] for row in rows if epochs_of(items, row)}
    tabulated = {row: float(table.column("val_acc", last[row].number)[row]) for row in last}
    leader = max(last, key=lambda row: last[row].metrics["val_acc"])
    value, after = last[leader].metrics["val_acc"], last[leader].number
    epochs, name = counted(after, "epoch"), table.space.noun.capitalize()
    if len(last) == 1:
        text = "" if np.isnan(tabulated[leader]) else f"; the table says {tabulated[leader]:.2f} %"
        return f"{name} {leader} reaches {value:.2f} % on validation {inputs_of(table)} after {epochs}{text}."
    text = f"{name} {leader} leads after {epochs} with {value:.2f} % on validation {inputs_of(table)}"
    if np.isnan(list(tabulated.values())).any():
        return f"{text}."
    favourite = max(tabulated, key=lambda row: tabulated[row])
    if favourite == leader:
        return f"{text}; in the table it leads too."
    return f"{text}; in the table, {table.space.noun} {favourite} does."


def again(table: Table) -> str:
    """How far a training here can end from the table's value, with any seed, for somebody about to start one; "" if
    the noise of the table was not measured."""
    if not isinstance(table, PocketTable):
        return ""
    several, deviation = len(table.seeds), table.noise()["epochs"][-1]["sd"]
    points = math.sqrt(2 / math.pi * (1 + 1 / several)) * deviation  # mean distance of a normal value and a mean
    seed = "the table's seed" if several == 1 else "a seed of the table"
    return (
        f"Expect a validation accuracy that differs from the table's by {points:.1f} points on average, also with "
        f"{seed}: over a whole training, rounding grows until it is worth another seed. Those that lead "
        "the table had luck there too, and tend to fall."
    )
