"""Somebody with a folder of images: it becomes data, a search finds a network, and a .zip of it answers elsewhere."""

import re
import zipfile

import pytest

from tests import own_files
from tests.browser.conftest import PATIENCE, trouble, visit
from tests.unit.test_journey import answers

pytestmark = pytest.mark.torch
QUICK = "task_trainings=1&task_epochs=2&task.live_topology.channels=2&task_strategy=random+search"


def test_from_a_folder_of_images_to_a_model_that_answers_elsewhere(page, server, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    visit(page, f"{server.url}/data")
    page.get_by_label("or a file or folder on the machine").fill(str(own_files.digits(tmp_path / "my digits", 20)))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Read it and report").click()
    page.get_by_text("200 images of 8 × 8 pixels, grey, in 10 classes").wait_for()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("“my digits” is now a dataset here").wait_for()
    visit(page, f"{server.url}/your_task?{QUICK}")
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator(".verdict", has_text="% of the validation examples right").wait_for()
    page.get_by_role("button", name="Train it to the end and take it").click()
    page.get_by_text("Final training: ").wait_for()
    offer = page.get_by_role("button", name=re.compile("Download the model"))
    offer.wait_for(timeout=4 * PATIENCE)  # three trainings and an export, behind what other tests have left running
    said = page.get_by_text(re.compile(r"of 40 test examples right")).inner_text()
    with page.expect_download() as download:
        offer.click()
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path)
        home = tmp_path / archive.namelist()[0].partition("/")[0]
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(server.log.parent / "data"))
    data = own_files.kept("my_digits")
    found = answers(home, own_files.tested(data, tmp_path / "files"), "onnxruntime").argmax(1)
    right = int((found == data.load()["test"].labels).sum())
    assert said.startswith(f"{100 * right / 40:.1f} %")
    assert f"test inputs are answered right ({right})" in (home / "README.md").read_text("utf-8")
    assert trouble(page) == []
