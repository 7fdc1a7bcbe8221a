"""The Reproduce page: published rows are always there; ours come from a job and stand beside them."""

from dataclasses import replace

import pytest

from nas_core.charts import reproduction
from nas_core.studies import published, reproduce
from nas_core.studies.reproduce import Reproduction
from tests.visit import link
from tests.watching import watch


def opened(**parameters):
    return link("pages/80_reproduce.py", parameters)


def numbers(page):
    return {metric.label: int(metric.value) for metric in page.metric}


def test_without_nats_bench_the_published_numbers_and_the_way_to_it_are_there():
    page = opened().run()
    assert not page.exception
    assert "get NATS-Bench first" in page.info[0].value
    assert not numbers(page), "there is nothing to count"
    assert len(page.dataframe[0].value) == len(reproduce.published_rows())
    assert not [b for b in page.button if b.key == "reproduce"]
    page.toggle(key="differs").set_value(True).run()
    assert page.info[1].value == "Nothing is compared yet."


@pytest.mark.shared
def test_one_dataset_is_reproduced(nats_tables):
    page = opened(dataset="cifar100", runs="50").run()
    assert "Our numbers are still missing" in page.info[0].value
    page.button(key="reproduce").click().run()
    assert not page.exception
    watch()
    page.run()
    assert not page.exception
    found = numbers(page)
    # the size searches need the official archives, two of the hybrids scores of the whole space
    assert found["agree"] > 30 and found["not computed"] == 8
    assert found["not checked"] == 8 and found["fitted"] == 2  # 3 searches and 2 facts; REINFORCE at 12,000 s
    table = page.dataframe[0].value
    assert set(table["dataset"]) == {"CIFAR-100"} and "± se" in table
    assert len(page.get("vega_lite_chart")) == 1
    page.selectbox(key="group").select(f"Searches: {published.NB201}").run()
    assert len(page.dataframe[0].value) == 7
    page.selectbox(key="group").select(f"Searches: {published.MF_NAS}").run()  # exact on both sides: nothing to draw
    assert not page.exception and not page.get("vega_lite_chart")
    assert "✓ agrees" in set(page.dataframe[0].value["result"])
    page.toggle(key="differs").set_value(True).run()
    assert not page.exception


@pytest.mark.shared
def test_a_job_that_is_stopped_keeps_its_rows_and_goes_on(nats_tables):
    page = opened(dataset="cifar10", runs="50").run()
    page.button(key="reproduce").click().run()
    page.button(key="stop reproduce cifar10 50").click().run()
    watch()
    page.run()
    assert not page.exception and "Stopped" in page.info[0].value
    assert page.button(key="reproduce").label == "Continue"


def test_what_nobody_has_checked_or_ours_was_fitted_to_does_not_count_as_agreement():
    rows = reproduce.published_rows()
    fitted = [row for row in rows if "F" in row.mark]
    assert len(fitted) == 6 and {row.name.partition(",")[0] for row in fitted} == {"REINFORCE"}
    assert all("12,000 s" in row.name for row in fitted)
    assert sum(row.mark == "R" for row in rows) >= 18
    for row in rows:
        kind = {"R": "not checked", "T F": "fitted"}.get(row.mark)
        assert [replace(row, agree=agree).result for agree in (True, False)] == (
            [kind, kind] if kind else ["agrees", "differs"]
        )
        assert row.result == "not computed"
    shown = reproduction.frame_of([replace(row, agree=True) for row in rows])
    assert set(shown["result"][shown["mark"] == "R"]) == {"? not checked"}
    assert set(shown["result"][shown["mark"] == "T F"]) == {"≈ fitted"}


def test_rows_as_a_table_and_as_a_chart():
    row = Reproduction(
        "a search: test", "Searches", "nats_topology", "cifar10", 93.7, 0.02, "T", "a paper", 93.9, 0.02, 500, "", False
    )
    fact = Reproduction(
        "local maxima", "Landscape", "nats_topology", "cifar10", 18.0, 0.0, "M", "counted", 18.0, 0.0, 0, "", True
    )
    frame = reproduction.frame_of([row, fact])
    assert frame["ours"].tolist() == ["93.90", "18"] and frame["result"].tolist() == ["✗ differs", "✓ agrees"]
    assert frame["difference (se)"].tolist()[0] == 7.1
    drawn = reproduction.distances([row, fact]).to_dict()
    points = next(rows for rows in drawn["datasets"].values() if "search" in rows[0])
    assert [p["search"] for p in points] == ["a search: test"] and round(points[0]["z"], 1) == 7.1
