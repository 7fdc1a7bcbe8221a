"""What every test shares: a data folder of its own, small hypothesis runs, and reasons to skip."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

# Before NumPy is imported: with AVX-512 its sums differ in the last bit, which decides between equal splits of trees.
# The recorded predictors were measured without.
os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL AVX512_SPR")

import hypothesis
import pytest

from nas_core import child, plugins

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MAIN = sys.modules["__main__"]  # which Streamlit's own tests of apps replace, and processes that are started run anew
REQUIRED = os.environ.get("CI") == "true"  # there, what is missing is a failure, not a reason to skip

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch's threads wait for each other where cores are few

hypothesis.settings.register_profile(
    "small",
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("small")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")
    parser.addoption("--slow", action="store_true", help="also what repeats a test with more seeds")
    parser.addoption("--whole-walk", action="store_true", help="walk from every page to every other in the browser")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts background jobs so, and children inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "torch: needs torch")
    config.addinivalue_line("markers", "slow: only with --slow")
    config.addinivalue_line("markers", "shared: needs the public NATS-Bench files in ../shared/nats")


def pytest_runtest_setup(item: pytest.Item) -> None:
    sys.modules["__main__"] = MAIN
    if item.get_closest_marker("slow") and not item.config.getoption("--slow"):
        pytest.skip("only with --slow")
    if item.get_closest_marker("torch") and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    if item.get_closest_marker("shared") and not (SHARED / "nats").is_dir():
        skip_or_fail("the public NATS-Bench files are not there: ../shared/nats")
    if item.get_closest_marker("browser"):
        if importlib.util.find_spec("playwright") is None:
            skip_or_fail("playwright is not installed")
        if CHROMIUM is None:
            skip_or_fail("no Chromium on the PATH: chromium, chromium-browser or google-chrome")


def skip_or_fail(reason: str) -> None:
    """What a test needs is not there: a reason to skip it, and under CI=true a failure."""
    if REQUIRED:
        pytest.fail(f"{reason}; under CI=true it must be there")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder for every test; nothing is read from or written to the user's own."""
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for another machine fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this needs no network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch is not installed, as Python sees it; an entry None in `sys.modules` would be seen by SciPy, and trip it."""
    _forget_torch(monkeypatch)
    find = PathFinder.find_spec
    monkeypatch.setattr(
        PathFinder, "find_spec", lambda name, *where: None if name.partition(".")[0] == "torch" else find(name, *where)
    )


def _forget_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m == "torch" or m.startswith(("torch.", "nas_core.nets."))]:
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture(params=["ImportError", "OSError"])
def broken_torch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the first torch on the path raises, here and in every child process: a library of CUDA is not there."""
    from nas_core import packages

    (tmp_path / "torch").mkdir()
    source = f'raise {request.param}("libcudnn.so.9: cannot open shared object file")'
    (tmp_path / "torch" / "__init__.py").write_text(source, encoding="utf-8")
    _forget_torch(monkeypatch)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # of worker processes
    monkeypatch.setattr(packages, "_answers", {})
    return f"{request.param}: libcudnn.so.9: cannot open shared object file"


@pytest.fixture(scope="session")
def _nats_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of NATS-Bench and others, merged once from the files beside the repository."""
    from nas_core.sources import nats, published, tables

    folder = tmp_path_factory.mktemp("nats")
    for recipe in (*nats.RECIPES, nats.SCORES, *published.RECIPES.values()):
        columns = recipe.build(lambda f: SHARED / "nats" / "upstream" / f.repository / f.commit / f.path)
        tables.write(folder / f"{recipe.table}.parquet", columns, recipe.provenance)
    return folder


@pytest.fixture
def nats_tables(request: pytest.FixtureRequest, data_folder: Path) -> Path:
    """The published tables in this test's data folder; skips, or fails under CI=true, without the shared files."""
    if not (SHARED / "nats").is_dir():
        skip_or_fail("the public NATS-Bench files are not there: ../shared/nats")
    return Path(shutil.copytree(request.getfixturevalue("_nats_tables"), data_folder / "tables"))


@pytest.fixture
def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run in a thread of the test, where they see what it has replaced, and not in a child process."""
    monkeypatch.setattr(child.Children, "stream", lambda self, make, **_: make())


@pytest.fixture
def tables(in_threads: None) -> Iterator[None]:
    """The benchmarks of tests/tiny.py, as if they were files of the plugin folder; children would not know them."""
    from tests import tiny

    for benchmark in tiny.BENCHMARKS:
        plugins.register(benchmark)
    yield
    for benchmark in tiny.BENCHMARKS:
        plugins.unregister(benchmark)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The one browser of all tests: two of Playwright's loops cannot run in one thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
