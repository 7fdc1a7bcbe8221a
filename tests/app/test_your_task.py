"""Your task: a search on data of one's own with real trainings, stopped and continued; the pages without it."""

import re
import zipfile

import pytest
import streamlit as st

from nas_core.datasets.cluttered_digits import ClutteredDigits
from nas_core.places import data_dir
from nas_core.sources import own_data
from nas_core.sources.own_data import Options
from nas_core.studies import live_search, opening
from nas_core.types import Asked, Started, Suggestion
from tests.unit.test_own_data import TEXTS, pictures, table
from tests.visit import captions, finish, link, markdown, press, shown, verbatim
from ui.server import jobs, store

PAGE = "pages/17_your_task.py"
QUICK = {
    "task_trainings": "3",
    "task_epochs": "1",
    "task.live_topology.channels": "2",
    "task_strategy": "random search",
}


@pytest.fixture
def dataset(data_folder, tmp_path):
    st.cache_resource.clear()
    *_, draft = own_data.read(pictures(tmp_path / "pets", each=20), Options("images"))
    return own_data.save(draft, "My pets")


@pytest.mark.torch
def test_a_search_on_ones_own_images(dataset, monkeypatch):
    monkeypatch.delattr(ClutteredDigits, "load")  # the example only needs to know how many they are
    page = link(PAGE, QUICK).run()
    assert not page.exception
    assert page.selectbox(key="task_data").value == dataset  # one's own comes first
    assert "Nothing has been trained with these settings yet" in page.info[0].value
    assert [heading.value for heading in page.subheader] == ["An example: cluttered digits"]
    assert "65.4 % of the validation examples right" in markdown(page)
    finish(page.button(key="task_run").click().run())
    assert not page.exception
    assert "% of the validation examples right, with" in markdown(page) and not page.subheader
    assert "95 % interval of 8 examples" in captions(page) and ", 1 epoch, " in captions(page)
    board = page.dataframe[0].value
    assert board["training"].nunique() == len(board) <= 3 and board["validation accuracy (%)"].is_monotonic_decreasing
    assert "task_run" not in {button.key for button in page.button}
    assert f"--dataset {dataset} " in verbatim(page)[0] and "--strategy random_search" in verbatim(page)[0]


@pytest.mark.torch
def test_networks_of_other_depths_are_searched(dataset):
    deep = {"task_networks": "macro", "task.live_macro.channels": "2", "task.live_macro.features": "8"}
    page = link(PAGE, QUICK | deep | {"task_trainings": "1", "task.live_macro.depths": "1:1:1"}).run()
    assert not page.exception and not page.warning
    finish(page.button(key="task_run").click().run())
    assert not page.exception and "--benchmark-set depths=1:1:1" in verbatim(page)[0]
    assert re.fullmatch("[012]{3}", page.dataframe[0].value["network"].iloc[0])
    page.text_input(key="task.live_macro.depths").set_value("2,3").run()
    assert not page.exception
    assert "depths must be one to six whole numbers" in page.warning[0].value
    page.text_input(key="task.live_macro.depths").set_value("9:9:9").run()  # too many to be listed
    assert not page.exception and not page.warning


@pytest.mark.torch
def test_the_best_network_is_trained_to_the_end_and_taken(dataset):
    pytest.importorskip("onnxruntime")
    wishes = {"take_channels": "3", "take_cells": "2", "take_int8": "true", "take_epochs": "1", "take_seeds": "1"}
    page = link(PAGE, QUICK | wishes | {"task_trainings": "1"}).run()
    finish(page.button(key="task_run").click().run())
    assert not page.warning  # of numbers that have changed since it began
    finish(press(page, "Train it to the end and take it"))
    assert not page.exception
    assert re.search(r"\*\*\d+\.\d % of 8 test examples right\*\*", markdown(page))
    (file,) = (data_dir() / "models").glob("*.zip")
    with zipfile.ZipFile(file) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
        card = archive.read(next(n for n in archive.namelist() if n.endswith("README.md"))).decode()
    assert {"model.py", "weights.safetensors", "model.onnx", "predict.py", "labels.json", "preprocess.json"} <= names
    assert f"run --benchmark live_topology --dataset {dataset}" in card and "cat" in card
    assert "model.int8.onnx" in names and "--benchmark-set channels=3 --benchmark-set cells=2" in card
    (shares,) = re.findall(r"With 8-bit weights ([\d.]+) % of the .* right, without ([\d.]+) %", captions(page))
    assert f"(model.int8.onnx) {shares[0]} % of the validation inputs are answered right, without {shares[1]} %" in card
    assert file.stem.endswith("-1x1-cells2-channels3-int8")
    page.toggle(key="take_int8").set_value(False).run()
    assert "Train it to the end and take it" in {button.label for button in page.button}  # that is another one


