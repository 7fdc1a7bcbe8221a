"""Somebody with images, texts or signals: they become data, a search finds a network, and a .zip of it answers
elsewhere."""

import re
import zipfile

import pytest

from nas_core import datasets
from nas_core.sources import own_data
from tests import own_files
from tests.browser.conftest import PATIENCE, trouble, visit
from tests.unit.test_journey import answers

pytestmark = pytest.mark.torch
QUICK = "task_trainings=1&task_epochs=1&task.live_topology.channels=2&task_strategy=random+search"


@pytest.mark.parametrize(
    "kind, make, summary",
    [
        ("Images", lambda folder: own_files.digits(folder, 20), "200 images of 8 × 8 pixels, grey, in 10 classes"),
        pytest.param("Texts", own_files.questions, "120 texts", marks=pytest.mark.shared),
        ("Signals and arrays", own_files.signals, "60 signals"),
    ],
)
def test_from_files_to_a_model_that_answers_elsewhere(page, server, tmp_path, monkeypatch, kind, make, summary):
    pytest.importorskip("onnxruntime")
    from playwright.sync_api import expect

    visit(page, f"{server.url}/data")
    page.get_by_role("radio", name=kind).click()
    page.get_by_label("or a file or folder on the machine").fill(str(make(tmp_path / "my files")))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Read it and report").click()
    page.get_by_text(summary).wait_for()
    page.get_by_label("Name of the dataset").fill(f"My {kind}")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text(f"“My {kind}” is now a dataset here").wait_for()
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(server.log.parent / "data"))
    name = next(name for name in own_data.names() if datasets.title(name) == f"My {kind}")
    page.locator(f"a[href*='task_data={name}']", has_text="Find a network for it").click()
    page.locator("h1", has_text="Your task").wait_for()
    expect(page.get_by_role("combobox", name="Data")).to_have_value(f"My {kind}", timeout=PATIENCE)
    visit(page, f"{server.url}/your_task?task_data={name}&{QUICK}")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_text("Being trained").wait_for()  # while PyTorch loads, at the latest
    expect(page.get_by_role("button", name="Stop after this training")).to_be_visible(timeout=PATIENCE)
    page.locator(".verdict", has_text="% of the validation examples right").wait_for()
    page.get_by_role("button", name="Train it to the end and take it").click()
    offer = page.get_by_role("button", name=re.compile("Download the model"))
    offer.wait_for(timeout=4 * PATIENCE)  # three trainings and an export, behind what other tests have left running
    said = page.get_by_text(re.compile(r"of \d+ test examples right")).inner_text()
    with page.expect_download() as download:
        offer.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path)
        home = tmp_path / archive.namelist()[0].partition("/")[0]
    data = own_files.kept(name)
    found = answers(home, own_files.tested(data, tmp_path / "files"), "onnxruntime").argmax(1)
    labels = data.load()["test"].labels
    right = int((found == labels).sum())
    assert said.startswith(f"{100 * right / len(labels):.1f} % of {len(labels)} test")
    assert f"test inputs are answered right ({right})" in (home / "README.md").read_text("utf-8")
    assert trouble(page) == []
