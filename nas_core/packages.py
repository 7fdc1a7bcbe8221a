"""Packages that some parts need and the rest does without: whether they are here, whether they load, and the way out.

An installed torch may still not load: a CUDA library is missing, a DLL is blocked, NumPy is another one. That shows in
the import alone, and the server must not import torch, so it asks a child process.
"""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

PATIENCE = 60.0  # seconds; what takes longer to load does load
_LENGTH = 200  # characters of another package's words

_MAIN = """
import importlib, pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from nas_core import packages
try:
    importlib.import_module(sys.argv[1])
except Exception as error:
    sys.exit(packages.words(error))
"""
_answers: dict[str, Future[str]] = {}
_lock = threading.Lock()


class MissingPackage(RuntimeError):
    """A package that is needed here is not installed or does not load, in one sentence."""


def missing(package: str, wait: float = 0.0) -> str:
    """ "" if `package` can be imported, else what follows "torch, which": is not installed, or does not load, and the
    way out. Whether it loads is tried in a child process, once; "" until that has answered, at most `wait` seconds.
    """
    if importlib.util.find_spec(package) is None:
        return _not_installed(package)
    if package in sys.modules:
        return ""
    with _lock:
        if package not in _answers:
            _answers[package] = Future()
            threading.Thread(target=_ask, args=(package, _answers[package]), daemon=True).start()
    try:
        reason = _answers[package].result(wait)
    except TimeoutError:
        return ""
    return reason and _not_loading(package, reason)


@contextmanager
def import_guard() -> Iterator[None]:
    """What fails within because a package of others is not there or does not load is raised as MissingPackage."""
    try:
        yield
    except Exception as error:  # an import runs foreign code, which may raise anything
        if sentence := fault(error):
            raise MissingPackage(sentence) from error
        raise


def fault(error: Exception) -> str:
    """One sentence with the way out if `error` was raised by the import of a package of others, else ""."""
    if not (package := _importing(error)):
        return ""
    absent = isinstance(error, ModuleNotFoundError)
    return f"this needs {package}, which " + (
        _not_installed(package) if absent else _not_loading(package, words(error))
    )


def _ask(package: str, answer: Future[str]) -> None:
    try:
        child = subprocess.run(
            [sys.executable, "-c", _MAIN, package], input=pickle.dumps(sys.path), capture_output=True, check=False
        )
        lines = child.stderr.decode(errors="replace").strip().splitlines()
        died = f"its process ended with status {child.returncode}"
        answer.set_result("" if child.returncode == 0 else lines[-1] if child.returncode == 1 and lines else died)
    except OSError:  # no child process can be started: using the package will report the error
        answer.set_result("")


def _importing(error: Exception) -> str:
    """The innermost package of others in whose import `error` was raised; "" if it was raised elsewhere."""
    modules = [
        frame.f_globals.get("__name__", "")
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "<module>"
    ]
    if isinstance(error, ModuleNotFoundError):
        modules = [error.name or ""]
    elif isinstance(error, ImportError):
        modules.append(error.name or "")
    ours = {"", "nas_core", "__main__", *sys.stdlib_module_names}
    return next((name for name in (m.partition(".")[0] for m in reversed(modules)) if name not in ours), "")


def words(error: Exception) -> str:
    """The kind of the error and what it says, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LENGTH]


def _not_installed(package: str) -> str:
    return f"is not installed; install it with: python -m pip install {package}"


def _not_loading(package: str, reason: str) -> str:
    again = f"python -m pip install --force-reinstall {package}"
    return f"is installed but does not load ({reason}); install it again with: {again}"
