"""The trainer itself as a benchmark: no table, what a search asks for is trained then; a subclass gives a space."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nas_core import datasets, growing, packages, plugins, proxies, resuming, scoring, stats, torch_state, trained
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.live._metrics import METRICS
from nas_core.datasets import Dataset, Split
from nas_core.places import data_place
from nas_core.plugins import param
from nas_core.sources import files, live, scores
from nas_core.sources.chunks import Recipe
from nas_core.spaces import SearchSpace
from nas_core.trained import Trained
from nas_core.training import Protocol
from nas_core.types import Arch, Outcome, Suggestion

if TYPE_CHECKING:
    import torch

LOW, HIGH = "_low", "_high"  # of the metrics that are the ends of the interval of another one
WARM_UP, TIMED = 3, 15  # passes of one input
BY_SIZE = "0: by kind and size of the data"
SIZED = {"epochs": "epochs", "batch": "batch", "rate": "lr"}  # parameters that 0 leaves to it, as a protocol has them
AUGMENTED = ("none", "mirror", "shift", "mirror and shift")
MOST_CHECKPOINTS = 500  # that are kept; the oldest go first
KEEP = 5.0  # seconds after which a training that goes on is kept, for the case that it is cut off


class _Fitting:
    """The class attribute `datasets`: every dataset of a kind that the networks of the space read, made ones first."""

    def __get__(self, _: object, owner: type[LiveTraining]) -> tuple[str, ...]:
        fit = [n for n, dataset in plugins.find(Dataset).items() if dataset.kind in owner.space.kinds]
        return tuple(sorted(fit, key=lambda name: bool(files.params(name))))


class LiveTraining(Benchmark):
    """Trains each architecture for real; a subclass gives `space`.

    The recipe is that of the space's embedded table, or the usual protocol where it has none; of data that the table
    knows nothing of, length, batch and learning rate follow from kind and size.

    A parameter with the name of one of the space's is given to the space. A training of fewer epochs is the beginning
    of a full one, as in the table. With seed 0 an architecture that is the
    first of its isomorphism class starts from the weights that the table's training of it started from.
    """

    datasets: ClassVar[Any] = _Fitting()
    simulated = False
    resumable = True
    metrics = METRICS

    dataset: str = "cluttered_digits"
    epochs: int = param(0, f"epochs of a full training; {BY_SIZE}", low=0, high=1000)
    seed: int = param(0, "seed of the first weights and of the order of the items", low=0)
    device: str = param("cpu", "where the networks are trained", options=("cpu", "cuda"))
    patience: int = param(0, "end after so many epochs without a lower validation loss; 0: never", low=0, high=1000)
    batch: int = param(0, f"items in a gradient step; {BY_SIZE}", low=0, high=4096)
    rate: float = param(0.0, f"learning rate at the start; {BY_SIZE}", low=0.0, high=10.0)
    augment: str = param("none", "how images are changed at every look", options=AUGMENTED)
    mixup: float = param(0.0, "blend inputs in pairs, by shares from Beta(mixup, mixup); 0: no", low=0.0, high=10.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset not in self.datasets:
            raise ValueError(f"{self.name} has no dataset {self.dataset!r}; there are: {', '.join(self.datasets)}")
        if (space_params := self._space_params()) != {name: getattr(type(self).space, name) for name in space_params}:
            self.__dict__["space"] = _variant(type(self).space, **space_params)
        usual = live.recipe_of(self.space, self.dataset).protocol
        self._unsaid = tuple(name for name in SIZED if not getattr(self, name))
        for name in self._unsaid:
            setattr(self, name, getattr(usual, SIZED[name]))
        kind = plugins.get(Dataset, self.dataset).kind
        if self.augment != "none" and kind != "image":
            raise ValueError(f"augment={self.augment} is for images, and {self.dataset} holds inputs of kind {kind}")
        if self.mixup and kind == "tokens":
            raise ValueError(f"mixup blends inputs, which the words of {self.dataset} cannot be; leave it at 0")
        if not self.recipe.make_space().same(self.space):
            raise ValueError(
                f"the recipe of {self.name} trains another space than {self.name} searches; its space_params must give "
                "the same options"
            )

    @classmethod
    def missing(cls, dataset: str) -> str:
        if reason := packages.missing("torch"):
            return f"Real training needs PyTorch, which {reason}"
        return datasets.create(dataset, **files.params(dataset)).missing() if dataset in cls.datasets else ""

    @property
    def fidelities(self) -> tuple[int, ...]:
        return tuple(range(1, self.epochs + 1))

    @property
    def dataset_params(self) -> Mapping[str, Any]:
        return {**self.recipe.dataset_params, **files.params(self.dataset)}

    @property
    def network(self) -> Mapping[str, Any]:
        """What `space.build` is given besides the architecture and the number of classes."""
        return {}

    @property
    def recipe(self) -> Recipe:
        """How it trains: as the table, with this benchmark's own size and length."""
        followed = live.recipe_of(self.space, self.dataset)
        return replace(
            followed,
            space_params={**followed.space_params, **self._space_params()},
            network={**followed.network, **self.network},
            protocol=replace(followed.protocol, **self._changes(followed)),
        )

    def _space_params(self) -> dict[str, Any]:
        """The parameters of this benchmark that are those of the space."""
        names = [field.name for field in plugins.params(type(type(self).space))]
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def _changes(self, followed: Recipe) -> dict[str, Any]:
        """What of the protocol of `followed` is this benchmark's own."""
        changes: dict[str, Any] = {of: getattr(self, name) for name, of in SIZED.items()}
        changes |= {"seed": self.seed, "patience": self.patience, "mixup": self.mixup, "flip": "mirror" in self.augment}
        return changes | ({"crop": max(1, followed.make_dataset().size // 8)} if "shift" in self.augment else {})

    def run_settings(self) -> dict[str, Any]:
        """The parameters that a run has to say: those that are not the default, and the numbers that follow from the
        size of the data, so that it keeps them if that rule changes, unless they are what has always been meant."""
        plain, before = type(self)(self.dataset), self._before()
        overridden = {name for name in SIZED if getattr(plain, name) != before[name]}
        settings = {field.name: getattr(self, field.name) for field in plugins.params(type(self))}
        return {n: v for n, v in settings.items() if n in overridden or v != getattr(plain, n)}

    def fingerprint(self) -> str:
        """Of the numbers that were left to the size of the data: a run that did not say them goes on with no others."""
        before = self._before()
        unsaid = {n: getattr(self, n) for n in self._unsaid if getattr(self, n) != before[n]}
        return hashlib.sha256(json.dumps(unsaid).encode()).hexdigest()[:12] if unsaid else ""

    def _before(self) -> dict[str, float]:
        """What runs meant that say nothing, when all data was trained on as the first table's."""
        table = f"pocket_{self.space.name}"
        followed = live.recipe(table, self.dataset) or live.recipe(table)
        protocol = followed.protocol if followed else Protocol()
        return {"epochs": Protocol.epochs, "batch": protocol.batch, "rate": protocol.lr}

    @torch_state.own_state()
    def evaluate(self, suggestion: Suggestion, rng: np.random.Generator) -> Outcome:
        if suggestion.measure != "train":
            return self._look(suggestion)
        epochs = suggestion.epochs or self.epochs
        if epochs not in self.fidelities or not 0 <= suggestion.resume < epochs:
            raise ValueError(
                f"{self.name} trains for 1 to {self.epochs} epochs, from none or fewer; asked for {epochs} epochs from "
                f"{suggestion.resume}"
            )
        began, data = time.perf_counter(), self.recipe.load()
        net, last = self._train(suggestion.arch, epochs, suggestion.resume, data)
        out = {name: last[name] for name in ("val_acc", "val_loss", "train_acc")}
        for name, value in out.items():
            if not math.isfinite(value):
                raise RuntimeError(f"the training diverged: {name} is not a number after epoch {epochs}")
        return Outcome({**out, **_qualities(net, data["val"]), **self._costs(net, data)}, time.perf_counter() - began)

    @property
    def proxies(self) -> tuple[str, ...]:
        return proxies.alone() if scores.for_search(self.space, self.dataset) else ()

    def _look(self, suggestion: Suggestion) -> Outcome:
        """What a proxy says of an untrained network, on this data."""
        name, plan = suggestion.measure, scores.for_search(self.space, self.dataset)
        if plan is None or name not in self.proxies:
            names = ", ".join(self.proxies) or "none"
            raise ValueError(f"{self.name} has no proxy named {name!r}; these can look: {names}")
        began = time.perf_counter()
        ((row, _), *_) = scoring.parts(plan, self.space.index(suggestion.arch), [name])
        one = scoring.score(plan, row, [name])
        if name in one.errors:
            raise RuntimeError(one.errors[name])
        return Outcome({name: one.values[name]}, time.perf_counter() - began)

    def _train(
        self, arch: Arch, epochs: int, resume: int, data: Mapping[str, Split]
    ) -> tuple[torch.nn.Module, Mapping[str, float]]:
        """(the network of `arch` after so many epochs, the metrics of the last); `resume` of them, or those of an
        earlier training that was cut off, are taken from a checkpoint of this machine if there is one, and else trained
        again, to the same end."""
        from nas_core import training

        recipe, file = self.recipe, self._file(arch)
        cut_off = file.with_name(f"{file.name}.cut-off")
        start = Trained(recipe, arch, (), device=self.device)
        net, state, history = recipe.initial(arch, self.seed), training.State(), list[dict[str, float]]()
        if not (history := resuming.resume(cut_off, start, net, state)) and resume:
            history = resuming.resume(file, start, net, state)
        if len(history) < epochs and self._stalled(history):  # it has ended: there is nothing to go on with
            return net, history[-1]
        if state.epochs >= epochs:  # of a run that went on further: too far for this one
            net, state, history = recipe.initial(arch, self.seed), training.State(), []
        parts = {name: data[name] for name in ("train", "val")}
        curve, latest = growing.GrowingCurve(self._curve(arch), history), time.monotonic()
        for epoch in training.train(net, parts, recipe.protocol, self.device, state):
            history.append(epoch.record)
            over = epoch.number == epochs or self._stalled(history)
            curve.show(history, last=over)
            if over:
                break
            if time.monotonic() - latest >= KEEP:
                _make_room(file.parent)
                resuming.keep(cut_off, replace(start, epochs=tuple(history)), net, state)
                latest = time.monotonic()
        resuming.forget(cut_off)
        if epochs < self.epochs:
            _make_room(file.parent)
            resuming.keep(file, replace(start, epochs=tuple(history)), net, state)
        else:
            resuming.forget(file)
        return net, history[-1]

    def _stalled(self, history: Sequence[Mapping[str, float]]) -> bool:
        from nas_core import training

        return training.stalled([epoch["val_loss"] for epoch in history], self.patience)

    def curve(self, arch: Arch) -> list[dict[str, float]]:
        """The epochs of the latest training of `arch` on this machine, as far as it has come; see `Epoch.record`."""
        return growing.read(self._curve(arch))

    def _curve(self, arch: Arch) -> Path:
        return data_place() / "curves" / f"{self._file(arch).name}.json"

    def _file(self, arch: Arch) -> Path:
        """What names the checkpoint of a training of `arch`."""
        words = json.dumps([asdict(self.recipe), arch, self.device], sort_keys=True)
        return data_place() / "trainings" / hashlib.sha256(words.encode()).hexdigest()[:16]

    def _costs(self, net: torch.nn.Module, data: Mapping[str, Split]) -> dict[str, float]:
        """Parameters, multiply-adds, and the median time that one input takes."""
        import torch

        from nas_core.nets.counts import count

        dataset = self.recipe.make_dataset()
        costs = count(net, dataset.channels, dataset.size, dataset.kind)
        one = torch.from_numpy(data["val"].images[:1].copy()).to(self.device)
        times = []
        with torch.no_grad():
            for _ in range(WARM_UP + TIMED):
                began = time.perf_counter()
                net(one).cpu()  # waits for a GPU too
                times.append(time.perf_counter() - began)
        latency = 1e3 * float(np.median(times[WARM_UP:]))
        return {"params_m": costs.params_m, "flops_m": costs.flops_m, "latency_ms": latency}

    def provenance(self) -> Mapping[str, str]:
        recipe = self.recipe
        return {"data": recipe.make_dataset().source, "protocol": str(recipe.protocol.as_dict())}


@lru_cache(maxsize=16)
def _variant(space: SearchSpace, **params: Any) -> SearchSpace:
    """That space with other parameters; one object for equal ones, as what follows from a space is kept by object."""
    return type(space)(**{**plugins.settings(space), **params})


def _make_room(folder: Path) -> None:
    """Make the folder of checkpoints, and keep the latest that are in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime)[:-MOST_CHECKPOINTS]:
        old.unlink(missing_ok=True)


def _qualities(net: torch.nn.Module, val: Split) -> dict[str, float]:
    """What else the answers to the validation examples say, and the ends of the 95 % intervals, in percent."""
    logits = trained.predictions(net, val)
    confusion = trained.confusion(val.labels, logits.argmax(1), logits.shape[1])
    low, share, high = 100 * stats.by_class_intervals(confusion)
    names = ("val_balanced_acc", "val_f1")
    ends = {"": share, LOW: low, HIGH: high}
    return {f"{name}{end}": float(values[i]) for i, name in enumerate(names) for end, values in ends.items()}