@pytest.mark.torch
def test_what_runs_is_seen_and_what_was_stopped_is_continued(dataset):
    page = link(PAGE, {**QUICK, "task_trainings": "40"}).run()
    page.button(key="task_run").click().run()
    (job,) = jobs().active()
    while sum(type(item).__name__ == "Told" for item in job.items) < 2:
        job.touch()
        job.stop.wait(0.05)
    page.run()
    assert not page.exception and "**Being trained**: one cell, 1 epoch" in markdown(page)
    assert job.total == 40 and job.counts is live_search.ended  # looks of a proxy are no progress
    board = page.dataframe[0].value
    assert len(board) >= 2 and board["validation accuracy (%)"].is_monotonic_decreasing
    assert "task now" in shown(page).figures and "task costs" in shown(page).figures
    press(page, "Stop after this training")
    while not job.over:
        job.touch()
        job.stop.wait(0.05)
    assert type(job.items[-1]).__name__ == "Told" and not job.stop.is_set()
    finish(page)
    label = page.button(key="task_run").label
    (run,) = store().ids()
    done = sum(type(event).__name__ == "Told" for event in store().read(run))
    assert label == f"Continue: {done} of 40 are trained" and 2 <= done < 40


@pytest.mark.torch
def test_a_search_for_f1_starts_from_what_tables_propose_and_says_whether_that_paid(dataset, in_threads):
    start = {"task_trainings": "4", "task_start": "tables", "task_pairs": "2", "task_aim": "macro F1"}
    page = link(PAGE, QUICK | start).run()
    finish(page.button(key="task_run").click().run())
    assert not page.exception and "% macro F1 on validation, with" in markdown(page)
    assert "cannot be told from fewer than 6 pairs" in (text := captions(page))
    assert re.search(
        r"interval of 8 examples: [\d.]+ to [\d.]+ %. It answers [\d.]+ % of the validation examples", text
    )
    board = page.dataframe[0].value
    assert sorted(board["origin"]) == ["proposed"] * 2 + ["random"] * 2
    assert board["macro F1 on validation (%)"].is_monotonic_decreasing
    assert list(board)[2] == "macro F1 on validation (%)"
    assert "--objectives val_f1:max --opening 2 --trials 4" in verbatim(page)[0]


@pytest.mark.torch
def test_what_fits_into_a_time_is_put_into_the_form_and_else_a_proxy_is_proposed(dataset, in_threads, monkeypatch):
    page = link(PAGE, QUICK | {"task_trainings": "8", "task_start": "tables"}).run()
    assert page.number_input(key="task_pairs").value == 4
    monkeypatch.setattr(live_search, "epoch_seconds", lambda timings: {2: 0.01, 1: 0.005})
    page = finish(press(page, "How long will it take?"))
    assert "A training takes about" in captions(page)
    page = press(page, "500 trainings of")
    form = {key: page.number_input(key=key).value for key in ("task_trainings", "task_epochs")}
    assert not page.exception and form["task_trainings"] == 500 and form["task_epochs"] > 3
    assert "A training takes about" in captions(page)  # nothing is measured again
    monkeypatch.setattr(live_search, "epoch_seconds", lambda timings: {2: 1e4, 1: 1e4})
    page.run()
    assert "Not even 20 trainings of one epoch fit" in page.info[0].value
    page = press(page, "Let naswot rank, and train 12")
    assert not page.exception and page.selectbox(key="task_start").value == "tables,naswot"
    assert page.number_input(key="task_trainings").value == 12
    assert "Score 100 candidates" in {button.label for button in page.button}


