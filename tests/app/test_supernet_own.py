"""The Supernet page on data of one's own: what it names is trained by itself, and can be taken home."""

import pytest
import streamlit as st

from nas_core.sources import own_data
from tests import own_files
from tests.unit.test_own_data import TEXTS, pictures, read, table
from tests.visit import finish, link, markdown, press, shown

PAGE = "pages/55_supernet.py"
QUICK = {
    "net_on": "my data",
    "method": "RSPS",
    "net.rsps.epochs": "2",
    "net.rsps.channels": "2",
    "net.rsps.batch": "8",
    "net.rsps.steps": "2",
    "net.rsps.judged_on": "8",
    "net.rsps.scored": "3",
    "net.rsps.candidates": "3",
}


@pytest.fixture
def keep(data_folder, tmp_path):
    """Keeps small data of a kind; its name."""
    st.cache_resource.clear()
    table(tmp_path / "bank.csv", TEXTS)
    make = {
        "images": lambda: pictures(tmp_path / "pets", each=20),
        "text": lambda: tmp_path / "bank.csv",
        "arrays": lambda: own_files.signals(tmp_path / "signals"),
    }
    return lambda kind: own_data.save(read(make[kind](), kind), f"my {kind}")


def test_without_data_of_ones_own_it_says_where_that_is_brought():
    page = link(PAGE).run()
    assert not page.exception and "Trained on" not in {control.label for control in page.segmented_control}
    assert any("On data of your own a supernet finds a network too" in caption.value for caption in page.caption)


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["images", "text"])
def test_a_supernet_of_ones_own_data_names_a_network_that_is_trained(keep, in_threads, kind):
    from nas_core.sources import by_size

    name = keep(kind)
    by_size.count.cache_clear()
    page = link(PAGE, QUICK | {"net_data": name}).run()
    assert not page.exception and page.selectbox(key="net_data").value == name
    assert "net.rsps.images" not in {box.key for box in page.selectbox}  # on these data and on no other
    page = finish(press(page, "Train the supernet"))
    assert not page.exception and not page.error
    said = next(m.value for m in page.markdown if "headline" in m.value)
    assert "After 2 epochs, RSPS names cell own:" in said and "trained by itself answers" in said
    assert {"preferences", "collapse"} <= set(shown(page).figures) and "named" not in shown(page).figures
    assert "Train it to the end and take it" in {button.label for button in page.button}
    assert "Train it again" in {button.label for button in page.button}
    assert f"--dataset {name} " in shown(page).command and "--strategy rsps" in shown(page).command
    assert "Trained on" in {control.label for control in page.segmented_control} and "**What it names**" in markdown(
        page
    )


@pytest.mark.torch
def test_a_supernet_that_cannot_read_the_data_says_so(keep):
    name = keep("arrays")
    page = link(PAGE, {"net_on": "my data", "net_data": name}).run()
    assert not page.exception and set(page.selectbox(key="net_networks").options) == {"topology"}
    pets = keep("images")
    page = link(PAGE, {"net_on": "my data", "net_data": pets, "net_networks": "size"}).run()
    assert not page.exception and "FBNetV2" in page.selectbox(key="method").options
