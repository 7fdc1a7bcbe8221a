"""The home page: the race, its verdict, the state of the data and the links."""

import re

import pytest

from nas_core import benchmarks, plugins, race, searches
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.unit.test_jobs import wait
from tests.visit import link, markdown
from ui import evidence_panel, home_race
from ui.frame import jobs, pages

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)


@pytest.fixture
def page(monkeypatch):
    """The home page, with a short race and nothing left over from other tests."""
    monkeypatch.setattr(home_race, "RUNS", 5)
    monkeypatch.setattr(home_race, "TRIALS", 15)
    return link("app.py")


def raced(page, number=1):
    wait(home_race.job(number))
    return page.run()


def test_before_the_race_it_says_what_the_strategies_do(page):
    page.run()
    assert not page.exception
    assert [b.label for b in page.button] == ["Race three strategies"]
    for title, _, what in home_race.racers():
        assert title in markdown(page)
        assert what in markdown(page)
    assert not page.get("echarts_chart")


def test_the_button_races_and_ends_with_a_picture_and_a_verdict(page):
    page.run()
    page.button[0].click().run()
    assert not page.exception
    assert page.query_params["race"] == "1"
    raced(page)
    assert not page.exception
    assert len(page.get("echarts_chart")) == 1
    said = markdown(page)
    assert re.search(r"No strategy is shown to be ahead at 15 trainings|beats? .* at 15 trainings", said)
    assert "a difference can be shown from 7 seeds of each on" in page.caption[0].value
    assert said.count("middle half of 5 runs") == 3
    assert "The best cell of its best run" in said
    assert page.button[0].label == "Race again with new seeds"


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
    assert page.button[0].label == "Race three strategies"


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
    assert [b.label for b in page.button] == ["Race again with new seeds", "Run this race"]
    monkeypatch.setattr(home_race, "TRIALS", 15)
    page.button[1].click().run()
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
    said = markdown(page)
    for plugin in plugins.find(Benchmark).values():
        assert f"**{plugin.heading()}**" in said
        assert plugin.missing(plugin.datasets[0]) in said


def test_it_links_to_every_page(page):
    page.run()
    linked = [link.proto.page for link in page.get("page_link")]
    assert len(linked) >= 2 * len(pages()) - 1  # the menu, and a card for every page but this
