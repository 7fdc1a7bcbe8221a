"""What may keep NAS Explorer from working on this machine: a list of findings, each with the way out.

Every check imports what it needs by itself and stands alone: a broken package or plugin is a finding, not the end.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import shutil
import socket
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from nas_core import child, machine, packages, places, settings
from nas_core.places import data_place

if TYPE_CHECKING:
    from packaging.requirements import Requirement

OK, WARNING, PROBLEM = "ok", "warning", "problem"
DISTRIBUTION = "nas-explorer"
PLUGINS = ("spaces", "benchmarks", "datasets", "strategies", "proxies", "predictors")  # folders
FOLDERS = ("runs", "experiments", "sweeps", "tables", "scores", "datasets", "own_data", "trainings", "downloads")
ENOUGH_DISK, LITTLE_DISK = 2 * 2**30, 200 * 2**20  # bytes
ENOUGH_MEMORY, LITTLE_MEMORY = 700 * 2**20, 300 * 2**20  # bytes; the server and its children stay below the former


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    name: str  # what was looked at
    state: str  # OK, WARNING or PROBLEM
    text: str  # how it is; unless all is well, the way out too


def findings(port: int) -> Iterator[Finding]:
    """Everything, as it is found. port: where the app shall answer."""
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "Python": _python,
        "packages": _packages,
        "PyTorch": _torch,
        "data folder": _folder,
        "settings": _settings,
        "disk": _disk,
        "memory": _memory,
        "plugins": _plugins,
        "tables": _tables,
        "own data": _own_data,
        "port": partial(_port, port),
    }
    for name, check in checks.items():
        try:
            yield from check()
        except Exception as error:  # plugins and packages of others may raise anything, and the rest is still of use
            text = packages.fault(error) or f"could not be looked at ({packages.words(error)})"
            yield Finding(name, PROBLEM, f"{text}; mend what is reported above first")


def _python() -> Iterator[Finding]:
    here, oldest = ".".join(map(str, sys.version_info[:3])), _project()[0]
    if sys.version_info >= tuple(map(int, oldest.split("."))):
        yield Finding("Python", OK, f"{here} ({sys.executable})")
    else:
        yield Finding("Python", PROBLEM, f"{here} is too old; make an environment with Python {oldest} or later")


def _project() -> tuple[str, list[Requirement]]:
    """(the oldest Python, what is needed) of the checkout, or of the installed package."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    file = places.app_dir() / "pyproject.toml"
    if file.exists():
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        python, lines = project["requires-python"], list(project["dependencies"])
        for extra, more in project["optional-dependencies"].items():
            lines += [f'{line}; extra == "{extra}"' for line in more]
    else:
        about = importlib.metadata.metadata(DISTRIBUTION)
        python, lines = about["Requires-Python"], importlib.metadata.requires(DISTRIBUTION) or []
    (oldest,) = SpecifierSet(python)
    return oldest.version, [Requirement(line) for line in lines]


def _packages() -> Iterator[Finding]:
    needs: dict[str, Requirement] = {}
    for need in _project()[1]:
        if need.name not in needs or need.marker is None:
            needs[need.name] = need
    for name, need in needs.items():
        serious, requirement = need.marker is None, f"'{name}{need.specifier}'"
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            text = f"is not installed; install it with: python -m pip install {requirement}"
            yield Finding(name, PROBLEM if serious else OK, text if serious else f"not here, and optional; it {text}")
            continue
        if need.specifier.contains(version, prereleases=True):
            yield Finding(name, OK, version)
        else:
            text = f"{version} is not {need.specifier}; change it with: python -m pip install {requirement}"
            yield Finding(name, PROBLEM if serious else WARNING, text)


def _torch() -> Iterator[Finding]:
    if sentence := packages.missing("torch", packages.PATIENCE):
        here = sentence.startswith("is installed")
        means = "" if here else "training, most proxies and supernets say so, all else works: "
        yield Finding("PyTorch", PROBLEM if here else OK, f"{means}it {sentence}")
        return
    with closing(child.stream(_devices)) as items:  # this process may be the server's
        text = next(item for item in items if item is not child.TICK)
    yield Finding("PyTorch", OK, text)


def _devices() -> Iterator[str]:
    import torch

    if torch.cuda.is_available():
        names = {torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())}
        yield f"loads, with CUDA {torch.version.cuda}: {', '.join(sorted(names))}"
    elif torch.version.cuda:
        yield f"loads, made for CUDA {torch.version.cuda}, but there is no such device or driver: it uses the CPU"
    else:
        yield "loads, for the CPU"


def _folder() -> Iterator[Finding]:
    place = data_place()
    there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    for folder in [there, *(place / name for name in FOLDERS if (place / name).exists())]:
        try:
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"0")
        except OSError as error:
            yield Finding(
                "data folder",
                PROBLEM,
                f"nothing can be written in {folder} ({error.strerror}); make it yours and writable, or set "
                "NAS_EXPLORER_DATA to another folder",
            )
            return
    yield Finding("data folder", OK, f"{place} can be written" if place.exists() else f"{place} will be made")


