"""Visitors who are kept apart: each sees and changes only their own; a link shows an experiment and no more."""

import re
import time

import numpy as np
import pytest

from nas_core import models, places, searches
from nas_core.datasets.own.folders import own_datasets
from nas_core.jobs import search
from nas_core.sources import own_data, user_table
from nas_core.sources.own_data import Options
from nas_core.store import Store, StoreError
from nas_core.types import RunSpec
from tests.searching import SMALL, charts, run_all
from tests.unit.test_jobs import wait, wait_for
from tests.visit import link
from ui import run_views, visitors
from ui.server import jobs

pytestmark = pytest.mark.usefixtures("tables")
ANNA, BERT = "a" * 32, "b" * 32
SEARCH, RUNS = "pages/20_search.py", "pages/30_runs.py"
TABLE = "arch,val_acc\nnats:1,{}\nnats:2,50\n"


@pytest.fixture(autouse=True)
def public(monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_PUBLIC", "1")


def visit(key, page, **parameters):
    app = link(page, parameters)
    app.session_state["visitor"] = key
    return app.run()


def folder(key):
    return places.place_of(places.owner_of(key))


def saved(key):
    return [file.stem for file in folder(key).glob("experiments/*.json")]


@pytest.fixture
def annas():
    """The id of an experiment that Anna has run."""
    page = run_all(visit(ANNA, SEARCH, **SMALL))
    assert not page.exception and charts(page)
    (one,) = saved(ANNA)
    return one


def test_a_visitor_sees_their_own_experiments_and_nothing_is_in_the_common_folder(annas, data_folder):
    (rows,) = visit(ANNA, RUNS).dataframe
    assert list(rows.value["id"]) == [annas]
    assert not list(visit(BERT, RUNS).dataframe)
    assert "There are no experiments yet" in visit(BERT, RUNS).info[0].value
    assert not visit(BERT, RUNS, list="single runs").dataframe
    assert not list((data_folder / "runs").glob("*.jsonl")) and not (data_folder / "experiments").exists()
    assert [path.name for path in (data_folder / "visitors").iterdir()] == [places.owner_of(ANNA)]  # Bert has nothing
    assert ANNA not in "".join(map(str, data_folder.rglob("*")))  # the key is nowhere


def test_a_page_finds_out_a_few_times_whose_it_is(monkeypatch):
    """Not for each of the hundreds of files that it looks for: that took half of its time."""
    asked, key = [], visitors._key
    monkeypatch.setattr(visitors, "_key", lambda: asked.append(1) or key())
    explore = visit(ANNA, "pages/10_explore.py")
    asked.clear()
    assert not explore.run().exception
    assert 0 < len(asked) < 10


def test_the_id_does_not_follow_from_the_settings(annas):
    specs = [
        event.spec for run in Store(folder(ANNA) / "runs").ids() for event in Store(folder(ANNA) / "runs").read(run)[:1]
    ]
    assert annas != searches.digest(spec.id for spec in specs)
    run_all(visit(BERT, SEARCH, **SMALL))
    assert len(saved(BERT)) == 1 and saved(BERT) != [annas]


def test_a_link_shows_an_experiment_of_another_and_lets_nothing_be_changed(annas):
    before = contents(folder(ANNA))
    page = visit(BERT, SEARCH, id=annas)
    assert not page.exception and not page.error and charts(page)
    assert "This experiment is another visitor's" in " ".join(caption.value for caption in page.caption)
    labels = [button.label for button in page.button]
    assert not [label for label in labels if re.match("Run|Continue|Save|Delete|Rename", label)]
    assert "Run all again" not in [button.label for button in visit(BERT, SEARCH, id=annas, tab="Repeat").button]
    menus = [[box.proto.popover.label for box in visit(key, SEARCH, id=annas).get("popover")] for key in (ANNA, BERT)]
    assert ["Experiment" in menu for menu in menus] == [True, False]
    assert contents(folder(ANNA)) == before and not saved(BERT)


def contents(place):
    return {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_who_looks_at_it_is_at_home_again_on_every_other_page(annas):
    page = visit(BERT, SEARCH, id=annas)
    page.switch_page(RUNS).run()
    assert not page.dataframe
    assert not visit(BERT, RUNS, id=annas).dataframe
    assert "There is no experiment" in visit(BERT, SEARCH, id="0123456789ab").warning[0].value


def test_a_link_does_not_open_what_else_its_owner_has_run(annas):
    """Runs without an experiment have an id that follows from their settings."""
    spec = RunSpec("formula", "numbers", "local_search", max_trials=7)
    with places.acting_for(places.owner_of(ANNA)):
        list(search(Store(places.data_dir() / "runs"), spec))
    assert not visit(ANNA, SEARCH, id=[annas, spec.id]).warning
    assert "There is no experiment" in visit(BERT, SEARCH, id=[annas, spec.id]).warning[0].value


def test_a_folder_that_is_visited_cannot_be_written(annas):
    theirs = Store(folder(ANNA) / "runs", read_only=True)
    (run, *_) = theirs.ids()
    for change in (
        lambda: theirs.delete(run),
        lambda: theirs.restore(run),
        lambda: theirs.add(theirs.path(run).read_bytes()),
        lambda: next(theirs.record("0123456789ab", [])),
    ):
        with pytest.raises(StoreError, match="this belongs to another visitor"):
            change()


def test_nobody_stops_the_work_of_another_and_both_may_do_the_same(monkeypatch):
    server, who = jobs(), [ANNA]
    monkeypatch.setattr(places, "ask_owner", lambda: places.owner_of(who[0]))
    monkeypatch.setattr(server, "_visitor", lambda: places.owner_of(who[0]))
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=10)
    endless = server.start("k", "endless", forever)
    who[0] = BERT
    assert server.get("k") is None and not server.mine(endless)
    server.stop("k")
    race = searches.start_race(server, [spec])
    who[0] = ANNA
    assert server.get(race.key) is race  # a race is the same for all
    server.stop(race.key)
    assert wait(race).state == "done"
    who[0] = BERT
    own = server.start("k", "endless", forever)
    assert own is not endless
    wait_for(lambda: own.items)
    who[0] = ANNA
    assert (endless.state, own.state) == ("running", "running")
    assert (endless.items[0], own.items[0]) == (places.owner_of(ANNA), places.owner_of(BERT))
    with places.acting_for(places.owner_of(BERT)):  # as when she looks at something of his
        refused = server.start("more", "more", forever)
    assert (refused.state, "belongs to another visitor" in refused.error) == ("failed", True)
    server.stop("k")
    who[0] = BERT
    server.stop("k")
    assert (wait(endless).state, wait(own).state) == ("stopped", "stopped")


def forever():
    while True:
        yield places.owner()
        time.sleep(0.01)


def test_a_table_and_data_of_ones_own_are_nobody_elses(tmp_path):
    """Two tables of one name; the server keeps each in memory for its owner."""
    for key, accuracy in ((ANNA, 70), (BERT, 60)):
        with places.acting_for(places.owner_of(key)):
            draft = user_table.read(TABLE.format(accuracy).encode(), "t.csv", "topology", "", {})
            user_table.save(draft, "mine", "", scale="percent")
    best = []
    for key in (ANNA, BERT, ANNA):
        with places.acting_for(places.owner_of(key)):
            best.append(np.nanmax(run_views.benchmark("own_topology", "mine").column("val_acc")))
    assert best == [70, 60, 70]
    assert ["mine" in listed(key) for key in (ANNA, "c" * 32)] == [True, False]
    assert not user_table.names("topology")  # nor is it in the common folder
    with places.acting_for(places.owner_of(ANNA)):
        *_, draft = own_data.read(arrays(tmp_path), Options("arrays"))
        own_data.save(draft, "hers")
        assert list(own_datasets()) == ["hers"]
    assert not own_datasets()
    with places.acting_for(places.owner_of(BERT)):
        assert not own_datasets()


def listed(key):
    """The datasets of the tables that the Data page lists."""
    return list(visit(key, "pages/70_data.py").dataframe[0].value["dataset"])


def test_a_click_that_is_forged_on_the_page_of_another_changes_nothing_of_theirs(annas, tmp_path):
    """Callbacks run before the page is drawn, when Anna's experiment was the last that Bert's page showed."""
    for key in (ANNA, BERT):
        with places.acting_for(places.owner_of(key)):
            draft = user_table.read(TABLE.format(70).encode(), "t.csv", "topology", "", {})
            user_table.save(draft, "mine", "", scale="percent")
            *_, draft = own_data.read(arrays(tmp_path), Options("arrays"))
            own_data.save(draft, "signals")
    before = contents(folder(ANNA))
    page = visit(BERT, "pages/70_data.py")
    buttons = [page.button(key=key).id for key in ("remove topology mine", "delete signals")]
    for button in buttons:
        page.query_params["id"] = annas
        page.switch_page(SEARCH).run()
        assert "This experiment is another visitor's" in " ".join(caption.value for caption in page.caption)
        states = page._tree.get_widget_states()
        states.widgets.add(id=button, trigger_value=True)
        page._run(states)
    assert contents(folder(ANNA)) == before
    with places.acting_for(places.owner_of(BERT)):
        assert not user_table.names("topology") and not own_data.names()  # they were his


def test_what_a_page_shows_of_another_cannot_be_written(annas, monkeypatch, tmp_path):
    monkeypatch.setattr(places, "ask_owner", lambda: places.owner_of(ANNA))
    monkeypatch.setattr(places, "ask_host", lambda: places.owner_of(ANNA))
    before, file = contents(folder(ANNA)), arrays(tmp_path)
    draft = user_table.read(TABLE.format(70).encode(), "t.csv", "topology", "", {})
    choice = models.Choice("formula", "numbers", 0, 0)
    for change in (
        lambda: user_table.save(draft, "mine", "", scale="percent"),
        lambda: user_table.delete("topology", "mine"),
        lambda: list(own_data.read(file, Options("arrays"))),
        lambda: own_data.save(own_data.Draft(tmp_path, {}, {}), "signals"),
        lambda: own_data.rename("signals", "other"),
        lambda: own_data.delete("signals"),
        lambda: own_data.restore("signals"),
        lambda: models._own(choice.zip),
    ):
        with pytest.raises(RuntimeError, match="this belongs to another visitor"):
            change()
    assert contents(folder(ANNA)) == before


def arrays(folder):
    rng = np.random.default_rng(0)
    file = folder / "signals.npz"
    np.savez(file, x=rng.standard_normal((60, 1, 16)).astype(np.float32), y=np.arange(60) % 3)
    return file


def test_where_nobody_is_apart_there_is_one_folder(monkeypatch, data_folder):
    monkeypatch.delenv("NAS_EXPLORER_PUBLIC")
    run_all(visit(ANNA, SEARCH, **SMALL))
    assert len(visit(BERT, RUNS).dataframe[0].value) == 1
    assert not (data_folder / "visitors").exists()
