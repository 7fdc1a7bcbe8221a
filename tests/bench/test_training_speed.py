"""The fused trainer earns its place: the same training against torch's, in one run on one thread."""

from __future__ import annotations

import statistics

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from dataclasses import replace

from nas_core import training
from nas_core.nets import fused
from nas_core.sources.pocket_topology import RECIPE

if not fused.available():
    pytest.skip("no C++ compiler on the PATH: g++ or clang++", allow_module_level=True)

ARCH = (3, 2, 4, 1, 3, 0)


def test_fused_training_is_faster_than_torch():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    data = RECIPE.load()
    few = {"train": type(data["train"])(data["train"].images[:1024], data["train"].labels[:1024])}
    protocol = replace(RECIPE.protocol, epochs=4)
    runs = zip(
        fused.train(RECIPE.initial(ARCH, 0), few, protocol),
        training.train(RECIPE.initial(ARCH, 0), few, protocol),
        strict=True,
    )  # epoch by epoch in turn, so that both meet the same machine
    seconds = [(mine.seconds, theirs.seconds) for mine, theirs in runs][1:]
    torch.set_num_threads(threads)
    ratio = statistics.median(theirs / mine for mine, theirs in seconds)
    assert ratio > 1.5, f"the fused trainer is only {ratio:.1f} times as fast as torch"
