"""The home page: the race, its verdict, the state of the data and the links."""

import json
import re
import time
from urllib.parse import parse_qs

import numpy as np
import pytest

from nas_core import benchmarks, gallery, plugins, race, searches
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.studies.compare import sentences
from tests.unit.test_jobs import wait
from tests.visit import link, markdown, origin, press, shown
from ui import evidence_panel, home_race, job_panel
from ui.frame import menu
from ui.server import jobs

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)


@pytest.fixture
def page(monkeypatch, in_threads):
    """The home page, with a short race and nothing left over from other tests."""
    monkeypatch.setattr(home_race, "RUNS", 5)
    monkeypatch.setattr(home_race, "TRIALS", 15)
    return link("app.py")


def labels(page):
    """The buttons of the race, without those that every page has."""
    return [button.label for button in page.button if button.label != "Export"]


def raced(page, number=1):
    wait(home_race.job(number))
    return page.run()


def test_before_the_race_it_says_what_the_strategies_do(page):
    page.run()
    assert not page.exception
    assert labels(page) == ["Race three strategies"]
    for title, _, what in home_race.racers():
        assert title in markdown(page)
        assert what in markdown(page)
    assert not page.get("echarts_chart")
    figures = shown(page).figures
    assert {question.title for question in gallery.QUESTIONS} == figures.keys()
    for title, figure in figures.items():  # the files of an answer say whose it is, also below a race
        assert figure.origin["finding"] == gallery.answers()[title].sentence and "?" in figure.origin["link"]


def test_the_button_races_and_ends_with_a_picture_and_a_verdict(page):
    page.run()
    press(page, "Race three strategies")
    assert not page.exception
    assert page.query_params["race"] == "1"
    raced(page)
    assert not page.exception
    assert len(page.get("echarts_chart")) == 1
    texts = markdown(page)
    assert re.search(r"No strategy is shown to be ahead at 15 trainings|beats? .* at 15 trainings", texts)
    assert "a difference can be shown from 7 seeds of each on" in page.caption[0].value
    assert texts.count("median validation accuracy of 5 runs<br>middle half: ") == 3
    assert "The best cell of its best run" in texts
    assert labels(page)[0] == "Race again with new seeds"
    assert "sweep" in origin(page)["command"] and len(shown(page).specs["race"]) == 15


def test_the_numbers_are_those_of_the_searches(page):
    page.query_params["race"] = "1"
    page.run()
    job = wait(home_race.job(1))
    signal = race.search_signal(benchmarks.create("pocket_topology", "cluttered_digits"), "val_acc")
    rows = race.results(race.entrants(job.items), signal)
    page.run()
    for row in rows:
        assert f"{row.quantiles()[1]:.2f} %" in markdown(page)


def test_home_and_search_claim_the_same(monkeypatch):
    monkeypatch.setattr(home_race, "TRIALS", 60)
    monkeypatch.setattr(home_race, "RUNS", 20)
    home_race._picture.clear()  # of shorter races
    traces = wait(home_race.job(1)).items
    shown, groups = home_race.picture(1, traces), race.entrants(traces)
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    for claims, signal in (
        (shown.claims, race.search_signal(table, "val_acc")),
        (shown.tested, race.report_signal(table, "test_acc")),
    ):
        assert evidence_panel.claims_of(groups, signal, "trials", 60.0).wins == claims.wins
    assert shown.claims.wins and shown.leader == shown.claims.names[0]


@pytest.mark.parametrize("public", ["0", "1"])
def test_look_closer_opens_the_race_itself_as_an_experiment_of_ones_own(page, monkeypatch, public, data_folder):
    monkeypatch.setenv("NAS_EXPLORER_PUBLIC", public)
    page.session_state["visitor"] = "a" * 32
    page.query_params["race"] = "2"
    page.run()
    finals = re.findall(r"<p class='final'>([\d.]+) %", markdown(raced(page, 2)))
    (closer,) = [p.proto for p in page.get("page_link") if p.proto.label == "Look closer on Search"]
    (file,) = data_folder.rglob("experiments/*.json")
    assert (file.parent.parent.parent.name == "visitors") == (public == "1") and not list(data_folder.rglob("runs/*"))
    kept, asked = file.read_bytes(), {k: v[0] for k, v in parse_qs(closer.query_string).items()}
    assert asked["id"] == file.stem and json.loads(kept)["name"] == "Race 2"
    page.run()
    assert len(list(data_folder.rglob("experiments/*.json"))) == 1  # once
    said = sentences.headline(home_race.picture(2, home_race.job(2).items).claims)
    monkeypatch.setattr(searches, "race_key", lambda specs: "of another day")
    for name in ("start", "start_race"):
        monkeypatch.setattr(searches, name, None)  # nothing is computed again
    search = link("pages/20_search.py", asked)
    search.session_state["visitor"] = "a" * 32
    search.run()
    assert not search.exception and search.title[0].value == "Race 2"
    (table,) = [frame.value for frame in search.dataframe if "median" in frame.value]
    assert finals and sorted(finals) == sorted(f"{median:.2f}" for median in table["median"])
    assert said in markdown(search)
    assert not [button.label for button in search.button if re.match("Run|Continue", button.label)]


def test_every_race_has_seeds_of_its_own():
    seeds = [{s.seed for s in home_race.specs(number)} for number in (1, 2)]
    assert not seeds[0] & seeds[1]
    assert {s.strategy for s in home_race.specs(1)} == set(home_race.RACERS)


