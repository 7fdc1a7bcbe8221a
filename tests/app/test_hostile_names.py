"""Names and notes that people give, and words of a link, load nothing and run nothing on the pages that show them.

The hostile suite: links in tests/app/test_pages.py; in tests/unit uploads in test_hostile_data.py and
test_hostile_tables.py, run files in test_hostile_runs.py, archives in test_hostile_archives.py and
test_experiment_archive.py, fitness expressions in test_fitness.py, pickles in test_sources_pickles.py, spreadsheets in
test_exported_data.py and test_experiment_archive.py; names here.
"""

import re
from dataclasses import replace

import pytest

from tests.app.test_experiments_page import BOTH, made
from tests.visit import link
from ui.frame import experiments as shelf
from ui.words import inert, plain, standout

BAD = "<img src=//e.x/i onerror=a()>![p](//e.x/p)[l](javascript:a)"
LIVE = re.compile(r"(?<!\\)<img|(?<!\\)\[[pl](?<!\\)\]\(")
TYPED = {"arrow_data_frame", "text_input", "text_area", "selectbox", "multiselect", "echarts_chart", "bidi_component"}


def texts(node):
    """Every text below a node that a browser would read as Markdown or HTML."""
    for child in getattr(node, "children", {}).values():
        yield from texts(child)
    if getattr(node, "type", "") not in TYPED and getattr(node, "proto", None) is not None:
        yield from strings(node.proto)


def strings(value):
    """Of a protobuf message, or of a part of one."""
    if isinstance(value, str):
        yield value
    elif hasattr(value, "ListFields"):
        for _, part in value.ListFields():
            yield from strings(part)
    elif not isinstance(value, bytes | int | float):
        for part in value.values() if hasattr(value, "values") else value:
            yield from strings(part)


def check(app):
    assert not app.exception
    said = [*texts(app.main), *texts(app.sidebar)]
    assert not [text[:200] for text in said if LIVE.search(text)]
    return " ".join(said)


@pytest.mark.usefixtures("tables")
def test_the_name_and_the_note_of_an_experiment():
    one = shelf().change(made(BOTH).id, BAD, f"{BAD}\n\n{BAD}")
    other = made([replace(spec, max_trials=13) for spec in BOTH], BAD[:60])
    opened = check(link("pages/20_search.py", {"id": [one.id]}).run())
    assert opened.count("javascript") >= 2, "its name and its note are there"
    check(link("pages/20_search.py", {"id": [one.id, other.id]}).run())
    check(link("pages/30_runs.py", {"of": one.id}).run())
    check(link("pages/30_runs.py").run())


@pytest.mark.parametrize("page", ["pages/20_search.py", "pages/10_explore.py", "pages/40_pareto.py"])
def test_the_words_of_a_link(page):
    names = ("benchmark", "dataset", "strategies", "x", "y", "colour", "tab", "id", "of", "cell", "metric", "fitness")
    check(link(page, dict.fromkeys(names, BAD)).run())


def test_what_a_text_becomes():
    for safe in (plain(BAD), inert(BAD), standout(BAD).removeprefix("<p").replace("[", "")):
        assert not LIVE.search(safe)
    assert inert("use `run --fresh`: **now**") == "use `run --fresh`: **now**"
    assert standout("a < b & c", "verdict") == "<p class='verdict'>a &lt; b &amp; c</p>"
