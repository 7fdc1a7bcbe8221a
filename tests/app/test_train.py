"""The Train page without a browser: form, refusals, a training from start to keeping its results."""

import importlib.util
import re
import zipfile
from dataclasses import replace
from itertools import islice

import pytest

from nas_core import models
from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.places import data_dir
from nas_core.sources import live, own_data, pocket_topology, user_table
from nas_core.spaces.topology import Topology
from nas_core.studies import trainings
from tests.command_line import call
from tests.conftest import SHARED
from tests.unit.test_own_data import pictures
from tests.visit import finish, link, press
from ui.server import jobs

PAGE = "pages/15_train.py"
pytestmark = pytest.mark.skipif(not PocketTopology.file.exists(), reason="the embedded table is not built")


@pytest.fixture
def opened(in_threads, monkeypatch):
    """Opens the page; networks train on few images."""
    recipe, few = live.recipe, {"size": 12, "train": 128, "held_out": 64}

    def small(table, dataset=""):
        plain = recipe(table)
        return plain and replace(plain, dataset_params=few, network=plain.network and {"channels": 1, "cells": 1})

    monkeypatch.setattr(live, "recipe", small)
    return lambda **parameters: link(PAGE, parameters).run()


@pytest.mark.torch
def test_two_cells_from_start_to_a_table_of_ones_own(opened):
    app = finish(press(opened(cells="15624, 9000"), "Train 2 networks"))
    assert not app.exception and not app.error
    assert "leads after 4 epochs" in next(m.value for m in app.markdown if "headline" in m.value)
    assert app.dataframe[0].value["cell"].tolist() == [15624, 9000]
    assert app.dataframe[0].value["numbers"].str.startswith(("own:15624 nats:", "own:9000 nats:")).all()
    assert len(app.get("echarts_chart")) == 1
    assert any("also with the table's seed" in c.value for c in app.caption)
    pictures = [m.value for m in app.markdown if "<svg" in m.value]
    assert [("answered right" in p, "flows" in p) for p in pictures].count((True, False)) == 2
    app = app.selectbox(key="of").set_value("9000").run()
    app = app.slider(key="epoch").set_value(1).run()
    app = app.selectbox(key="curve_of").set_value("training loss").run()
    assert not app.exception
    app = press(app, "Save 2 networks")
    assert not app.exception and "is now a dataset" in app.success[0].value
    assert len(user_table.names("topology")) == 1


@pytest.mark.torch
@pytest.mark.parametrize("kept", [True, False])
def test_a_training_that_was_stopped_goes_on_where_its_weights_are_kept(opened, monkeypatch, kept):
    if not kept:
        monkeypatch.setattr(models, "place", lambda choice: None)
    train = trainings.train

    def stopped(*args):
        yield from islice(train(*args), 4)  # the images, and 3 of 8 epochs

    monkeypatch.setattr(trainings, "train", stopped)
    app = finish(press(opened(cells="15624, 9000"), "Train 2 networks"))
    monkeypatch.setattr(trainings, "train", train)
    (job,) = [job for job in jobs()._jobs.values() if job.key.startswith("train")]
    job.state, before = "stopped", list(job.items)
    app.run()
    assert any(("Continue goes on" if kept else "Train again begins anew") in each.value for each in app.info)
    app = finish(press(app, "Continue" if kept else "Train again"))
    assert not app.exception and not app.error
    assert "leads after 4 epochs" in next(m.value for m in app.markdown if "headline" in m.value)
    (job,) = [job for job in jobs()._jobs.values() if job.key.startswith("train")]
    after = [trainings.epochs_of(job.items, 15624), trainings.epochs_of(before, 15624)]
    assert [e.seconds for e in after[0][:2]] == [e.seconds for e in after[1]] or not kept
    assert [bool(e.inspection) for e in after[0]] == [not kept, True, True, True]
    assert app.slider(key="epoch").min == (2 if kept else 1)
    assert not any(b.label == "Continue" for b in app.button)


