"""Scores many networks by zero-cost proxies: in this process, in others, or on a cluster; resumable.

Proxies share their passes and isomorphic cells are scored once. What a score is depends on the network and the settings
only: neither on the order, nor on the worker, nor on the other proxies.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core import datasets, executors, plugins, proxies
from nas_core.proxies import Ensemble, Proxy
from nas_core.sources import cifar, live, scores
from nas_core.sources.scores import COLOUR, Scored, Scoring

if TYPE_CHECKING:
    from nas_core.proxies._passes import Batch

Task = tuple[int, tuple[str, ...]]  # row, and the proxies that score it
_CLUTTER = dict(size=32, fragments=8, train=2048, held_out=64)  # digits for NATS-Bench's network
_DEAD = "; nothing of the image reaches the output"


def single(names: Sequence[str]) -> list[str]:
    """The proxies that score one network, for `names` that may be ensembles; ValueError for one there is none of."""
    out: dict[str, None] = {}
    for name in names:
        plugin = plugins.get(proxies.__name__, Proxy, name)
        out |= dict.fromkeys(plugin.members if issubclass(plugin, Ensemble) else [name])
    return list(out)


def own() -> set[str]:
    """The proxies by which isomorphic cells may differ."""
    return {name for name, plugin in plugins.find(proxies.__name__, Proxy).items() if plugin.own}


def parts(scoring: Scoring, row: int, names: Sequence[str]) -> list[Task]:
    """What says all of `names` about architecture `row`: itself for what may differ between isomorphic ones, and the
    first of its isomorphism class for the rest."""
    space, different = scoring.make_space(), own()
    alone = tuple(name for name in names if name in different)
    shared = tuple(name for name in names if name not in different)
    first = space.index(space.canonical(space.arch(row)))
    return [(at, some) for at, some in ((row, alone), (first, shared)) if some]


def tasks(scoring: Scoring, rows: Sequence[int], names: Sequence[str]) -> list[Task]:
    """What must be scored so that every proxy of `names` knows every one of `rows`: each network once."""
    wanted: dict[int, dict[str, None]] = {}
    for at, some in (task for row in rows for task in parts(scoring, row, names)):
        wanted.setdefault(at, {}).update(dict.fromkeys(some))
    return [(row, tuple(some)) for row, some in wanted.items()]


def sample(scoring: Scoring, count: int) -> list[int]:
    """`count` rows drawn once for ever, without repetition: a smaller sample is part of every larger one."""
    return np.random.default_rng(6).permutation(len(scoring.make_space()))[:count].tolist()


def sweep(
    scoring: Scoring, rows: Sequence[int], names: Sequence[str], executor: str = "serial", save: bool = True
) -> Generator[Scored]:
    """What each of `tasks` gives, once: the saved ones first, then as they finish; in the end the table is written.

    executor: see `executors.KINDS`. With `save`, a score is in the log before it is yielded, so a sweep that was
    stopped goes on where it was, and the table is written however it ends. ValueError, before anything is scored, for
    an unknown proxy or executor, or where the images are missing.
    """
    names = single(names)
    known = scores.read(scoring) if save else {}
    todo: list[Task] = []
    batches(scoring)
    for row, wanted in tasks(scoring, rows, names):
        missing = tuple(n for n in wanted if row not in known or n not in known[row].values)
        if missing:
            todo.append((row, missing))
        else:
            yield known[row]
    try:
        calls = [(scoring, row, wanted) for row, wanted in todo]
        for (_, row, wanted), one, error in executors.call_all(executor, score, calls):
            one = _lost(row, wanted, error) if error is not None else one
            if save:
                scores.append(scoring, one)
            yield scores.merged(known[row], one) if row in known else one
    finally:
        if save and scoring.log.exists():
            scores.save(scoring, own())


def _lost(row: int, names: Sequence[str], error: BaseException) -> Scored:
    """A network of which nothing is known but why."""
    reason = f"its worker died, perhaps for want of memory: {type(error).__name__}: {error}"
    return Scored(row, dict.fromkeys(names, math.nan), dict.fromkeys(names, math.nan), dict.fromkeys(names, reason))


def score(scoring: Scoring, row: int, names: Sequence[str]) -> Scored:
    """Score one network with `names`, none of them an ensemble, on one thread; a proxy that fails says why."""
    import torch

    from nas_core.proxies._passes import Passes

    torch.set_num_threads(1)
    made = [proxies.create(name) for name in names]
    began = time.perf_counter()
    try:
        net = network(scoring, row)
        first, second = batches(scoring)
        needs = frozenset().union(*(proxy.needs for proxy in made))
        passes = Passes(net, first, second, needs, scoring.seed, lambda: network(scoring, row, thin=True))
    except (RuntimeError, MemoryError) as error:
        return _lost(row, names, error)
    build = time.perf_counter() - began
    values, seconds, errors = {}, {}, {}
    for proxy in made:
        try:
            values[proxy.name], took = passes.timed(partial(proxy.score, net, passes))
        except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:  # out of memory is a RuntimeError
            values[proxy.name], took, errors[proxy.name] = math.nan, math.nan, f"{type(error).__name__}: {error}"
        seconds[proxy.name] = took + build
        if not math.isfinite(values[proxy.name]) and proxy.name not in errors:
            errors[proxy.name] = f"the score is {values[proxy.name]}"
    passes.clear()
    if errors and _dead(net, first):
        errors = {name: said + _DEAD for name, said in errors.items()}
    return Scored(row, values, seconds, errors)


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

    channels, _ = shape(scoring)
    space = scoring.make_space()
    settings: dict[str, Any] = {"in_channels": channels}
    if scoring.space == "topology":
        settings |= dict(channels=1, cells=1) if thin else _width(scoring)
    elif thin:
        raise ValueError("a network of the size space is its widths, so there is none of one channel")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(scoring.seed)
        return space.build(space.arch(row), classes(scoring), **settings)


def classes(scoring: Scoring) -> int:
    """How many kinds of images the networks tell apart."""
    return 100 if scoring.data == "cifar100" else 10


def _width(scoring: Scoring) -> dict[str, Any]:
    recipe = live.recipe("pocket_topology") if scoring.net == "pocket" else None
    return recipe.network if recipe else dict(channels=16, cells=5)


def shape(scoring: Scoring) -> tuple[int, int]:
    """(channels, pixels a side) of the images."""
    return (1, 12) if scoring.net == "pocket" else (3, 32)


@lru_cache(maxsize=4)
def batches(scoring: Scoring) -> tuple[Batch, Batch]:
    """Two batches of `scoring.batch` images with labels; FileNotFoundError in words where CIFAR is not here."""
    import torch

    from nas_core.proxies._passes import Batch

    images, labels = _images(scoring)
    rng = np.random.default_rng([scoring.seed, 4])
    pick = rng.permutation(len(labels))[: 2 * scoring.batch]
    held = torch.from_numpy(images[pick].astype(np.float32)), torch.from_numpy(labels[pick].astype(np.int64))
    first, second = (Batch(x, y) for x, y in zip(*(t.split(scoring.batch) for t in held), strict=True))
    return first, second


def _images(scoring: Scoring) -> tuple[np.ndarray, np.ndarray]:
    """At least two batches: images float[n, channels, size, size], standardised; labels int[n] of `classes` kinds."""
    channels, size = shape(scoring)
    if scoring.data == "noise":
        rng = np.random.default_rng([scoring.seed, 5])
        n = 2 * scoring.batch
        return rng.standard_normal((n, channels, size, size)), rng.integers(0, 10, n)
    if scoring.data in COLOUR:
        data = datasets.create(scoring.data, **cifar.params(scoring.data)).load()["train"]
        return data.images, data.labels
    recipe = live.recipe("pocket_topology") if scoring.net == "pocket" else None
    data = datasets.create("cluttered_digits", **(recipe.dataset_params if recipe else _CLUTTER)).load()["train"]
    return np.repeat(data.images, channels, axis=1), data.labels
