"""How networks are trained here: as those of an embedded table were, by the usual protocol, or as NATS-Bench did."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import replace

from nas_core import datasets, plugins
from nas_core.datasets import Dataset
from nas_core.sources import by_size, files
from nas_core.sources.chunks import Recipe
from nas_core.spaces import SearchSpace
from nas_core.training import Protocol


def recipe(table: str, dataset: str = "") -> Recipe | None:
    """How the cells of the table of that name were trained on `dataset`, by default its first.

    None for a table that this project did not train.
    """
    name = f"nas_core.sources.{table}"
    pockets = getattr(importlib.import_module(name), "POCKETS", {}) if importlib.util.find_spec(name) else {}
    pocket = pockets.get(dataset or next(iter(pockets), ""))
    return pocket.recipe if pocket else None


def recipe_on(table: str, dataset: str) -> Recipe:
    """How `table` trains on `dataset`, by default its first; another one is trained on as the first is, but as long
    and as fast as fits its kind and size.

    ValueError without a recipe, or where its networks do not read inputs of that kind.
    """
    base = recipe(table, dataset) or recipe(table)
    if base is None:
        raise ValueError(f"{table} was not trained by this project, so there is no recipe to follow")
    return _on_dataset(base, dataset or base.dataset)


def recipe_of(space: SearchSpace, dataset: str) -> Recipe:
    """How networks of `space` are trained on `dataset`: as those of its embedded table, or by the usual protocol; see
    `by_size` for data that the table knows nothing of.

    ValueError in one sentence if they do not read inputs of its kind.
    """
    table = f"pocket_{space.name}"
    base = recipe(table, dataset) or recipe(table)
    return _on_dataset(base or Recipe(space.name, "", {}, {}, Protocol(), plugins.settings(space)), dataset)


def nats_recipe(space: SearchSpace, dataset: str) -> Recipe:
    """How NATS-Bench trained the networks of `space`, for its 200 epochs: at their own size, on images of `dataset`.

    As in configs/nas-benchmark and exps/NATS-Bench of its code (arXiv:2009.00437): SGD with Nesterov momentum 0.9,
    weight decay 5e-4, batches of 256 with the last incomplete one, learning rate 0.1 on a cosine over epochs, no
    warm-up, images mirrored and shifted by up to an eighth of their side. Its numbers of CIFAR-10 for which there are
    validation accuracies come from half of the training images, which is what `dataset` gives; those of CIFAR-100 come
    from all of them. ValueError in one sentence for a space or a dataset that it cannot be.
    """
    if "nats" not in space.networks:
        raise ValueError(f"NATS-Bench trained networks of the topology and size spaces, and none of {space.name}")
    plugin = plugins.get(Dataset, dataset)
    if plugin.kind != "image":
        raise ValueError(f"NATS-Bench's recipe is for images; {dataset} holds inputs of kind {plugin.kind}")
    data = datasets.create(dataset, **files.params(dataset))
    protocol = Protocol(epochs=200, batch=256, flip=True, crop=data.size // 8, steady=True, whole=True)
    network = dict(space.networks["nats"].settings)
    return Recipe(space.name, dataset, {}, network, protocol, plugins.settings(space))


def _on_dataset(base: Recipe, dataset: str) -> Recipe:
    space = base.make_space()
    if not space.kinds:
        raise ValueError(space.refusal("image"))
    plugin = plugins.get(Dataset, dataset)
    if sentence := space.refusal(plugin.kind):
        raise ValueError(sentence)
    if base.dataset == dataset:
        return base
    return replace(base, dataset=dataset, dataset_params={}, protocol=by_size.protocol(plugin, base.protocol))