@pytest.mark.torch
@pytest.mark.shared
def test_cells_are_trained_on_texts_where_these_are_here(in_threads, monkeypatch):
    texts = pocket_topology.TEXT_POCKET
    data = texts.recipe.dataset_params | {"val_share": 0.9}
    few = replace(texts.recipe, dataset_params=data, network={"channels": 1, "cells": 1, "embedding": 4})
    monkeypatch.setitem(pocket_topology.POCKETS, "banking77", replace(texts, recipe=few))
    there = {"benchmark": "Pocket topology", "dataset": "Banking77", "cells": "15624"}
    app = link(PAGE, there).run()
    assert not app.exception and not app.warning and "fetch banking77" in app.info[0].value
    assert "Train it" not in {b.label for b in app.button} and len(app.get("echarts_chart")) == 1
    call("import", "banking77", SHARED / "text" / "banking77")
    app = finish(press(link(PAGE, there).run(), "Train it"))
    assert not app.exception and not app.error
    assert "% on validation texts after 8 epochs" in next(m.value for m in app.markdown if "headline" in m.value)
    answers, confused = (frame.value for frame in app.dataframe[1:3])
    assert len(answers) == 77 and set(answers["what it is"]) >= set(confused["answer"])
    assert confused["times"].str.endswith(" of 40").all()
    assert sum("flows" in m.value for m in app.markdown) == 1


@pytest.mark.torch
@pytest.mark.parametrize("recipe", ["as in this table", "as NATS-Bench"])
def test_one_is_trained_to_the_end_on_other_data_and_taken(opened, recipe, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    nats = Topology.networks["nats"]
    monkeypatch.setattr(
        Topology, "networks", {**Topology.networks, "nats": replace(nats, settings={"channels": 2, "cells": 1})}
    )
    *_, draft = own_data.read(pictures(tmp_path / "pets", each=20), own_data.Options("images"))
    epochs = {"final_epochs_table": "2", "final_epochs_nats": "2", "final_seeds": "2"}
    app = opened(cells="9000", final_data=own_data.save(draft, "Pets"), final_recipe=recipe, **epochs)
    assert not app.exception and not app.error
    app = finish(press(app, "Train it to the end and take it"))
    assert not app.exception and not app.error
    said = " ".join(m.value for m in app.markdown)
    assert re.search(r"% of 8 test examples right\*\* .*looked at once, 20\d\d-\d\d-\d\d", said)
    (file,) = (data_dir() / "models").glob("final-pocket_topology-pets-own9000*-2x2.zip")
    with zipfile.ZipFile(file) as archive:
        card = archive.read(next(n for n in archive.namelist() if n.endswith("README.md"))).decode()
    assert "--dataset pets" in card and "--final 2 --epochs 2 --seed 0" in card
    assert ("--recipe nats" in card) == (recipe == "as NATS-Bench")


@pytest.mark.torch
def test_widths_are_trained_too_and_another_table_begins_anew(opened):
    app = opened(benchmark="pocket_size", cells="8:8:8:8:8, 1023")
    assert [t.label for t in app.text_input] == ["Networks"]
    app = finish(press(app, "Train 2 networks"))
    assert not app.exception and not app.error
    assert "Network " in next(m.value for m in app.markdown if "headline" in m.value)
    assert app.dataframe[0].value["network"].tolist() == [0, 1023]
    app = press(app, "Save 2 networks")
    assert "is now a dataset" in app.success[0].value and len(user_table.names("size")) == 1
    app = app.selectbox(key="trained_as").set_value("pocket_topology").run()
    assert not app.exception and not app.warning
    assert app.text_input(key="cells").label == "Cells" and "1023" not in app.text_input(key="cells").value


@pytest.mark.torch
@pytest.mark.parametrize("name", ["the ten best", "the front of accuracy and MFLOPs", "good, average and bad"])
def test_cells_are_taken_by_a_button(opened, name):
    app = press(opened(), name)
    assert not app.exception and not app.warning
    count = len(app.text_input(key="cells").value.split(","))
    assert 4 <= count <= 12 and any(b.label == f"Train {count} networks" for b in app.button)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"cells": "15625"}, "there is no number 15625"),
        ({"cells": "|no~0|"}, "|op~0|+|op~0|op~1|"),
        ({"cells": " , "}, "Enter at least one cell"),
        ({"cells": ",".join(map(str, range(13)))}, "13 cells are too many"),
        ({"seed": "-1"}, "The link sets “Seed” to “-1”"),
    ],
)
def test_what_cannot_be_trained_is_said(opened, parameters, sentence):
    app = opened(**parameters)
    assert not app.exception and sentence in app.warning[0].value.replace("\\", "")


def test_a_number_that_is_typed_says_whose_it_is(opened):
    app = opened(cells="4711")
    assert not app.warning
    app.text_input(key="cells").set_value("nats:5, 12").run()
    assert "12 can mean more than one cell; write nats:12" in app.warning[0].value.replace("\\", "")
    app.text_input(key="cells").set_value("nats:5, own:12").run()
    assert not app.warning and not app.exception


def test_without_torch_it_says_how_to_get_it(opened, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "torch" else find(name, *more))
    app = opened()
    assert not app.exception and "python -m pip install torch" in app.info[0].value
