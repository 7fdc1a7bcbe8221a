"""Search with several objectives: the form, fronts on the map from start to verdict, and what a link says of them."""

from dataclasses import replace

import pytest

from nas_core import benchmarks
from nas_core.experiment_file import Experiment
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective, RunSpec
from tests.command_line import last, refused
from tests.searching import SMALL, TWO, asked, made, opened, results, run_all, verdict
from tests.tiny import Tiny
from tests.visit import link, markdown, origin, press, shown, verbatim
from ui import exported_data
from ui.server import experiments as shelf
from ui.server import store

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("formula", "numbers", "nsga2", objectives=TWO, max_trials=20)


def tab(page, name):
    page.session_state["front_tab"] = name
    return page.run()


def pairs(page):
    return next(d.value for d in page.dataframe if "verdict" in d.value)


def test_it_asks_for_a_run_and_shows_what_there_is_to_find():
    page = asked()
    assert not page.exception and not page.warning and not page.error
    assert "No search has been run" in page.info[0].value
    assert "24 searches by 4 strategies, about 960 trainings" in " ".join(c.value for c in page.caption)
    assert "searched map" in shown(page).figures


def test_searches_from_start_to_verdict():
    page = run_all(asked())
    assert not page.exception and not page.error
    assert any(
        word in verdict(page) for word in (" beats ", " beat ", "No strategy is shown", "No difference is shown")
    )
    assert {"NSGA-II", "random search"} <= {*pairs(page)["first"], *pairs(page)["second"]}
    assert len(results(page)) == 4 and results(page)["median"].between(0, 100).all()
    assert {"searched map", "shares"} <= shown(page).figures.keys()
    page = page.run()  # what waits for the map is drawn
    earlier = page.slider(key="front_after").set_value(10).run()
    assert not earlier.exception and "at 10 trainings" in markdown(earlier)
    again = asked(edit="false")  # the saved runs are read from disk
    assert not again.exception and verdict(again) and not [b for b in again.button if b.key == "run_button"]
    assert "at 10 trainings" in verdict(asked(front_after="10")) and "at 40 trainings" in verdict(
        asked(front_after="x")
    )


def test_every_tab_below_the_map():
    page = run_all(asked(front_runs="2"))
    assert "attainment" in shown(tab(page, "How much fronts vary")).figures
    assert "composition" in shown(tab(page, "What fronts are made of")).figures
    page = tab(page, "Repeat")
    assert verbatim(page)[0].startswith("python -m nas_core front --benchmark formula")
    assert "Run all again" in [b.label for b in page.button]
    assert not page.exception and not page.error


def test_files_hold_every_trial_and_say_what_repeats_them():
    page = run_all(asked())
    (specs,) = shown(page).specs.values()
    trials = exported_data.trials(specs)
    assert trials.groupby(["label", "seed"]).size().tolist() == [40] * 24 and trials["flops_m"].gt(0).all()
    assert exported_data.archive(Experiment.of(specs, "fronts")).startswith(b"PK")
    assert " front " in origin(page)["command"]


def test_a_run_is_kept_as_an_experiment_that_its_link_opens():
    run_all(asked(front_runs="2"))
    (one,), _ = shelf().all()
    assert one.name.startswith("RS, NSGA-II, +2: accuracy and MFLOPs, ") and one.runs == 8
    page = opened(id=one.id).run()
    assert not page.exception and not page.error and verdict(page) and page.title[0].value == "Search"
    assert "**random search · NSGA-II" in markdown(page) and "Edit" in [k.proto.label for k in page.get("page_link")]


def test_a_reference_point_that_nothing_attains_is_said():
    page = run_all(asked())
    page = page.number_input(key="measured_from.val_acc").set_value(1000.0).run()
    assert not page.exception and not page.error
    assert "(1000 %, 25 MFLOPs) lies outside" in page.warning[0].value
    assert not [m for m in page.markdown if "class='verdict'" in m.value] and "nan" not in markdown(page)