@pytest.mark.torch
def test_a_proxy_scores_its_candidates_before_the_search(in_threads, monkeypatch):
    monkeypatch.setattr(opening, "POOL", 6)
    page = link(PAGE, QUICK | {"task_data": "cluttered digits", "task_start": "params"}).run()
    assert "tables" not in page.selectbox(key="task_start").options and "task_run" not in {b.key for b in page.button}
    page = finish(press(page, "Score 6 candidates"))
    assert not page.exception and page.button(key="task_run").label == "Search"


def test_the_training_that_may_have_ended_a_search_is_named(dataset, in_threads, monkeypatch):
    def dying(store, spec, processes):
        question = Suggestion((0,) * 6)
        yield from store.record(spec.id, [Started(spec, "0"), Asked(0, question, 0.0)])
        raise RuntimeError("the process ended")

    monkeypatch.setattr(live_search, "search", dying)
    page = link(PAGE, QUICK).run()
    page = finish(page.button(key="task_run").click().run())
    assert "Training 1 had not ended and may be what ended the rest." in captions(page)


def test_the_recipe_has_what_fits_the_data(dataset, tmp_path):
    page = link(PAGE).run()
    keys = {box.key for box in [*page.selectbox, *page.number_input]}
    assert {"task.live_topology.augment", "task.live_topology.mixup", "task.live_topology.patience"} <= keys
    table(tmp_path / "bank.csv", TEXTS)
    *_, draft = own_data.read(tmp_path / "bank.csv", Options("text"))
    own_data.save(draft, "My texts")
    page = link(PAGE, {"task_data": "My texts", "task.live_topology.mixup": "0.3"}).run()
    assert not page.exception and page.selectbox(key="task_data").value == "my_texts"
    said = "for 60 epochs in batches of 16, with a learning rate that falls from 0.05, as fits the kind and size of"
    assert f"{said} My texts." in captions(page)
    keys = {box.key for box in [*page.selectbox, *page.number_input]}
    assert "task.live_topology.patience" in keys and not keys & {
        "task.live_topology.augment",
        "task.live_topology.mixup",
    }


def test_only_networks_that_read_the_data_are_offered(dataset):
    page = link(PAGE).run()
    assert {"topology", "macro"} <= set(page.selectbox(key="task_networks").options)
    old = link(PAGE, {"task_aim": "macro F1 and size"}).run()
    assert (old.selectbox(key="task_aim").value, old.selectbox(key="task_also").value) == ("macro F1", "parameters")


@pytest.mark.torch
@pytest.mark.parametrize(
    "aim, also, objectives, axis",
    [
        ("accuracy", "latency", "val_acc:max,latency_ms:min", "latency (ms)"),
        ("macro F1", "MFLOPs", "val_f1:max,flops_m:min", "MFLOPs"),
        ("accuracy", "balanced accuracy", "val_acc:max,val_balanced_acc:max", "balanced validation accuracy (%)"),
    ],
)
def test_two_objectives_and_their_front(dataset, in_threads, aim, also, objectives, axis):
    quick = {name: value for name, value in QUICK.items() if name != "task_strategy"}
    page = link(PAGE, quick | {"task_trainings": "2", "task_aim": aim, "task_also": also}).run()
    assert not page.exception and page.selectbox(key="task_strategy").value == "parego"
    assert aim not in page.selectbox(key="task_also").options
    finish(page.button(key="task_run").click().run())
    assert not page.exception and f"--objectives {objectives} " in verbatim(page)[0]
    assert shown(page).figures["task costs"].option["xAxis"]["name"] == axis
    board = page.dataframe[0].value
    assert (board["on the front"] == "yes").any() and list(board)[2:4] == [axis, "on the front"]
    assert re.search(
        rf"<p class='verdict'>[\d.]+ % .*, with [\d.e+-]+ .*{re.escape(axis.partition(' (')[0])}</p>", markdown(page)
    )
