"""`build` on the command line: the progress it passes on, how it ends, and that an interrupt loses nothing."""

from __future__ import annotations

import json

import pytest

from nas_core import benchmarks
from nas_core.sources import pocket_topology, table_build
from nas_core.sources.download import Progress
from tests.command_line import call, refused


def test_it_passes_on_what_the_builder_says(monkeypatch, tmp_path):
    given = []

    def build(*args):
        given.extend(args)
        yield Progress("training with seed 0", 0, 5260, "networks")
        yield Progress("the table is ready", 1, 1, "tables")

    monkeypatch.setattr(table_build, "build", build)
    result = call("build", "pocket_topology", "--processes", 3, "--engine", "torch", "--folder", tmp_path, "--json")
    assert result.exit_code == 0, result.output
    *steps, said = map(json.loads, result.stdout.splitlines())
    assert given == [pocket_topology.POCKET, 3, "torch", tmp_path, "cpu"]
    assert [step["done"] for step in steps] == [0, 1]
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    assert said == {"table": "pocket_topology", "architectures": 15_625, "fingerprint": table.fingerprint()}
    assert "pocket_topology is complete" in call("build", "pocket_topology").stdout


def test_an_interrupt_says_that_the_same_command_goes_on(monkeypatch):
    def build(*_):
        yield Progress("training with seed 0", 40, 5260, "networks")
        raise KeyboardInterrupt

    monkeypatch.setattr(table_build, "build", build)
    assert "the same command goes on from there" in refused(130, "build", "pocket_topology")


@pytest.mark.torch
def test_an_engine_that_is_not_there_is_refused(tmp_path):
    sentence = refused(2, "build", "pocket_topology", "--engine", "steam", "--folder", tmp_path)
    assert "no engine named 'steam'; there are: fused, torch, batched" in sentence
    assert not list(tmp_path.iterdir())


def test_a_dataset_that_the_table_has_not_is_refused():
    assert "on 'mnist'; its datasets are: cluttered_digits, banking77" in refused(
        2, "build", "pocket_topology", "--dataset", "mnist"
    )
