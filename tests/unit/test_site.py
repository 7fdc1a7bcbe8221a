"""The pages of docs/ that teach: their examples run and print what stands below them; their lists are whole."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from streamlit.testing.v1 import AppTest

import nas_core
from nas_core import cli, plugins
from nas_core.cli.list import KINDS
from nas_core.plugins import Plugin
from tests.command_line import call
from tests.conftest import ROOT

DOCS = ROOT / "docs"
HOW_TO = sorted((DOCS / "howto").glob("*.md"))
BLOCK = re.compile(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```$(?:\n+```text\n(.*?)^```$)?', re.MULTILINE | re.DOTALL)
NEEDS_TORCH = {"dataset", "proxy", "space"}


class Block(NamedTuple):
    """A fenced block: its language, its file or "", its text, and the output that stands below it or ""."""

    language: str
    file: str
    text: str
    output: str


def blocks(page: Path) -> list[Block]:
    """In order; the output of a block is not one of its own."""
    return [Block(*(part or "" for part in match)) for match in BLOCK.findall(page.read_text(encoding="utf-8"))]


def run(page: Path) -> dict[str, Any]:
    """The names that the page's Python has defined; every block that is not a file has printed what stands below it."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python" and not block.file:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.text, page.name, "exec"), names)
            assert printed.getvalue() == block.output, f"{page.name} does not print this any more"
    return names


def commands(page: Path) -> list[Block]:
    """The lines of the page that are commands of ours, each with its output."""
    lines = []
    for block in blocks(page):
        if block.language == "sh":
            found = re.findall(r"^(?:python -m nas_core|nas-explorer) (.+)$", block.text, re.MULTILINE)
            lines += [Block("sh", "", line, block.output) for line in found]
    return lines


def files(page: Path) -> dict[str, str]:
    return {block.file: block.text for block in blocks(page) if block.file}


@pytest.fixture(autouse=True)
def clean():
    """What a page registers or installs is gone after its test."""
    before = {base: set(plugins.find(base)) for base in KINDS.values()}
    yield
    for base, names in before.items():
        for name, plugin in plugins.find(base).items():
            if name not in names:
                plugins.unregister(plugin)
    plugins._installed.cache_clear()  # last: nothing may look while the folder of the test can still be imported from


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Writes the files of a page to a folder that can be imported from, and returns it."""

    def write(page):
        for name, text in files(page).items():
            (tmp_path / Path(name).name).write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        return tmp_path

    return write


def install(folder: Path, project: dict[str, Any]) -> None:
    """What pip notes of a package: its name and its entry points."""
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [line for group, entries in groups for line in (f"[{group}]", *(f"{k} = {v}" for k, v in entries.items()))]
    (info / "entry_points.txt").write_text("\n".join(lines))
    plugins._installed.cache_clear()


def test_the_tutorial_in_python_prints_what_it_says():
    assert {"chart", "comparison"} <= set(run(DOCS / "tutorial.md"))


def test_the_tutorial_on_the_command_line_prints_what_it_says(put):
    page = DOCS / "tutorial.md"
    folder = put(page)
    install(folder, tomllib.loads((folder / "pyproject.toml").read_text())["project"])
    try:
        for _, _, line, output in commands(page):
            result = call(*shlex.split(line))
            assert result.exit_code == 0, result.output
            assert not output or result.stdout == output, f"{line} does not print this any more"
        assert "coin_toss" in call("list", "strategies").stdout
    finally:
        sys.modules.pop("coin_toss", None)


def test_the_strategy_of_the_tutorial_is_the_same_twice():
    notebook, file = (b.text for b in blocks(DOCS / "tutorial.md") if "class CoinToss" in b.text)
    assert notebook.partition("class ")[2] == file.partition("class ")[2]


@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=[pytest.mark.torch] * (p.stem in NEEDS_TORCH), id=p.stem) for p in HOW_TO]
)
def test_a_how_to_runs_and_its_entry_points_name_its_classes(page):
    names = run(page)
    for block in blocks(page):
        if block.language != "toml":
            continue
        project = tomllib.loads(block.text)["project"]
        for group, entries in project["entry-points"].items():
            base = KINDS[group.removeprefix("nas_explorer.")]
            for name, target in entries.items():
                plugin = names.get(target.partition(":")[2]) or _class_of(page, target)
                assert issubclass(plugin, base)
                assert plugin.name == name
                assert plugin.summary()
    for _, _, line, output in commands(page):
        if page.stem not in ("command", "index"):
            result = call(*shlex.split(line))
            assert result.exit_code == 0, result.output
            assert not output or result.stdout == output


def _class_of(page: Path, target: str) -> type[Plugin]:
    """The class that the overview names, from the page that defines it."""
    return run(page.with_name("strategy.md"))[target.partition(":")[2]]


def test_every_kind_of_plugin_has_a_how_to():
    singular = {"strategies": "strategy", "proxies": "proxy"}
    kinds = {singular.get(kind, kind.removesuffix("s")) for kind in KINDS}
    assert {page.stem for page in HOW_TO} == kinds | {"command", "page", "index"}


def test_the_command_of_the_how_to_is_a_command(put, monkeypatch):
    page = DOCS / "howto" / "command.md"
    monkeypatch.setattr(cli, "__path__", [*cli.__path__, str(put(page))])
    try:
        ((_, _, line, output),) = commands(page)
        assert call(*shlex.split(line)).stdout == output
    finally:
        sys.modules.pop("nas_core.cli.best", None)


def test_the_page_of_the_how_to_opens(put, monkeypatch):
    frame = importlib.import_module("ui.frame")
    file = put(DOCS / "howto" / "page.md") / "95_best.py"
    monkeypatch.setattr(frame, "ROOT", file.parent)
    page = frame._page(file)
    monkeypatch.setattr(frame, "pages", lambda: ())  # links to pages need the app around them
    at = AppTest.from_file(str(file), default_timeout=60).run()
    assert not at.exception
    assert at.title[0].value == page.title == "Best"
    assert len(at.dataframe[0].value) == 5
    assert at.dataframe[0].value["test accuracy (%)"].is_monotonic_decreasing


def test_the_api_has_every_name_that_the_package_exports():
    text = (DOCS / "api" / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[`(\w+)`\]", text, re.MULTILINE)) == set(nas_core.__all__)


def test_the_glossary_is_alphabetical_and_says_each_word_once():
    lines = (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
    words = [line[2:].partition("**: ")[0].lstrip("*").lower() for line in lines if line.startswith("* ")]
    assert len(words) > 40
    assert words == sorted(set(words))