@pytest.mark.parametrize("every", [1, 2])
def test_trials_that_failed_are_said_and_not_called_zero_percent(monkeypatch, every):
    evaluate = Tiny.evaluate

    def fail(self, suggestion, rng):
        if suggestion.arch[0] % every == 0:
            raise ValueError("this cell is not in the table")
        return evaluate(self, suggestion, rng)

    monkeypatch.setattr(Tiny, "evaluate", fail)
    page = run_all(asked(front_strategies="random_search"))
    assert not page.exception and not page.error
    text = " ".join(box.value for box in (*page.info, *page.caption))
    assert "trainings failed: ValueError: this cell is not in the table" in text
    assert ("These searches found nothing in 240 trainings: 240 of 240 trainings failed" in text) == (every == 1)
    assert any("on the exact front" in d.value for d in page.dataframe) == (every == 2)


def test_a_fitness_of_ones_own_is_read_and_searched_on():
    both = ["nsga2", "random_search"]
    page = asked(fitness="val_acc - 2*log(flops_m)", fitness_strategies="local_search", front_strategies=both)
    assert not page.exception and not page.error
    assert any(c.value.startswith("val_acc is validation accuracy (%)") for c in page.caption)
    page = run_all(page)
    assert not page.exception and not page.error
    assert any("searching on val_acc - 2 * log(flops_m)" in name for name in results(page)["strategy"])
    table = pairs(page)
    assert ((table["first"] == "random search") | (table["second"] == "random search")).sum() == 2
    (one,), _ = shelf().all()
    assert not opened(id=one.id).run().exception


def test_a_wrong_fitness_is_one_sentence():
    page = asked(fitness="val_akk")
    assert not page.exception and len(page.error) == 1


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"aims": "MFLOPs"}, "Choose two to 4 objectives; 1 are chosen."),
        ({"aims": "luck"}, "“luck”, which does not exist"),
        ({"front_runs": "many"}, "must be a whole number from 1 to 50"),
        ({"front_strategies": "local_search"}, "“local_search”, which does not exist"),
        ({"measured": "twice"}, "“twice”, which does not exist"),
        ({"aim.val_acc": "up"}, "“up”, which does not exist"),
    ],
)
def test_nonsense_in_the_link_gets_one_sentence(parameters, said):
    page = asked(**parameters)
    assert not page.exception and said in " ".join(w.value for w in page.warning)


def test_limits_hold_for_the_searches_and_the_front():
    page = run_all(asked(limits="flops_m<=6", front_runs="2"))
    (one,), _ = shelf().all()
    assert {s.constraints for s in one.settings.values()} == {(Constraint("flops_m", high=6.0),)}
    assert not page.exception and results(page)["median"].le(100).all()


def test_three_objectives_on_test_images():
    three = ["validation accuracy", "MFLOPs", "CPU latency"]
    pocket = {"benchmark": "pocket_topology", "dataset": "cluttered_digits", "front_trials": "20"}
    page = run_all(asked(**pocket, aims=three, front_runs="2", measured="on test images"))
    assert not page.exception and not page.error
    page = tab(page, "All objectives")
    assert {"parallel", "pair 0 1"} <= shown(page).figures.keys() and not page.exception
    page = page.selectbox(key="searched_x").set_value("CPU latency").run()
    assert not page.exception and not page.error


def test_a_clicked_network_has_its_numbers_and_a_way_to_explore():
    task = FrontTask(benchmarks.table("formula", "numbers"), TWO)
    page = asked(point=str(task.knee)).run()
    assert f"**Cell {task.knee}**: validation accuracy" in markdown(page)
    (way,) = [link for link in page.get("page_link") if link.proto.label == "Look closer"]
    assert f"cell={task.knee}" in way.proto.query_string
    assert "Look closer" not in [link.proto.label for link in asked(point="10000000").run().get("page_link")]