def _settings() -> Iterator[Finding]:
    try:
        here = asdict(settings.current())
    except ValueError as error:
        yield Finding("settings", PROBLEM, f"{error}; docs/settings.md has all of them")
        return
    yield Finding("settings", OK, ", ".join(f"{name} {value}" for name, value in here.items() if value))


def _disk() -> Iterator[Finding]:
    place = data_place().absolute()
    free = shutil.disk_usage(next(folder for folder in (place, *place.parents) if folder.exists())).free
    way_out = f"make room there or set NAS_EXPLORER_DATA to another disk than that of {place}"
    yield _room("disk", free, ENOUGH_DISK, LITTLE_DISK, way_out)


def _memory() -> Iterator[Finding]:
    free = machine.free_memory()
    if free is None:
        yield Finding("memory", OK, "this system does not say how much is free")
        return
    way_out = "end other programs or take a larger host: the app and its searches need 690 MB, trainings more"
    yield _room("memory", free, ENOUGH_MEMORY, LITTLE_MEMORY, way_out)


def _room(name: str, free: int, enough: int, little: int, way_out: str) -> Finding:
    state = OK if free >= enough else WARNING if free >= little else PROBLEM
    size = f"{free / 2**30:,.1f} GB" if free >= 2**30 else f"{free / 2**20:,.0f} MB"
    return Finding(name, state, f"{size} free" if state == OK else f"only {size} free; {way_out}")


def _plugins() -> Iterator[Finding]:
    """Files of the plugin folders that do not load, and plugins of installed packages that cannot be used."""
    from nas_core import plugins

    count, whole = 0, True
    for folder in PLUGINS:
        package = importlib.import_module(f"nas_core.{folder}")
        (base,) = (kind for kind in plugins.Plugin.__subclasses__() if kind.__module__ == package.__name__)
        files = [info.name for info in pkgutil.iter_modules(package.__path__) if not info.ispkg]
        problems = [fault for file in files if (fault := _fault(folder, file))]
        if not problems:  # only then can they be listed
            count += len(plugins.find(base))
            problems = list(plugins.faults(base).values())
        for fault in problems:
            yield Finding("plugins", PROBLEM, f"{fault}; mend it or take it away")
        whole = whole and not problems
    if whole:
        yield Finding("plugins", OK, f"all {count} load")


def _fault(folder: str, file: str) -> str:
    """What is wrong with a file of a plugin folder; "" if it loads, or is not a plugin."""
    if file.startswith("_"):
        return ""
    try:
        importlib.import_module(f"nas_core.{folder}.{file}")
    except Exception as error:  # a plugin may raise anything
        return f"nas_core/{folder}/{file}.py does not load ({packages.words(error)})"
    return ""


def _tables() -> Iterator[Finding]:
    """Every table is read, and checked against its own checksums."""
    from nas_core import plugins
    from nas_core.benchmarks import Benchmark, Table
    from nas_core.benchmarks.tables.pocket import PocketTable

    absent: dict[str, list[str]] = {}  # {sentence: tables}
    tables = [benchmark for benchmark in plugins.find(Benchmark).values() if issubclass(benchmark, Table)]
    for benchmark in tables:
        for dataset in benchmark.datasets:
            label, missing = f"{benchmark.name} on {dataset}", benchmark.missing(dataset)
            if damage := benchmark.damage(dataset):
                yield Finding(label, PROBLEM, damage)
            elif missing and issubclass(benchmark, PocketTable):
                yield Finding(label, PROBLEM, missing)
            elif missing:
                absent.setdefault(missing, []).append(label)
            else:
                table = benchmark(dataset=dataset)
                yield Finding(label, OK, f"whole, {table.coverage()}, fingerprint {table.fingerprint()}")
    for sentence, labels in absent.items():
        yield Finding("optional tables", OK, f"not here: {', '.join(labels)}. {sentence}")


def _own_data() -> Iterator[Finding]:
    from nas_core import datasets
    from nas_core.sources import own_data

    for place in sorted(own_data.folder().glob("[!.]*/")):
        if place.name not in own_data.names():
            yield Finding(
                "own data", PROBLEM, f"the dataset in {place} is damaged; remove that folder and import it again"
            )
    for name in own_data.names():
        if sentence := datasets.create(name).missing():
            yield Finding("own data", PROBLEM, sentence)


def _port(port: int) -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a server does
        try:
            probe.bind(("", port))
        except OSError as error:
            other = "run `app --port` with another one, or end what listens there; it may be NAS Explorer itself"
            yield Finding("port", WARNING, f"{port} cannot be opened ({error.strerror}); {other}")
            return
    yield Finding("port", OK, f"{port} is free")
