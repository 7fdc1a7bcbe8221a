"""Scores of untrained networks by zero-cost proxies, as they are saved on this machine.

A sweep appends one line a network to a log, so it can be stopped at any moment; from the log follows a table of one row
an architecture, which every page can read beside the trained accuracies. Equal settings share a log and a table.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import nas_core
from nas_core import datasets, places, plugins, spaces
from nas_core.datasets import Dataset
from nas_core.places import data_place
from nas_core.sources import by_size, files, tables
from nas_core.sources.download import SourceError
from nas_core.spaces import DEFAULT, Network, SearchSpace

NOISE = "noise"  # in the place of a dataset: images of Gaussian noise
_SEVERAL = {"image": "images", "sequence": "sequences", "tokens": "texts"}  # what inputs of a kind are called
BATCH, SEED = 64, 0
SECONDS = ":seconds"  # ends the name of the column of what a score cost


@dataclass(frozen=True)
class Scoring:
    """How networks are scored: which networks of which space, on which images. ValueError for what there is none of."""

    space: str = DEFAULT
    net: str = ""  # one of the space's `networks`; "" takes the first
    data: str = NOISE  # or a dataset of a kind that they read
    batch: int = BATCH  # images; proxies that compare two batches take as many again
    seed: int = SEED  # of the initial weights, the images and whatever proxies draw

    def __post_init__(self) -> None:
        space = spaces.create(self.space)
        object.__setattr__(self, "net", self.net or next(iter(space.networks)))
        choices = {"net": tuple(space.networks), "data": (NOISE, *plugins.find(Dataset))}
        for name, names in choices.items():
            if getattr(self, name) not in names:
                raise ValueError(f"no {name} {getattr(self, name)!r} to score; there are: {', '.join(names)}")
        if sentence := space.refusal(self.kind):
            raise ValueError(sentence)
        if not 2 <= self.batch <= 1024 or not 0 <= self.seed < 2**31:
            raise ValueError(f"a batch has 2 to 1024 images and a seed is not negative, not {self.batch}, {self.seed}")

    @property
    def name(self) -> str:
        """A word for these settings; what is as usual is not in it."""
        batch = f"_b{self.batch}" if self.batch != BATCH else ""
        return f"{self.net}_{self.data}{batch}" + (f"_s{self.seed}" if self.seed != SEED else "")

    @property
    def words(self) -> str:
        """The same in words."""
        text = f"{self.network.title}, {title(self.data)}, {self.batch} {_SEVERAL[self.kind]}"
        return text + (f", seed {self.seed}" if self.seed != SEED else "")

    @property
    def network(self) -> Network:
        """The network around each architecture."""
        return spaces.create(self.space).networks[self.net]

    @property
    def kind(self) -> str:
        """The kind of the inputs, see `datasets.KINDS`."""
        return "image" if self.data == NOISE else plugins.get(Dataset, self.data).kind

    def make_space(self) -> SearchSpace:
        """The space whose rows are scored: that of the tables trained on such networks."""
        return spaces.create(self.space, **self.network.params)

    @property
    def log(self) -> Path:
        """The file that a sweep appends to."""
        return folder() / f"{self.space}_{self.name}.jsonl"

    @property
    def file(self) -> Path:
        """The table made of it."""
        return self.log.with_suffix(".parquet")


def for_search(space: SearchSpace, dataset: str) -> Scoring | None:
    """How a search on that data lets a proxy look: at the smallest networks of the space, and at that data; None for a
    space without such networks."""
    nets = [n for n, net in space.networks.items() if spaces.create(space.name, **net.params).same(space)]
    if not nets:
        return None
    plugin = plugins.get(Dataset, dataset)
    here = not plugin(**files.params(dataset)).missing()
    return Scoring(space.name, nets[-1], dataset, max(2, min(BATCH, by_size.count(plugin) // 2)) if here else BATCH)


@dataclass(frozen=True)
class ScoreRow:
    """One network's scores; the three maps have proxies' names as keys."""

    row: int  # in its space
    values: Mapping[str, float]  # as they came, finite or not; nan where the proxy failed
    seconds: Mapping[str, float]  # what each would have cost alone
    errors: Mapping[str, str] = field(default_factory=dict)  # why a value is not finite, in words
    device: str = "cpu"  # where it was scored last


def title(data: str) -> str:
    """What a scoring's data is called within a sentence."""
    return "Gaussian noise" if data == NOISE else datasets.title(data)


def folder() -> Path:
    """Where scores are on this machine, or will be."""
    return data_place() / "scores"


