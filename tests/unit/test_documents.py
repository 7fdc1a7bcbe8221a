"""What README, CONTRIBUTING and the decisions promise: their examples run, their commands and files exist."""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import re
import shlex
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import nas_core
from nas_core import benchmarks, plugins, runner, strategies
from nas_core.cli import commands
from nas_core.spaces.topology import Topology
from nas_core.store import encode
from nas_core.strategies import Strategy
from nas_core.types import RunSpec, Stopped

INSTALLED_AS = {"sklearn": "scikit-learn", "PIL": "pillow", "fpdf": "fpdf2", "fontTools": "fonttools"}
OPTIONAL = {"distributed"}  # asked for by name where it is used
READ = {"nas_bench_graph", "brotli"}  # its data are read, not its code; fonttools opens woff2 fonts with it
ROOT = Path(__file__).resolve().parents[2]
README, CONTRIBUTING = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))


def block(text: str, language: str) -> str:
    """The first fenced block of that language."""
    match = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert match
    return match[1]


def test_the_notebook_example_runs_in_five_lines():
    code = block(README, "python")
    assert len(code.splitlines()) == 5
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "README.md", "exec"), {})
    text, test_acc, regret = said.getvalue().split()
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    row = table.space.index(table.space.parse(text))
    assert float(test_acc) == pytest.approx(float(table.column("test_acc")[row]))
    assert float(regret) == pytest.approx(float(np.nanmax(table.column("test_acc"))) - float(test_acc), abs=1e-4)


def test_the_tour_of_the_package_runs():
    assert doctest.testmod(nas_core).failed == 0
    assert all(getattr(nas_core, name).__doc__ for name in nas_core.__all__ if name != "Arch")
    kinds = {"Dataset", "Predictor", "Proxy"}  # the tour names strategy, space and benchmark of the plugins
    assert set(nas_core.__all__) - set(re.findall(r"`(\w+)", nas_core.__doc__)) == kinds


@pytest.mark.parametrize("line", re.findall(r"^python -m nas_core (.+)$", README, re.MULTILINE))
def test_every_command_line_in_the_readme_is_understood(line):
    name, *args = shlex.split(line)
    command = commands.get_command(None, name)
    assert command is not None
    command.make_context(name, args)  # raises for an unknown option or a value that is not allowed


def test_the_two_commands_stand_in_the_readme_and_ci_runs_the_second():
    assert "python -m pip install -r requirements.txt && python -m streamlit run app.py\n" in README
    test = "python -m pytest -n 2 --dist loadfile\n"
    test = f"python -m pip install -r requirements-dev.txt && {test}"
    assert test in README
    assert (ROOT / ".ci" / "run").read_text().endswith(test)


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md"])
def test_every_linked_file_is_there(file):
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / file).read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


def test_the_strategy_of_contributing_is_a_plugin_that_runs(tmp_path, monkeypatch):
    (tmp_path / "one_plus_one.py").write_text(block(CONTRIBUTING, "python"))
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(tmp_path)])
    plugins.built_in.cache_clear()
    try:
        assert plugins.get(Strategy, "one_plus_one").summary().startswith("Changes one decision")
        spec = RunSpec("pocket_topology", "cluttered_digits", "one_plus_one", max_trials=60, workers=3)
        events = list(runner.run(spec))
        assert isinstance(events[-1], Stopped)
        continued = [*events[:31], *runner.run(spec, log=events[:31])]
        assert list(map(encode, continued)) == list(map(encode, events))
    finally:
        plugins.built_in.cache_clear()


def test_the_class_counts_of_decision_0003():
    space = Topology()
    networks, strings = defaultdict(set), defaultdict(set)
    for arch in map(space.arch, range(len(space))):
        networks[space.published_class(arch)].add(space.canonical(arch))
        strings[space.canonical(arch)].add(space.published_class(arch))
    assert (len(strings), len(networks)) == (5260, 6466)
    assert sum(len(n) > 1 for n in networks.values()) == 430
    assert sum(len(s) > 1 for s in strings.values()) == 688


def imported(*folders: str) -> set[str]:
    """The packages of others that the files of these folders import, by the name they are installed under."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    names: set[str] = set()
    for node in (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    tops = {name.partition(".")[0] for name in names}
    ours = {"nas_core", "ui", "tests", "model"}  # model.py lies beside the predict.py of an export
    return {INSTALLED_AS.get(name, name) for name in tops - ours - sys.stdlib_module_names}


def pinned(file: str) -> set[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    needs = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert all(re.fullmatch(r"[a-z][\w-]*==[\w.]+", line) for line in needs), needs
    return {line.partition("==")[0] for line in needs}


def test_requirements_are_exactly_what_is_imported():
    app = pinned("requirements.txt")
    assert app == imported("nas_core", "ui", "pages") - OPTIONAL | READ
    assert imported("tests") - app - OPTIONAL <= pinned("requirements-dev.txt")
