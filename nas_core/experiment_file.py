"""An experiment, and the small JSON file that holds it: searches that belong together, under a name."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial

from nas_core import run_file, searches, sums
from nas_core.store import is_id
from nas_core.types import RunSpec, quote

FORMAT = 1
LARGEST = 10 * 2**20  # bytes of a file
LONGEST = {"name": 100, "note": 10_000, "date": 40}  # characters
MOST_RUNS = 100_000
FIELDS = {"format", "id", "name", "note", "date", "settings", "seeds"}


def now() -> str:
    """UTC in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Experiment:
    """Searches under one name: each of the settings with each of the seeds. ValueError in one sentence for what cannot
    be one."""

    name: str
    settings: Mapping[str, RunSpec]  # by label; strategy, parameters, budget, objectives, benchmark and dataset
    seeds: tuple[int, ...]
    note: str = ""
    date: str = field(default_factory=now)  # ISO 8601, when it was made
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

    @classmethod
    def of(cls, specs: Sequence[RunSpec], name: str) -> Experiment:
        """Of these searches, which must be settings × seeds; its id follows from them."""
        settings = {setting.id: setting for setting in (replace(spec, seed=0) for spec in specs)}
        labels = [setting.strategy for setting in settings.values()]
        if len(set(labels)) < len(labels):
            labels = [f"{label} {number}" for number, label in enumerate(labels, 1)]
        seeds = tuple(dict.fromkeys(spec.seed for spec in specs))
        one = cls(
            name[: LONGEST["name"]],
            dict(zip(labels, settings.values(), strict=True)),
            seeds,
            id=searches.digest(spec.id for spec in specs),
        )
        if one.run_ids != {spec.id for spec in specs}:
            raise ValueError("every strategy of an experiment must run with the same seeds")
        return one

    @cached_property
    def run_ids(self) -> frozenset[str]:
        """The ids of its searches."""
        return frozenset(spec.id for _, spec in self.specs)

    @cached_property
    def setting_ids(self) -> frozenset[str]:
        """What it searches with, whatever it is called and for whatever seeds."""
        return frozenset(spec.id for spec in self.settings.values())

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
        text = sums.with_sum(json.dumps(data, allow_nan=False)) + "\n"
        if len(text) > LARGEST:
            raise ValueError(f"the experiment is too large: {len(text):,} bytes; at most {LARGEST:,} are allowed")
        return text

    @classmethod
    def read(cls, raw: bytes) -> Experiment:
        """From the bytes of its file; ValueError in one sentence for anything else."""
        if len(raw) > LARGEST:
            raise ValueError(f"it has {len(raw):,} bytes; at most {LARGEST:,} are allowed")
        try:
            text = raw.decode("utf-8-sig")
            data = json.loads(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        except ValueError:
            raise ValueError("it is not JSON") from None
        if isinstance(data, dict) and not sums.take_sum(text, data):
            raise ValueError(f'{sums.CHANGED}; if you changed it yourself, remove "crc" from it')
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
