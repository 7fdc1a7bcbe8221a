"""The experiments of a folder, and the runs that they name, which lie beside it.

Run files that no experiment names are experiments too: those that share everything but the seed are one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from nas_core import places, run_file, strategies, warm_start
from nas_core.experiment_file import LARGEST, LONGEST, Experiment, now
from nas_core.file_cache import FileCache
from nas_core.store import Store, StoreError, is_id
from nas_core.types import RunSpec, Started, quote

if TYPE_CHECKING:
    from nas_core.benchmarks import Benchmark

CAPACITY = 10_000  # files whose content is in memory


class Experiments:
    """A folder of experiments, and the store whose runs they name.

    secret_ids: nobody who knows the settings knows the id of what is searched.
    """

    def __init__(self, folder: Path, store: Store, secret_ids: bool = False) -> None:
        self.folder, self.store, self.secret_ids = folder, store, secret_ids
        self._contents: FileCache[Any] = FileCache(CAPACITY)
        self._lock = FileLock(folder / ".lock")

    def all(self) -> tuple[list[Experiment], dict[str, str]]:
        """(the latest first, {file: why it cannot be read}); those of run files alone come last."""
        experiments, faults = self.with_files()
        names = frozenset[str]().union(*(one.run_ids for one in experiments))
        return experiments + self._of_runs(names, faults), faults

    def has_file(self, experiment_id: str) -> bool:
        """Whether it has a file of its own, and is not only run files."""
        return is_id(experiment_id) and self._path(experiment_id).exists()

    def with_files(self) -> tuple[list[Experiment], dict[str, str]]:
        """Likewise, without those of run files alone."""
        experiments, faults = [], {}
        for path in self.folder.glob("*.json"):
            try:
                experiments.append(self._read(path))
            except StoreError as error:
                faults[path.name] = str(error)
        experiments.sort(key=lambda one: (one.date, one.id), reverse=True)
        return experiments, faults

    def open(self, text: str) -> Experiment:
        """By id or by name; ValueError if there is none, or two of that name, StoreError if it cannot be read."""
        if self.has_file(text):
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
        path, failure = self._path(experiment.id), f"experiment {experiment.id} could not be saved"
        with self._changing(), _saving(failure), places.replacing(path) as new:
            new.write_text(experiment.text(), encoding="utf-8")
        return experiment

    def keep(self, experiment: Experiment) -> Experiment:
        """Save it, or add its seeds to the one of that name that has the same settings; ValueError if it has others."""
        with self._changing():
            same = [one for one in self.with_files()[0] if one.name == experiment.name]
            if not same:
                return self.save(experiment)
            if same[0].settings != experiment.settings:
                raise ValueError(
                    f"there is an experiment {quote(experiment.name)} of other searches ({same[0].id}); choose another "
                    "name, or rename or delete that one"
                )
            return self.save(replace(same[0], seeds=tuple(dict.fromkeys([*same[0].seeds, *experiment.seeds]))))

    def warm(self, spec: RunSpec, source: str, benchmark: Benchmark) -> RunSpec:
        """`spec` with the results of all runs of an experiment, by id or name, or of what `warm_start.add` takes."""
        suffix = Path(source).suffix.lower()
        if suffix not in (*warm_start.TABLES, ".jsonl") and not (is_id(source) and self.store.read(source)):
            for one in self.all()[0]:
                if source in (one.id, one.name):
                    ids = [each.id for _, each in one.specs]
                    return warm_start.add_runs(spec, ids, one.id, f"the experiment {one.name}", benchmark, self.store)
        return warm_start.add(spec, source, benchmark, self.store)

    def find(self, specs: Sequence[RunSpec]) -> Experiment | None:
        """The latest saved one that searches with just these settings and has all these seeds."""
        candidate = Experiment.of(specs, "wanted")
        fitting = (one for one in self.with_files()[0] if one.setting_ids == candidate.setting_ids)
        return next((one for one in fitting if candidate.run_ids <= one.run_ids), None)

    def collect(self, specs: Sequence[RunSpec], name: str) -> Experiment:
        """The same, or the latest that lacks only some of the seeds, which it gets; else a new one of that `name`."""
        if one := self.find(specs):
            return one
        fresh = Experiment.of(specs, name)
        with self._changing():
            for one in self.with_files()[0]:
                if one.setting_ids == fresh.setting_ids and one.run_ids <= fresh.run_ids:
                    return self.save(replace(one, seeds=fresh.seeds))
            return self.save(self.with_own_id(fresh))

    def record(self, specs: Sequence[RunSpec], name: str) -> Experiment:
        """The latest saved one of just these searches, with no more seeds; else a new one of that `name`."""
        fresh = Experiment.of(specs, name)
        if one := self._of_just(fresh.run_ids):
            return one
        with self._changing():
            if one := self._of_just(fresh.run_ids):
                return one
            in_use = self.secret_ids or self.has_file(fresh.id)  # by one that has got more seeds
            return self.save(replace(fresh, id=secrets.token_hex(6)) if in_use else fresh)

    def _of_just(self, run_ids: frozenset[str]) -> Experiment | None:
        return next((one for one in self.with_files()[0] if one.run_ids == run_ids), None)

    def with_own_id(self, experiment: Experiment) -> Experiment:
        """The same; where ids are secret and it is not saved here, with an id that nobody can guess."""
        secret = self.secret_ids and not self.has_file(experiment.id)
        return replace(experiment, id=secrets.token_hex(6)) if secret else experiment

    def own_runs(self, experiment: Experiment) -> list[str]:
        """The saved runs of it that no other saved experiment names."""
        others = frozenset[str]().union(*(one.run_ids for one in self.with_files()[0] if one.id != experiment.id))
        return [run for run in self.store.ids() if run in experiment.run_ids - others]

    def change(self, experiment_id: str, name: str | None = None, note: str | None = None) -> Experiment:
        """Another name or note, also of run files alone, which become a saved experiment by it."""
        with self._changing():
            one = self.open(experiment_id)
            name, note = one.name if name is None else name, one.note if note is None else note
            return self.save(replace(one, name=name, note=note))

    def duplicate(self, experiment_id: str, name: str = "") -> Experiment:
        """The same searches under a new id, and a new name if none is given; runs are shared, not copied."""
        one = self.open(experiment_id)
        copied = name or f"{one.name[: LONGEST['name'] - 7]} (copy)"
        return self.save(replace(one, name=copied, id=secrets.token_hex(6), date=now()))

    def delete(self, experiment_id: str) -> Experiment:
        """Put its file aside; its runs stay. ValueError for run files alone, which have no file of an experiment."""
        one = self.open(experiment_id)
        if not self.has_file(one.id):
            raise ValueError(f"{one.name} is an experiment of run files alone; delete the runs on the Runs page")
        self._move(one.id, self.folder, self.folder / "deleted")
        return one

    def restore(self, experiment_id: str) -> Experiment:
        """Undo `delete`."""
        if not is_id(experiment_id):
            raise ValueError(f"{quote(experiment_id)} is not the id of an experiment; that is 12 hex digits")
        with self._changing():
            if self.has_file(experiment_id):
                raise StoreError(f"experiment {experiment_id} exists; nothing was brought back")
            self._move(experiment_id, self.folder / "deleted", self.folder)
        return self.open(experiment_id)

    def _move(self, experiment_id: str, source: Path, target: Path) -> None:
        name = f"{experiment_id}.json"
        with self._changing(), _saving(f"experiment {experiment_id} could not be moved"):
            target.mkdir(exist_ok=True)
            try:
                (source / name).replace(target / name)
            except FileNotFoundError:
                raise StoreError(f"there is no deleted experiment {experiment_id}") from None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Nothing else, in this or another process, changes the folder within."""
        self.store.check_writable()
        with _saving(f"experiments could not be saved in {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _path(self, experiment_id: str) -> Path:
        return self.folder / f"{experiment_id}.json"

    def _read(self, path: Path) -> Experiment:
        try:
            one: Experiment = self._content(path, _whole)
            if one.id != path.stem:
                raise ValueError(f"it is the file of experiment {one.id}")
        except (OSError, ValueError) as error:
            raise StoreError(f"experiment file {path.name} cannot be read: {error}") from error
        return one

    def _content(self, path: Path, read: Callable[[Path], Any]) -> Any:
        """What `read` makes of the file, read again only if it has changed."""
        stat = path.stat()
        return self._contents.get(path, (stat.st_mtime_ns, stat.st_size), lambda: read(path))

    def _of_runs(self, names: frozenset[str], faults: dict[str, str]) -> list[Experiment]:
        """An experiment for each set of run files, not in `names`, that share everything but the seed."""
        groups: dict[str, list[RunSpec]] = {}
        for run_id in self.store.ids():
            if run_id in names:
                continue
            try:
                spec = self._content(self.store.path(run_id), _first)
                groups.setdefault(replace(spec, seed=0).id, []).append(spec)
            except FileNotFoundError:  # deleted while we looked
                continue
            except (OSError, ValueError) as error:
                faults[f"{run_id}.jsonl"] = f"run file {run_id}.jsonl cannot be read: {error}"
        return [self._of_group(setting, group) for setting, group in groups.items()]

    def _of_group(self, setting: str, group: list[RunSpec]) -> Experiment:
        first, seeds = group[0], tuple(sorted(spec.seed for spec in group))
        stamps = [stamp for spec in group if (stamp := self.store.stamp(spec.id))]
        date = datetime.fromtimestamp(max(stamps)[0] / 1e9, UTC).isoformat(timespec="seconds") if stamps else now()
        which = f"seed {seeds[0]}" if len(seeds) == 1 else f"{len(seeds)} seeds"
        name = f"{strategies.title(first.strategy)} on {first.dataset}, {which}"[: LONGEST["name"]]
        return Experiment(name, {first.strategy: first}, seeds, date=date, id=setting)


@contextmanager
def _saving(failure: str) -> Iterator[None]:
    """Turns an error of the system into a StoreError that begins with `failure`."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{failure} ({error.strerror or error})") from error


def _whole(path: Path) -> Experiment:
    """ValueError in one sentence if it is not the file of one."""
    with path.open("rb") as file:
        return Experiment.read(file.read(LARGEST + 1))


def _first(path: Path) -> RunSpec:
    """The spec of a run file, of which only the first line is read; ValueError if it says none."""
    with path.open("rb") as file:
        event = run_file.decode(file.readline(run_file.LONGEST + 1))
    if not isinstance(event, Started):
        raise ValueError("it does not begin with the event Started")
    return event.spec