def test_a_link_to_the_page_pareto_that_names_searches_shows_them():
    specs = [replace(SPEC, strategy=name, seed=seed) for name in ("random_search", "nsga2") for seed in (0, 1)]
    made(specs)
    older = {"strategies": ["random search", "NSGA-II"], "runs": "2", "trials": "20", "benchmark": "formula"}
    page = link("pages/95_pareto.py", older).run()
    assert not page.exception and not page.warning and page.title[0].value == "Search"
    assert len(results(page)) == 2 and verdict(page)
    page = link("pages/95_pareto.py", {"benchmark": "formula"}).run()
    assert not page.exception and not page.warning and page.title[0].value == "Explore"


def test_a_template_fills_in_what_is_searched_for():
    page = opened(**SMALL).run()
    press(page, "Accuracy against cost")
    assert not page.exception and page.selectbox(key="objective").value == "several objectives"
    assert page.query_params["objective"] == "several objectives" and page.multiselect(key="aims").value
    press(page, "Compare strategies")
    assert not page.exception and page.selectbox(key="objective").value == "validation accuracy"
    assert "Why does evolution work? (ablation)" in [way.proto.label for way in page.get("page_link")]


LINE = ("front", "--benchmark", "formula", "--dataset", "numbers", "--objectives", "val_acc,flops_m", "--processes", 1)


def test_what_the_command_front_has_kept_opens_with_the_same_claims_and_goes_to_others(tmp_path, monkeypatch):
    names = ["random_search", "nsga2"]
    rows = last(*LINE, "--strategies", ",".join(names), "--seeds", "0:12", "--trials", 40, "--name", "mine")["rows"]
    page = opened(id=last("experiment", "list")["experiments"][0]["id"]).run()
    assert not page.exception and page.title[0].value == "mine" and not store().ids()  # compact traces alone
    ((_, pair),) = pairs(page).iterrows()
    nsga2 = next(row for row in rows if row["strategy"] == "nsga2")
    words = {(True, False): "NSGA-II is better", (False, True): "random search is better"}
    assert pair["verdict"] == words.get((nsga2["better"], nsga2["worse"]), "no difference shown")
    assert abs(pair["difference"]) == pytest.approx(abs(nsga2["difference"]))
    assert results(page).set_index("strategy")["median"]["NSGA-II"] == pytest.approx(nsga2["median"])
    assert last("experiment", "show", "mine")["done"] == dict.fromkeys(names, 12)
    last("experiment", "export", "mine", "--file", tmp_path / "mine.zip")
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "another machine"))
    taken = last("experiment", "import", tmp_path / "mine.zip")
    assert (taken["runs"], taken["problems"]) == (24, {})
    again = opened(id=taken["id"]).run()
    assert not again.exception and verdict(again) == verdict(page)
    assert "say with --strategies which" in refused(2, *LINE, "--name", "none")


def test_experiments_of_other_objectives_are_not_held_against_each_other():
    three = replace(SPEC, objectives=(*TWO, Objective("params_m", "min")))
    alone = replace(SPEC, strategy="local_search", objectives=TWO[:1])
    ids = [made([spec]).id for spec in (SPEC, three, alone)]
    page = opened(id=ids[:2]).run()
    assert "these searches have different objectives" in page.warning[0].value.lower() and not page.exception
    page = opened(id=[ids[0], ids[2]]).run()
    assert not page.exception and not page.warning and len(results(page)) == 2


def test_runs_lists_them_and_its_single_runs_open_on_search():
    one = made([replace(SPEC, seed=seed) for seed in (0, 1)])
    (row,) = link("pages/30_runs.py").run().dataframe[0].value.itertuples()
    assert (row.name, row.runs, row.strategies) == ("mine", 2, "NSGA-II") and "done" in row.state
    page = link("pages/30_runs.py", {"list": "single runs"}).run()
    page.session_state[page.dataframe[0].key] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    (way,) = [k for k in page.run().get("page_link") if k.proto.label == "Open on Search"]
    assert "objective=several+objectives" in way.proto.query_string and one.runs == 2
