"""Names and notes that people give, and words of a link, load nothing and run nothing on the pages that show them.

The hostile suite: links in tests/app/test_pages.py; in tests/unit uploads in test_hostile_data.py and
test_hostile_tables.py, run files in test_hostile_runs.py, archives in test_hostile_archives.py and
test_experiment_archive.py, fitness expressions in test_fitness.py, pickles in test_sources_pickles.py, spreadsheets in
test_exported_data.py and test_experiment_archive.py; names here.
"""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from nas_core.sources import own_data, user_table
from tests.app.test_experiments_page import BOTH, made
from tests.app.test_runs import SPEC, select
from tests.app.test_runs import made as made_runs
from tests.records import record
from tests.visit import finish, link, press
from ui.server import experiments as shelf
from ui.server import store
from ui.words import inert, plain, safe_sentence, standout

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
        yield "" if value.startswith("$$ID") else value  # the key of a widget
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


@pytest.mark.parametrize("page", ["pages/20_search.py", "pages/10_explore.py", "pages/95_pareto.py"])
def test_the_words_of_a_link(page):
    names = ("benchmark", "dataset", "strategies", "x", "y", "colour", "tab", "id", "of", "cell", "metric", "fitness")
    check(link(page, dict.fromkeys(names, BAD)).run())


def test_what_a_text_becomes():
    for safe in (plain(BAD), inert(BAD), safe_sentence(BAD), standout(BAD)):
        assert not LIVE.search(safe)
    assert inert("use `run --fresh`: **now**") == "use `run --fresh`: **now**"
    assert standout("a < b & c", "verdict") == "<p class='verdict'>a &lt; b &amp; c</p>"


MARKED = "![p](//e.x/p)"


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("name", ["benchmark", "dataset"])
def test_names_in_a_run_file(name):
    """As imported, and as a link opens it, whose page says why it cannot be drawn."""
    (run,) = made_runs(SPEC)
    whole = [record(line) for line in store().path(run).read_text().splitlines()]
    whole[0]["spec"][name] = MARKED
    store().delete(run)
    page = link("pages/30_runs.py", {"list": "single runs"}).run()
    page.file_uploader[0].set_value([("a.jsonl", "".join(json.dumps(r) + "\n" for r in whole).encode(), "")])
    check(press(page, "Import"))
    (run,) = store().ids()
    shown = [select(page, run), link("pages/30_runs.py").run(), link("pages/20_search.py", {"id": [run]}).run()]
    assert any("//e.x/p" in check(app) for app in shown)


def test_names_of_data_and_of_their_files(data_folder):
    rng, file = np.random.default_rng(0), data_folder / f"{MARKED.replace('/', '_')}.npz"
    data_folder.mkdir()
    labels = np.array([BAD, "b", "c"])[np.arange(60) % 3]
    np.savez(file, x=rng.standard_normal((60, 1, 16)).astype(np.float32), y=labels)
    page = link("pages/70_data.py").run()
    page.segmented_control(key="own_kind").set_value("arrays").run()
    page.text_input(key="own_data_path").set_value(str(file)).run()
    page.button(key="own_data_read").click().run()
    check(finish(page))
    page.text_input(key="own_data_name").set_value("pets").run()
    check(page.button(key="own_data_keep").click().run())
    own_data.rename("pets", BAD[:60])
    assert "onerror" in check(link("pages/70_data.py").run())
    for name in ("pages/17_your_task.py", "pages/15_train.py", "pages/45_proxies.py"):
        check(link(name, {"task_data": "pets", "data": "pets", "dataset": "pets"}).run())


def test_where_the_numbers_of_a_table_come_from():
    draft = user_table.read(b"arch,val_acc\nnats:1,70\nnats:2,50\n", f"{MARKED}.csv", "topology", "", {})
    user_table.save(draft, "mine", BAD)
    said = check(link("pages/10_explore.py", {"benchmark": "own_topology", "dataset": "mine"}).run())
    assert "onerror" in said
    page = link("pages/70_data.py").run()
    check(page.file_uploader(key="own_file").set_value((f"{MARKED}.csv", b"a,b\n1,2\n", "text/csv")).run())
