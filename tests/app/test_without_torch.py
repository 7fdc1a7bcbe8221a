"""The pages where torch is installed and does not load: what needs it says so, the rest works."""

import sys

import pytest

from nas_core import packages
from nas_core.benchmarks import Benchmark
from nas_core.plugins import get
from tests.visit import finish, link, press


@pytest.mark.parametrize("page", ["15_train", "45_proxies", "55_supernet", "10_explore"])
def test_a_page_that_needs_it_says_why_it_does_not_load_and_the_way_out(page, broken_torch):
    packages.missing("torch", packages.PATIENCE)  # Explore does not wait for the answer
    app = link(f"pages/{page}.py").run().run()
    assert not app.exception
    said = " ".join(info.value for info in app.info).replace("\\", "")
    assert f"PyTorch, which is installed but does not load ({broken_torch})" in said
    assert "`python -m pip install --force-reinstall torch`" in said
    assert not [b for b in app.button if b.label.startswith(("Train", "Score"))]
    assert "torch" not in sys.modules


def test_a_benchmark_that_trains_says_it(broken_torch):
    packages.missing("torch", packages.PATIENCE)
    said = get(Benchmark, "live_topology").missing("cluttered_digits")
    assert said.startswith(f"Real training needs PyTorch, which is installed but does not load ({broken_torch}); ")


def test_code_cannot_be_taken_and_the_sentence_says_why_and_the_way_out(broken_torch):
    packages.missing("torch", packages.PATIENCE)
    app = finish(press(link("pages/55_supernet.py").run(), "Take the code"))
    assert not app.exception and not [b for b in app.get("download_button") if "code" in b.label]
    said = " ".join(error.value for error in app.error).replace("\\", "")
    assert "which is installed but does not load" in said and "pip install --force-reinstall torch" in said
