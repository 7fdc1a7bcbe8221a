"""Your own data on the Data page: upload, report, keep, rename, delete, undo; and what is said of files that fail."""

import json
import threading

import pytest
import streamlit as st

from nas_core import datasets, plugins
from nas_core.datasets import Dataset
from nas_core.datasets.own.folders import folder
from tests.unit.test_own_data import TEXTS, pictures
from tests.visit import finish, link, markdown, press
from ui.server import jobs


@pytest.fixture
def page(data_folder):
    st.cache_resource.clear()
    return link("pages/70_data.py").run()


def said(page):
    return " ".join(e.value for kind in (page.success, page.error, page.info, page.warning) for e in kind)


def read(page):
    page.button(key="own_data_read").click().run()
    return finish(page)


def test_a_folder_on_the_server_is_reported_on_kept_and_deleted(page, tmp_path):
    assert page.button(key="own_data_read").disabled
    pictures(tmp_path / "my pets", each=10)
    (tmp_path / "my pets" / "cat" / "note.txt").write_text("x")
    page.text_input(key="own_data_path").set_value(str(tmp_path / "my pets")).run()
    read(page)
    assert not page.exception
    assert "20 images of 16 × 16 pixels, grey, in 2 classes: 12 train, 4 val, 4 test" in markdown(page)
    assert "1 is left out." in said(page) and page.dataframe[0].value["what"].tolist() == ["cat/note.txt"]
    assert "data:image/png;base64," in markdown(page)
    assert page.text_input(key="own_data_name").value == "my pets"
    page.button(key="own_data_keep").click().run()
    assert "“my pets” is now a dataset here." in said(page)
    assert len(datasets.create("my_pets").load()["train"]) == 12
    other = link("pages/70_data.py").run()
    page.text_input(key="title my_pets").set_value("Two pets").run()
    other.run()  # another window, in whose box the old name still stands
    assert plugins.get(Dataset, "my_pets").title() == "Two pets" and "**Two pets**" in markdown(page)
    page.button(key="delete my_pets").click().run()
    assert "Deleted my_pets." in markdown(page) and "my_pets" not in plugins.find(Dataset)
    (folder() / "my_pets").mkdir()
    page.button(key="own_data_undo").click().run()
    assert not page.exception and "there is a dataset named my_pets again" in said(page).lower()
    (folder() / "my_pets").rmdir()
    page.button(key="own_data_undo").click().run()
    assert not page.exception and "**Two pets**" in markdown(page) and not page.error
    page.text_input(key="title my_pets").set_value("two\x00pets").run()
    assert not page.exception and "cannot be a title" in said(page) and "**Two pets**" in markdown(page)


def test_an_uploaded_text_file_and_what_is_not_kept(page):
    page.segmented_control(key="own_kind").set_value("text").run()
    content = "\n".join(json.dumps(dict(zip(TEXTS[0], row, strict=True))) for row in TEXTS[1:])
    page.file_uploader(key="own_data_text").set_value(("../bank.jsonl", content.encode(), "application/json")).run()
    read(page)
    assert not page.exception and "40 texts, " in markdown(page)
    assert page.dataframe[0].value["one of its texts"].str.contains("card number").any()
    press(page, "Discard")
    assert list(folder().glob("*")) == [] and list(folder().glob(".*")) == []
    assert not page.exception and page.button(key="own_data_read").disabled


def upload(page):
    page.segmented_control(key="own_kind").set_value("text").run()
    content = "\n".join(json.dumps(dict(zip(TEXTS[0], row, strict=True))) for row in TEXTS[1:])
    return page.file_uploader(key="own_data_text").set_value(("bank.jsonl", content.encode(), "text/plain")).run()


def test_an_upload_that_is_refused_or_not_waited_for_is_not_kept(page, monkeypatch):
    server, gate = jobs(), threading.Event()

    def held():
        gate.wait(20)
        yield 1

    holding = [server.start(name, "", held) for name in "ab"]
    upload(page).button(key="own_data_read").click().run()
    (waiting,) = (job for job in server.active() if job not in holding)
    assert waiting.state == "queued" and not list(folder().glob(".*"))
    assert "bank.jsonl" in str(waiting.make)
    server.stop(waiting.key)
    assert "bank.jsonl" not in str(waiting.make)  # it is let go
    monkeypatch.setattr(server, "_full", lambda owner: "there is no room")
    upload(page.run()).button(key="own_data_read").click().run()
    gate.set()
    assert not page.exception and "There is no room." in said(page)
    assert not list(folder().glob(".*"))


def test_an_upload_that_cannot_be_written_is_one_sentence(page, data_folder):
    data_folder.mkdir(exist_ok=True)
    upload(page)
    (data_folder / "own_data").write_text("a file where a folder should be")
    read(page)
    assert not page.exception and "own_data could not be written: " in said(page)


@pytest.mark.parametrize(
    "content, says", [(b"text\nhello\n", "has no column called label"), (b"\xff\xfe\x00", "is not"), (b"", "is empty")]
)
def test_a_file_that_cannot_be_used_is_one_sentence(page, content, says):
    page.segmented_control(key="own_kind").set_value("text").run()
    page.file_uploader(key="own_data_text").set_value(("t.csv", content, "text/csv")).run()
    read(page)
    assert not page.exception and says in said(page)
    assert list(folder().glob(".*")) == []


def test_options_that_cannot_be_are_answered(page):
    next(box for box in page.number_input if box.label == "Pixels a side").set_value(3).run()
    assert "Size must be 8 to 256 pixels, divisible by 4" in said(page) and page.button(key="own_data_read").disabled
