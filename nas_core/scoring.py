"""Scores many networks by zero-cost proxies: in this process, in others, or on a cluster; resumable.

Proxies share their passes and isomorphic cells are scored once; on a GPU, many cells at a time as one network. What a
score is depends on the network and the settings only: neither on the order, nor on the worker, nor on other proxies.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core import datasets, executors, plugins, proxies, torch_state
from nas_core.datasets import Dataset
from nas_core.places import data_place
from nas_core.proxies import Ensemble, Proxy
from nas_core.sources import files, live, scores
from nas_core.sources.chunks import Recipe
from nas_core.sources.scores import NOISE, ScoreRow, Scoring

if TYPE_CHECKING:
    from nas_core.proxies.passes import Batch, Passes

TOGETHER = 16  # networks at a time on a GPU; fewer where its memory does not suffice
Task = tuple[int, tuple[str, ...]]  # row, and the proxies that score it
_DEAD = "; nothing of the image reaches the output"


def single(names: Sequence[str]) -> list[str]:
    """The proxies that score one network, for `names` that may be ensembles; ValueError for one there is none of."""
    out: dict[str, None] = {}
    for name in names:
        plugin = plugins.get(Proxy, name)
        out |= dict.fromkeys(plugin.members if issubclass(plugin, Ensemble) else [name])
    return list(out)


def individual_proxies() -> set[str]:
    """The proxies by which isomorphic cells may differ."""
    return {name for name, plugin in plugins.find(Proxy).items() if not plugin.shared}


def parts(scoring: Scoring, row: int, names: Sequence[str]) -> list[Task]:
    """What says all of `names` about architecture `row`: itself for what may differ between isomorphic ones, and the
    first of its isomorphism class for the rest."""
    space, different = scoring.make_space(), individual_proxies()
    alone = tuple(name for name in names if name in different)
    shared = tuple(name for name in names if name not in different)
    first = space.index(space.canonical(space.arch(row)))
    return [(at, some) for at, some in ((row, alone), (first, shared)) if some]


def tasks(scoring: Scoring, rows: Sequence[int], names: Sequence[str]) -> list[Task]:
    """What must be scored so that every proxy of `names` knows every one of `rows`: each network once."""
    by_row: dict[int, dict[str, None]] = {}
    for at, some in (task for row in rows for task in parts(scoring, row, names)):
        by_row.setdefault(at, {}).update(dict.fromkeys(some))
    return [(row, tuple(some)) for row, some in by_row.items()]


def sample(scoring: Scoring, count: int) -> list[int]:
    """`count` rows drawn once for ever, without repetition: a smaller sample is part of every larger one."""
    space = scoring.make_space()
    return [space.index(arch) for arch in space.draw(np.random.default_rng(6), count)]


def sweep(
    scoring: Scoring,
    rows: Sequence[int],
    names: Sequence[str],
    executor: str = "serial",
    save: bool = True,
    device: str = "cpu",
) -> Generator[ScoreRow]:
    """What each of `tasks` gives, once: the saved ones first, then as they finish; in the end the table is written.

    executor: see `executors.KINDS`. device: "cpu", or "cuda" for one GPU and this process alone. With `save`, a score
    is in the log before it is yielded, so a sweep that was stopped goes on where it was, and the table is written
    however it ends. ValueError, before anything is scored, for an unknown proxy or executor, or where the images are
    missing; RuntimeError without such a device.
    """
    check_device(device, executor)
    names = single(names)
    scores_on_disk, todo = scores.read(scoring) if save else {}, list[Task]()
    batches(scoring)
    for row, choice in tasks(scoring, rows, names):
        missing = tuple(n for n in choice if row not in scores_on_disk or n not in scores_on_disk[row].values)
        if missing:
            todo.append((row, missing))
        else:
            yield scores_on_disk[row]
    try:
        for one in _score(scoring, todo, executor, device):
            if save:
                scores.append(scoring, one)
            yield scores.merged(scores_on_disk[one.row], one) if one.row in scores_on_disk else one
    finally:
        if save and scoring.log.exists() and scoring.make_space().exhaustive:
            scores.save(scoring, individual_proxies())


def check_device(device: str, executor: str = "serial") -> None:
    """ValueError or RuntimeError in words if nothing can be scored there."""
    if device == "cpu":
        return
    if device != "cuda":
        raise ValueError(f"no device {device!r} to score on; there are: cpu, cuda")
    if executor != "serial":
        raise ValueError(f"a GPU is used by one process; score without {executor!r}, or on the CPU")
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError("torch finds no CUDA device on this machine; leave out the device to score on the CPU")


def _score(scoring: Scoring, todo: Sequence[Task], executor: str, device: str) -> Generator[ScoreRow]:
    """What each of `todo` gives, as they finish."""
    if device == "cpu":
        calls = [(scoring, row, choice) for row, choice in todo]
        for (_, row, choice), one, error in executors.call_all(executor, score, calls):
            yield _failure(row, choice, error) if error is not None else one
        return
    todo = sorted(todo)  # neighbours have most of their operations in common
    for at in range(0, len(todo), TOGETHER):
        yield from score_together(scoring, todo[at : at + TOGETHER], device)


def _failure(row: int, names: Sequence[str], error: BaseException) -> ScoreRow:
    """A network of which nothing is known but why."""
    reason = f"it could not be scored, perhaps because memory ran out: {type(error).__name__}: {error}"
    return ScoreRow(row, dict.fromkeys(names, math.nan), dict.fromkeys(names, math.nan), dict.fromkeys(names, reason))


@torch_state.own_state()
def score(scoring: Scoring, row: int, names: Sequence[str]) -> ScoreRow:
    """Score one network with `names`, none of them an ensemble, on one thread; a proxy that fails says why."""
    return score_together(scoring, [(row, tuple(names))])[0]


def score_together(scoring: Scoring, todo: Sequence[Task], device: str = "cpu") -> list[ScoreRow]:
    """Score several networks on `device`, those of which it is possible as one network; what fails says why.

    Where the memory of the device does not suffice, halves of `todo` are scored one after the other.
    """
    import torch

    try:
        with _exactly():
            return _score_together(scoring, todo, device)
    except (RuntimeError, MemoryError) as error:  # out of memory is a RuntimeError
        if len(todo) == 1:
            return [_failure(*todo[0], error)]
    if device != "cpu":
        torch.cuda.empty_cache()
    half = len(todo) // 2
    return [one for part in (todo[:half], todo[half:]) for one in score_together(scoring, part, device)]


def _score_together(scoring: Scoring, todo: Sequence[Task], device: str) -> list[ScoreRow]:
    """RuntimeError or MemoryError if memory runs out."""
    from nas_core.proxies.passes import Batch, Passes, now
    from nas_core.proxies.passes.batched import fill, fits

    began = now(device)
    first, second = (Batch(b.images.to(device), b.labels.to(device)) for b in batches(scoring))
    nets = [network(scoring, row).to(device) for row, _ in todo]
    scorers = [[proxies.create(name) for name in names] for _, names in todo]
    needs = [frozenset().union(*(proxy.needs for proxy in some)) for some in scorers]
    thins = [lambda row=row: network(scoring, row, thin=True).to(device) for row, _ in todo]
    passes = [
        Passes(net, first, second, n, scoring.seed, thin) for net, n, thin in zip(nets, needs, thins, strict=True)
    ]
    build = (now(device) - began) / len(todo)
    if len(todo) > 1 and fits(nets):
        fill(passes, nets, frozenset().union(*needs))
    rows = zip(todo, nets, scorers, passes, strict=True)
    return [replace(_scores_of(row, net, some, one, build), device=device) for (row, _), net, some, one in rows]


def _scores_of(row: int, net: Any, scorers: Sequence[Proxy], passes: Passes, build: float) -> ScoreRow:
    """The scores by `scorers` of one network that took `build` seconds to make."""
    values, seconds, errors = {}, {}, {}
    for proxy in scorers:
        try:
            values[proxy.name], took = passes.timed(partial(proxy.score, net, passes))
        except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:  # out of memory is a RuntimeError
            values[proxy.name], took, errors[proxy.name] = math.nan, math.nan, f"{type(error).__name__}: {error}"
        seconds[proxy.name] = took + build
        if not math.isfinite(values[proxy.name]) and proxy.name not in errors:
            errors[proxy.name] = f"the score is {values[proxy.name]}"
    passes.clear()
    if errors and _dead(net, passes.first):
        errors = {name: reason + _DEAD for name, reason in errors.items()}
    return ScoreRow(row, values, seconds, errors)


@contextmanager
def _exactly() -> Iterator[None]:
    """Within it, a GPU multiplies in the full single precision that the CPU has."""
    import torch

    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def _dead(net: Any, batch: Batch) -> bool:
    """True if the output is the same for two images."""
    import torch

    with torch.no_grad():
        logits = net.eval()(batch.images[:2])
    return bool(torch.equal(logits[0], logits[1]))


def network(scoring: Scoring, row: int, thin: bool = False) -> Any:
    """The untrained network of architecture `row`: equal weights for equal seeds, torch's random state untouched.

    thin: with one channel and one cell a stage instead; ValueError where the space has none.
    """
    import torch

    space, recipe = scoring.make_space(), _recipe(scoring)
    settings = dict(recipe.network if recipe else scoring.network.settings)
    if thin and space.thin is None:
        raise ValueError(f"counting regions needs a network of one channel; the {space.title()} space has none")
    with torch_state.own_state(threads=None):
        torch.manual_seed(scoring.seed)
        shape = inputs(scoring) | settings | (dict(space.thin or {}) if thin else {})
        return space.build(space.arch(row), classes(scoring), **shape)


def classes(scoring: Scoring) -> int:
    """How many kinds of inputs the networks tell apart."""
    return 10 if scoring.data == NOISE else plugins.get(Dataset, scoring.data).classes


def _recipe(scoring: Scoring) -> Recipe | None:
    """How the embedded table of these networks was trained on this data; None where there is none."""
    recipe = live.recipe(scoring.network.table, scoring.data) if scoring.network.table else None
    return recipe if recipe and recipe.dataset == scoring.data else None


def dataset(scoring: Scoring) -> Dataset | None:
    """The data as these networks are shown it; None for noise."""
    if scoring.data == NOISE:
        return None
    recipe = _recipe(scoring)
    small = plugins.get(Dataset, scoring.data).small_params(scoring.network.inputs[1])
    return datasets.create(scoring.data, **(recipe.dataset_params if recipe else small), **files.params(scoring.data))


def inputs(scoring: Scoring) -> dict[str, Any]:
    """What `build` is given for networks that read the data."""
    data, (channels, size) = dataset(scoring), scoring.network.inputs
    return {"in_channels": channels} if data is None or data.small_params(size) else data.inputs


def batches(scoring: Scoring) -> tuple[Batch, Batch]:
    """Two batches of `scoring.batch` inputs with labels; FileNotFoundError or ValueError in words without so many."""
    return _batches(scoring, data_place())


@lru_cache(maxsize=4)
def _batches(scoring: Scoring, _: object) -> tuple[Batch, Batch]:
    """In one data folder a name never stands for other data; in another visitor's it may."""
    import torch

    from nas_core.proxies.passes import Batch

    images, labels = _images(scoring)
    if len(labels) < 2 * scoring.batch:
        least = f"two batches of {scoring.batch}, and {scoring.data} has {len(labels):,} inputs to train on"
        raise ValueError(f"proxies are shown {least}; choose a batch of at most {len(labels) // 2}")
    pick = np.random.default_rng([scoring.seed, 4]).permutation(len(labels))[: 2 * scoring.batch]
    kind = np.int64 if scoring.kind == "tokens" else np.float32
    tensors = torch.from_numpy(images[pick].astype(kind)), torch.from_numpy(labels[pick].astype(np.int64))
    first, second = (Batch(x, y) for x, y in zip(*(t.split(scoring.batch) for t in tensors), strict=True))
    return first, second


def _images(scoring: Scoring) -> tuple[np.ndarray, np.ndarray]:
    """At least two batches: inputs as in `datasets.Split`; labels int[n] of `classes` kinds."""
    data, (channels, size) = dataset(scoring), scoring.network.inputs
    if data is None:
        rng = np.random.default_rng([scoring.seed, 5])
        return rng.standard_normal((2 * scoring.batch, channels, size, size)), rng.integers(0, 10, 2 * scoring.batch)
    split = data.load()["train"]
    return np.repeat(split.images, channels, axis=1) if data.small_params(size) else split.images, split.labels
