"""An experiment: searches that belong together, under a name. One small JSON file; the runs themselves lie beside it.

Run files that no experiment names are experiments too: those that share everything but the seed are one.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nas_core import run_file, strategies
from nas_core.store import Store, StoreError, is_id
from nas_core.types import RunSpec, Started, quote

FORMAT = 1
LARGEST = 10 * 2**20  # bytes of a file
LONGEST = {"name": 100, "note": 10_000, "date": 40}  # characters
MOST_RUNS = 100_000
FIELDS = {"format", "id", "name", "note", "date", "settings", "seeds"}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Experiment:
    """Settings × seeds. ValueError in one sentence for what cannot be one."""

    name: str
    settings: Mapping[str, RunSpec]  # by label; strategy, parameters, budget, objectives, benchmark and dataset
    seeds: tuple[int, ...]
    note: str = ""
    date: str = field(default_factory=_now)  # ISO 8601, when it was made
    id: str = field(default_factory=partial(secrets.token_hex, 6))  # 12 hex digits

    def __post_init__(self) -> None:
        for name, most in LONGEST.items():
            text = getattr(self, name)
            if not isinstance(text, str) or len(text) > most or not text.replace("\n", " ").isprintable():
                raise ValueError(f"the {name} of an experiment must be a text of at most {most:,} characters")
        if not self.name.strip() or "\n" in self.name:
            raise ValueError("an experiment needs a name of one line")
        if wrong := [label for label in self.settings if not label.isprintable() or len(label) > LONGEST["name"]]:
            raise ValueError(f"a label must be a text of at most {LONGEST['name']} characters, not {quote(wrong[0])}")
        if not self.settings or not self.seeds:
            raise ValueError("an experiment needs at least one strategy and one seed")
        if self.runs > MOST_RUNS:
            raise ValueError(f"an experiment has at most {MOST_RUNS:,} runs, not {self.runs:,}")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("an experiment names every seed once")
        object.__setattr__(self, "settings", {label: replace(s, seed=0) for label, s in self.settings.items()})
        for seed in self.seeds:
            replace(next(iter(self.settings.values())), seed=seed)  # says what a seed must be

    @property
    def runs(self) -> int:
        """How many searches it consists of."""
        return len(self.settings) * len(self.seeds)

    @property
    def specs(self) -> list[tuple[str, RunSpec]]:
        """(label, spec) of every search, the first seed of every setting first."""
        return [(label, replace(spec, seed=seed)) for seed in self.seeds for label, spec in self.settings.items()]

    def text(self) -> str:
        """Strict JSON; `read` is the inverse. ValueError if it would be too large to be read."""
        header = {name: getattr(self, name) for name in ("id", "name", "note", "date")}
        settings = {label: run_file.spec_data(spec) for label, spec in self.settings.items()}
        data = {"format": FORMAT, **header, "settings": settings, "seeds": self.seeds}
        text = json.dumps(data, allow_nan=False) + "\n"
        if len(text) > LARGEST:
            raise ValueError(f"the experiment is too large: {len(text):,} bytes; at most {LARGEST:,} are allowed")
        return text

    @classmethod
    def read(cls, raw: bytes) -> Experiment:
        """From the bytes of its file; ValueError in one sentence for anything else."""
        if len(raw) > LARGEST:
            raise ValueError(f"it has {len(raw):,} bytes; at most {LARGEST:,} are allowed")
        try:
            data = json.loads(raw)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        except ValueError:
            raise ValueError("it is not JSON") from None
        if not isinstance(data, dict) or data.keys() != FIELDS:
            raise ValueError(f"it must be an object with {', '.join(sorted(FIELDS))}")
        if data.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}; a newer NAS Explorer may have written it")
        if not isinstance(data["id"], str) or not is_id(data["id"]):
            raise ValueError(f"its id must be 12 hex digits, not {quote(data['id'])}")
        settings, seeds = data.pop("settings"), data.pop("seeds")
        if not isinstance(settings, dict) or not isinstance(seeds, list) or any(type(s) is not int for s in seeds):
            raise ValueError("its settings must be an object and its seeds a list of whole numbers")
        return cls(
            settings={label: run_file.spec_from(spec) for label, spec in settings.items()}, seeds=tuple(seeds), **data
        )


class Experiments:
    """A folder of experiments, and the store whose runs they name."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store

    def all(self) -> tuple[list[Experiment], dict[str, str]]:
        """(the latest first, {file: why it cannot be read}); those of run files alone come last."""
        experiments, faults = [], {}
        for path in self.folder.glob("*.json"):
            try:
                experiments.append(self._read(path))
            except StoreError as error:
                faults[path.name] = str(error)
        names = {spec.id for one in experiments for _, spec in one.specs}
        experiments.sort(key=lambda one: (one.date, one.id), reverse=True)
        return experiments + self._of_runs(names, faults), faults

    def open(self, text: str) -> Experiment:
        """By id or by name; ValueError if there is none, or two of that name, StoreError if it cannot be read."""
        if is_id(text) and self._path(text).exists():
            return self._read(self._path(text))
        experiments, _ = self.all()
        fitting = [one for one in experiments if one.id == text] or [one for one in experiments if one.name == text]
        if not fitting:
            names = ", ".join(one.name for one in experiments[:10]) or "none yet"
            raise ValueError(f"no experiment {quote(text)}; there are: {names}")
        if len(fitting) > 1:
            ids = ", ".join(one.id for one in fitting)
            raise ValueError(f"{len(fitting)} experiments are called {quote(text)}; choose one by its id: {ids}")
        return fitting[0]

    def save(self, experiment: Experiment) -> Experiment:
        """Write it, whole or not at all; StoreError where that cannot be."""
        path = self._path(experiment.id)
        fresh = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}.new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(experiment.text(), encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise StoreError(f"experiment {experiment.id} could not be saved ({error.strerror or error})") from error
        return experiment

    def keep(self, experiment: Experiment) -> Experiment:
        """Save it, or add its seeds to the one of that name that has the same settings; ValueError if it has others."""
        same = [one for one in self.all()[0] if one.name == experiment.name and self._path(one.id).exists()]
        if not same:
            return self.save(experiment)
        if same[0].settings != experiment.settings:
            raise ValueError(
                f"there is an experiment {quote(experiment.name)} of other searches ({same[0].id}); choose another "
                "name, or rename or delete that one"
            )
        return self.save(replace(same[0], seeds=tuple(dict.fromkeys([*same[0].seeds, *experiment.seeds]))))

    def rename(self, experiment_id: str, name: str) -> Experiment:
        """Also of run files alone, which become a saved experiment by it."""
        return self.save(replace(self.open(experiment_id), name=name))

    def duplicate(self, experiment_id: str, name: str = "") -> Experiment:
        """The same searches under a new id, and a new name if none is given; runs are shared, not copied."""
        one = self.open(experiment_id)
        copied = name or f"{one.name[: LONGEST['name'] - 7]} (copy)"
        return self.save(replace(one, name=copied, id=secrets.token_hex(6), date=_now()))

    def delete(self, experiment_id: str) -> Experiment:
        """Put its file aside; its runs stay. ValueError for run files alone, which have no file of an experiment."""
        one = self.open(experiment_id)
        if not self._path(one.id).exists():
            raise ValueError(f"{one.name} is an experiment of run files alone; delete the runs on the page Runs")
        self._move(one.id, self.folder, self.folder / "deleted")
        return one

    def restore(self, experiment_id: str) -> Experiment:
        """Undo `delete`."""
        if not is_id(experiment_id):
            raise ValueError(f"{quote(experiment_id)} is not the id of an experiment; that is 12 hex digits")
        if self._path(experiment_id).exists():
            raise StoreError(f"experiment {experiment_id} exists; nothing was brought back")
        self._move(experiment_id, self.folder / "deleted", self.folder)
        return self.open(experiment_id)

    def _move(self, experiment_id: str, source: Path, target: Path) -> None:
        name = f"{experiment_id}.json"
        try:
            target.mkdir(parents=True, exist_ok=True)
            (source / name).replace(target / name)
        except FileNotFoundError:
            raise StoreError(f"there is no deleted experiment {experiment_id}") from None
        except OSError as error:
            raise StoreError(f"experiment {experiment_id} could not be moved ({error.strerror or error})") from error

    def _path(self, experiment_id: str) -> Path:
        return self.folder / f"{experiment_id}.json"

    def _read(self, path: Path) -> Experiment:
        try:
            with path.open("rb") as file:
                one = Experiment.read(file.read(LARGEST + 1))
            if one.id != path.stem:
                raise ValueError(f"it is the file of experiment {one.id}")
        except (OSError, ValueError) as error:
            raise StoreError(f"experiment file {path.name} cannot be read: {error}") from error
        return one

    def _of_runs(self, names: set[str], faults: dict[str, str]) -> list[Experiment]:
        """An experiment for each set of run files, not in `names`, that share everything but the seed."""
        groups: dict[str, list[RunSpec]] = {}
        for run_id in self.store.ids():
            if run_id in names:
                continue
            try:
                spec = _first(self.store.path(run_id))
                groups.setdefault(replace(spec, seed=0).id, []).append(spec)
            except FileNotFoundError:  # deleted while we looked
                continue
            except (OSError, ValueError) as error:
                faults[f"{run_id}.jsonl"] = f"run file {run_id}.jsonl cannot be read: {error}"
        return [self._of_group(setting, group) for setting, group in groups.items()]

    def _of_group(self, setting: str, group: list[RunSpec]) -> Experiment:
        first, seeds = group[0], tuple(sorted(spec.seed for spec in group))
        stamps = [stamp for spec in group if (stamp := self.store.stamp(spec.id))]
        date = datetime.fromtimestamp(max(stamps)[0] / 1e9, UTC).isoformat(timespec="seconds") if stamps else _now()
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
        name = f"{strategies.title(first.strategy)} on {first.dataset}, {which}"[: LONGEST["name"]]
        return Experiment(name, {first.strategy: first}, seeds, date=date, id=setting)


def _first(path: Path) -> RunSpec:
    """The spec of a run file, of which only the first line is read; ValueError if it says none."""
    with path.open("rb") as file:
        event = run_file.decode(file.readline(run_file.LONGEST + 1))
    if not isinstance(event, Started):
        raise ValueError("it does not begin with the event Started")
    return event.spec