def read(scoring: Scoring) -> dict[int, ScoreRow]:
    """{row: its scores}; lines of another version, or that cannot be read, are ignored and scored again."""
    if not scoring.log.exists():
        return {}
    scores: dict[int, ScoreRow] = {}
    space = scoring.make_space()
    for line in scoring.log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
            if record["version"] == nas_core.__version__:
                row = int(record["row"])
                space.arch(row)  # ValueError for one that is not there
                one = ScoreRow(
                    row,
                    _floats(record["values"]),
                    _floats(record["seconds"]),
                    dict(record["errors"]),
                    str(record.get("device", "cpu")),
                )
                scores[row] = merged(scores[row], one) if row in scores else one
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            continue
    return scores


def merged(old: ScoreRow, new: ScoreRow) -> ScoreRow:
    """What two scorings of one network say together; the newer counts."""
    errors = {name: reason for name, reason in old.errors.items() if name not in new.values}
    return ScoreRow(
        old.row, {**old.values, **new.values}, {**old.seconds, **new.seconds}, {**errors, **new.errors}, new.device
    )


def append(scoring: Scoring, one: ScoreRow) -> None:
    """Add a line to the log; SourceError in one sentence if it cannot be written."""
    record = {
        "version": nas_core.__version__,
        "row": one.row,
        "values": _plain(one.values),
        "seconds": _plain(one.seconds),
        "errors": dict(one.errors),
        "device": one.device,
    }
    try:
        folder().mkdir(parents=True, exist_ok=True)
        places.append_line(scoring.log, json.dumps(record, separators=(",", ":")).encode())
    except OSError as error:
        raise SourceError(
            f"the scores could not be saved ({error.strerror or error}); those saved before are kept. Make room or "
            f"choose another folder with NAS_EXPLORER_DATA, then score again: it goes on from there."
        ) from error


def _plain(values: Mapping[str, float]) -> dict[str, Any]:
    return {k: v if math.isfinite(v) else str(v) for k, v in values.items()}


def _floats(values: Mapping[str, Any]) -> dict[str, float]:
    return {str(k): float(v) for k, v in values.items()}


def delete(scoring: Scoring) -> None:
    """Forget all scores of these settings."""
    scoring.log.unlink(missing_ok=True)
    scoring.file.unlink(missing_ok=True)


def columns(scoring: Scoring, scores: Iterable[ScoreRow], own: Collection[str]) -> dict[str, np.ndarray]:
    """{proxy: float64[len(space)], proxy + SECONDS: likewise}: nan where not scored, -inf where not finite.

    Isomorphic architectures have the score of the one that was scored, but for the proxies of `own`.
    """
    space = scoring.make_space()
    classes = spaces.representatives(space)
    out: dict[str, np.ndarray] = {}
    for one in scores:
        for name, value in one.values.items():
            for column in (name, name + SECONDS):
                out.setdefault(column, np.full(len(space), np.nan))
            out[name][one.row] = value if math.isfinite(value) else -np.inf
            out[name + SECONDS][one.row] = one.seconds[name]
    return {
        name: values if name.removesuffix(SECONDS) in own else _fill(values, classes) for name, values in out.items()
    }


def _fill(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), values[classes], values)


def save(scoring: Scoring, own: Collection[str]) -> Path:
    """Make the table of the log; SourceError if nothing is scored or it cannot be written."""
    scores = read(scoring)
    if not scores:
        raise SourceError(f"nothing is scored with {scoring.words} yet")
    failed = sum(bool(one.errors) for one in scores.values())
    provenance = {
        "networks": f"untrained, {scoring.words}",
        "scored": f"{len(scores):,} of them; {failed:,} have a score that is not finite",
        "machine": f"{platform.machine()}, {platform.system()}, {_devices(scores.values())}; the seconds are its own",
    }
    tables.write(scoring.file, columns(scoring, scores.values(), own), provenance, np.float64)
    return scoring.file


def _devices(scores: Collection[ScoreRow]) -> str:
    names = {"cpu": "one CPU thread", "cuda": "a GPU"}
    return " or ".join(name for device, name in names.items() if any(one.device == device for one in scores))


def on_disk(space_name: str) -> list[Scoring]:
    """The settings of which there is a table here."""
    files = sorted(folder().glob(f"{space_name}_*.parquet"))
    return [s for file in files if (s := _of(space_name, file.stem.removeprefix(f"{space_name}_"))) is not None]


def _of(space: str, name: str) -> Scoring | None:
    """The settings of that name, see `Scoring.name`; None if it is of something else, or of what is not installed."""
    net = next((n for n in plugins.get(SearchSpace, space).networks if name.startswith(f"{n}_")), "")
    rest = name.removeprefix(f"{net}_").split("_")
    numbers = {"b": BATCH, "s": SEED}
    while rest and rest[-1][1:].isdigit() and rest[-1][0] in numbers:
        last = rest.pop()
        numbers[last[0]] = int(last[1:])
    try:
        return Scoring(space, net, "_".join(rest), numbers["b"], numbers["s"]) if net else None
    except ValueError:
        return None