@pytest.mark.parametrize("nonsense", ["abc", "0", "-3", "1e9", "99999", "²", "9" * 5000])
def test_a_nonsense_link_gets_one_sentence(page, nonsense):
    page.query_params["race"] = nonsense
    page.run()
    assert not page.exception
    assert len(page.warning) == 1
    assert "races are numbered 1 to" in page.warning[0].value
    assert labels(page)[0] == "Race three strategies"


def stopped(page, monkeypatch):
    """The page of a visitor who saw race 1 being stopped."""
    monkeypatch.setattr(home_race, "TRIALS", 5000)
    page.query_params["race"] = "1"
    page.run()
    jobs().stop(home_race.job(1).key)
    ended = wait(jobs().get(searches.race_key(home_race.specs(1))))
    assert ended.state == "stopped"
    return page.run()


def test_a_stopped_race_says_so_and_can_be_run_again(page, monkeypatch):
    stopped(page, monkeypatch)
    assert not page.exception
    assert "stopped early" in page.info[0].value
    assert labels(page) == ["Race again with new seeds", "Run this race"]
    monkeypatch.setattr(home_race, "TRIALS", 15)
    press(page, "Run this race")
    assert not page.exception
    raced(page)
    assert len(page.get("echarts_chart")) == 1 and not page.info


def test_a_race_that_someone_else_stopped_starts_for_the_next_visitor(page, monkeypatch):
    stopped(page, monkeypatch)
    other = link("app.py", {"race": "1"}).run()
    assert not other.exception and not other.info
    job = jobs().get(searches.race_key(home_race.specs(1)))
    assert not job.over or job.state == "done"
    jobs().stop(job.key)
    wait(job)


def test_it_names_every_benchmark_and_how_to_get_a_missing_one(page):
    page.run()
    texts = markdown(page)
    for plugin in plugins.find(Benchmark).values():
        assert f"**{plugin.heading()}**" in texts
        assert plugin.missing(plugin.datasets[0]) in texts


def test_it_links_to_every_page(page):
    page.run()
    linked = [link.proto.page for link in page.get("page_link")]
    assert len(linked) >= 2 * len(menu()) - 1  # the menu, and a card for every page but this


def given(page):
    """{component: what it was given} of the page, where that is JSON."""
    parts = [part.proto for part in page.get("bidi_component")]
    return {p.component_name: json.loads(p.json or p.mixed.json) for p in parts if p.json or p.mixed.json}


def test_a_race_that_runs_is_drawn_and_can_be_stopped(page, monkeypatch):
    monkeypatch.setattr(home_race, "TRIALS", 5000)
    page.query_params["race"] = "1"
    page.run()
    job = home_race.job(1)
    assert labels(page) == ["Race again with new seeds", "Stop"]
    end = time.monotonic() + 20
    while not job.items:
        assert time.monotonic() < end
        time.sleep(0.01)
    page.run()
    told, picture = given(page)["nas_ask_again"], given(page)["nas_race_picture"]
    assert told["to"] == picture["name"] == "race 1"
    assert [racer["title"] for racer in picture["racers"]] == [title for title, _, _ in home_race.racers()]
    assert told["message"]["runs"] and not told["message"]["over"]
    press(page, "Stop")
    assert wait(job).state == "stopped"
    assert "stopped early" in page.run().info[0].value


def test_who_follows_a_race_asks_less_often_the_more_look_at_it(page, monkeypatch):
    monkeypatch.setattr(home_race, "TRIALS", 5000)
    page.query_params["race"] = "1"
    assert given(page.run())["nas_ask_again"]["after"] <= 1000 * home_race.LOOK
    job = home_race.job(1)
    for visitor in range(24):
        job.touch(str(visitor))
    assert given(page.run())["nas_ask_again"]["after"] == pytest.approx(1000 * job_panel.COST * 25)
    for visitor in range(500):
        job.touch(str(visitor))
    assert given(page.run())["nas_ask_again"]["after"] == 1000 * job_panel.SLOWEST
    jobs().stop(job.key)
    wait(job)


def test_the_news_of_a_race_hold_every_run_in_full(page):
    job = wait(home_race.job(1))
    message = home_race._message(job, job.items)
    assert message["over"] and message["note"] == f"5 of {home_race.RUNS} seeds of each strategy"
    for trace, (racer, trials, values) in zip(job.items, message["runs"], strict=True):
        assert trace.spec.strategy == home_race.RACERS[racer]
        again = np.full(len(trace), np.nan)
        for trial, value in zip(trials, values, strict=True):
            again[trial - 1 :] = value
        assert again == pytest.approx(trace.values, abs=0.0005)
        assert len(trials) < len(trace)  # only what changed


def test_every_race_has_the_same_axes(page):
    frames = [home_race.picture(n, wait(home_race.job(n)).items).chart["yAxis"] for n in (1, 2)]
    assert frames[0] == frames[1]
    assert frames[0]["min"] < frames[0]["max"] == 75.0


def test_the_chart_of_a_race_that_was_seen_running_does_not_grow_again(page):
    wait(home_race.job(1))
    page.query_params["race"] = "1"
    assert spec(page.run())["animation"]
    page.session_state[home_race.FOLLOWED] = 1
    assert not spec(page.run())["animation"]


def spec(page):
    """The options of the chart."""
    (chart,) = page.get("echarts_chart")
    return json.loads(chart.proto.spec)
