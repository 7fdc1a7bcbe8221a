"""Networks that were trained here and kept: a file of safetensors holds their weights and what is to be said of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import nas_core
from nas_core import places, stats
from nas_core.datasets import Split
from nas_core.sources.chunks import Recipe
from nas_core.types import Arch

if TYPE_CHECKING:
    import torch


_KEY = "nas_explorer"  # of what is said, in the metadata of the file
_SUM = "sha256"
BY_CLASS = ("balanced accuracy", "macro F1")


@dataclass(frozen=True)
class Trained:
    """How a network came about, and what it reached; its weights are beside it in the file."""

    recipe: Recipe  # with the seed and the epochs that it was trained for
    arch: Arch  # as it was trained, the first of its isomorphism class
    epochs: tuple[Mapping[str, float], ...]  # of each: its metrics and seconds
    confusion: tuple[tuple[int, ...], ...] = ()  # of the test inputs: rows are the truth, columns the answers
    tested: str = ""  # when the test inputs were looked at last, in UTC
    seeds: tuple[int, ...] = ()  # of a final training: all that were trained
    losses: tuple[float, ...] = ()  # of them, what decided
    command: str = ""  # that repeats it
    version: str = nas_core.__version__
    device: str = "cpu"

    @property
    def seconds(self) -> float:
        """Of the training of this one network."""
        return sum(epoch["seconds"] for epoch in self.epochs)

    @property
    def right(self) -> int:
        """Test inputs that it answers right."""
        return int(np.trace(np.array(self.confusion)))

    @property
    def answers(self) -> int:
        """Test inputs that it answered."""
        return int(np.sum(self.confusion))

    @cached_property
    def qualities(self) -> dict[str, np.ndarray]:
        """{what: float64[3], the low end of its 95 % interval, it, and the high end} on the test inputs in percent."""
        columns = [stats.wilson(self.right, self.answers), *stats.by_class_intervals(np.array(self.confusion)).T]
        return {name: 100 * each for name, each in zip(("accuracy", *BY_CLASS), columns, strict=True)}

    def by_class(self, digits: int) -> str:
        """What it reaches with all classes counted alike, in words."""
        ends = ((name, *(f"{value:.{digits}f}" for value in self.qualities[name])) for name in BY_CLASS)
        return ", ".join(f"{value} % {name} (95 % interval {low} to {high} %)" for name, low, value, high in ends)

    @property
    def final(self) -> bool:
        """True if it was trained on the inputs for training and validation together."""
        return bool(self.seeds)


def save(file: Path, trained: Trained, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write or replace `file`, whole or not at all; RuntimeError in one sentence where it cannot be written."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        words = json.dumps(asdict(trained))
        with places.replacing(file) as new:
            save_file(plain, new, {_KEY: words, _SUM: _checksum(words, plain)})
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or error
        raise RuntimeError(f"{file} could not be written: {why}; make room or choose another place") from error


def load(file: Path) -> tuple[Trained, dict[str, torch.Tensor]]:
    """What `save` wrote; ValueError in one sentence for any other file."""
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        raise ValueError(f"there is no file {file}; make one with: python -m nas_core train ARCH --save {file}")
    try:
        with safe_open(file, "pt") as opened:
            metadata = opened.metadata() or {}
            trained = _record(metadata)
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{file} does not hold weights of a training made here ({type(error).__name__}); make some with: "
            f"python -m nas_core train ARCH --save FILE"
        ) from error
    if _SUM in metadata and metadata[_SUM] != _checksum(metadata[_KEY], tensors):  # files of before have none
        raise ValueError(f"{file} is damaged: its weights are not what was saved; delete it and train again")
    return trained, tensors


def record(file: Path) -> Trained | None:
    """What `file` says without its weights, and without torch; None if it is not there, or not a file of `save`."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as opened:
            return _record(opened.metadata() or {})
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


def _record(metadata: Mapping[str, str]) -> Trained:
    plain: dict[str, Any] = json.loads(metadata[_KEY])
    lists = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
    rest = {"recipe": Recipe.from_dict(plain["recipe"]), "confusion": tuple(map(tuple, plain["confusion"]))}
    return Trained(**plain | lists | rest)


def _checksum(words: str, tensors: Mapping[str, torch.Tensor]) -> str:
    """Over all that a file holds."""
    digest = hashlib.sha256(words.encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().data)
    return digest.hexdigest()


def tested_on(trained: Trained, net: Any, test: Split) -> Trained:
    """`trained` with the answers of its network to the test inputs, and when that was."""
    matrix = confusion(test.labels, predictions(net, test).argmax(1), trained.recipe.make_dataset().classes)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(trained, confusion=tuple(map(tuple, matrix.tolist())), tested=now)


def confusion(labels: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """int64[classes, classes]: how often each answer is given; rows are the truth."""
    return np.bincount(labels * classes + answers, minlength=classes**2).reshape(classes, classes)


def predictions(net: Any, split: Split) -> np.ndarray:
    """float32[n, classes]: the logits of `net`, in evaluation mode, wherever it is."""
    import torch

    device = next(net.eval().parameters()).device
    with torch.no_grad():
        parts = [split.images[i : i + 512] for i in range(0, len(split), 512)]
        return np.concatenate([net(torch.from_numpy(np.array(part)).to(device)).cpu().numpy() for part in parts])
