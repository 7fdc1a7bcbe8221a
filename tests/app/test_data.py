"""The Data page: NATS-Bench over a loopback server, the archives, a table of one's own, and every way they fail."""

import numpy as np
import pytest
import streamlit as st

from nas_core import benchmarks
from nas_core.sources import cifar, download, files, nats, user_table
from nas_core.sources.catalogue import DATASETS
from tests.nats_files import OFFICIAL, serve
from tests.visit import finish, link, markdown, press

CSV = b"arch,val_acc,test_acc\nown:3,40,39\nno cell,1,1\nown:4,50,49\n"


@pytest.fixture
def page(data_folder, monkeypatch, in_threads):
    st.cache_resource.clear()
    monkeypatch.setattr(download, "RETRIES", 0)
    return link("pages/70_data.py")


@pytest.fixture
def server():
    with serve() as made:
        yield made


def said(page):
    return " ".join(e.value for kind in (page.success, page.error, page.info, page.warning) for e in kind)


def fetched(page, url):
    page.run()
    page.text_input(key="mirror").set_value(url).run()
    page.button(key="fetch").click().run()
    return finish(page)


def test_a_first_visitor_sees_what_is_here_and_what_is_not(page):
    page.run()
    assert not page.exception
    rows = page.dataframe[0].value
    states = dict(zip(zip(rows["table"], rows["dataset"], strict=True), rows["state"], strict=True))
    assert states["NATS-Bench topology", "CIFAR-10"] == states["NATS-Bench size", "ImageNet16-120"] == "not here yet"
    assert page.button(key="fetch").label == "Get NATS-Bench (30 MB)"
    assert page.button(key="import").disabled
    assert len(page.dataframe[1].value) == 21


@pytest.mark.shared
def test_one_click_gets_nats_bench(page, server):
    fetched(page, server.url)
    assert not page.exception and "NATS-Bench is here" in said(page)
    assert page.button(key="fetch").label == "Fetch again and check"
    rows = page.dataframe[0].value
    ready = rows[(rows["table"] == "NATS-Bench topology") & rows["dataset"].isin(DATASETS)]
    assert set(ready["state"]) == {"ready"} and set(ready["architectures"]) == {15625}
    assert set(ready["epochs"]) == {"12, 200"}
    explore = link("pages/10_explore.py")
    explore.query_params["benchmark"], explore.query_params["dataset"] = "nats_topology", "ImageNet16-120"
    explore.run()
    assert not explore.exception and explore.selectbox(key="dataset").value == "ImageNet16-120"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("fault", "says"), [("404", "answers 404"), ("corrupt", "checksum is wrong"), ("dropped", "broke")]
)
def test_a_download_that_fails_says_what_to_do_and_can_be_repeated(page, server, fault, says):
    server.faults = {"hw_cifar100": fault}
    fetched(page, server.url)
    assert not page.exception and says in said(page) and "fetch again" in said(page)
    server.faults = {}
    page.button(key="fetch").click().run()
    assert "NATS-Bench is here" in said(finish(page))


def test_no_network_is_said(page):
    fetched(page, "http://127.0.0.1:9")
    assert not page.exception and "there may be no network here" in said(page)


def test_a_mirror_that_is_no_address_is_said(page):
    fetched(page, "nonsense")
    assert not page.exception and "'nonsense' is not a web address" in said(page)


@pytest.mark.shared
def test_stopping_a_download_keeps_the_old_table(page, server, nats_tables):
    server.faults = {"metric_vals": "slow"}
    page.run()
    page.text_input(key="mirror").set_value(server.url).run()
    page.button(key="fetch").click().run()
    page.button(key="stop fetch nats").click().run()
    finish(page)
    assert "Stopped" in said(page)
    assert benchmarks.create("nats_topology", "cifar10").column("test_acc").max() > 94


@pytest.mark.shared
def test_importing_and_removing_the_official_archives(page, nats_tables):
    page.run()
    page.text_input(key="archive").set_value(str(OFFICIAL)).run()
    page.button(key="import").click().run()
    finish(page)
    assert not page.exception
    assert any("2 of 15,625 architectures" in m.value for m in page.markdown)
    page.button(key="forget nats_topology").click().run()
    assert not page.exception and not nats.official_file("nats_topology").exists()


def test_a_folder_that_is_no_archive_is_said(page, tmp_path):
    page.run()
    page.text_input(key="archive").set_value(str(tmp_path)).run()
    page.button(key="import").click().run()
    finish(page)
    assert not page.exception and "holds no NATS-Bench archive" in said(page)


def upload(page, content, name="mine.csv"):
    page.run()
    page.file_uploader(key="own_file").set_value((name, content, "text/csv")).run()
    assert not page.exception
    return page


def test_a_table_larger_than_the_server_takes_is_one_sentence(page, monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_UPLOAD_MB", "1")
    upload(page, CSV + b"own:5,50,49\n" * 100_000)
    assert "mine.csv has 2 MB, and at most 1 MB can be uploaded here." in said(page)
    assert not [box for box in page.text_input if box.label == "Name of the dataset"]


def named(page):
    return next(box for box in page.text_input if box.label == "Name of the dataset")


def test_a_table_of_ones_own_with_its_bad_lines_listed(page):
    upload(page, CSV)
    assert "1 line is left out. 2 can be used" in said(page)
    bad = page.dataframe[2].value
    assert bad["line"].tolist() == [3] and "'no cell' is not a topology cell" in bad["why it was left out"][0]
    named(page).set_value("my cells")
    next(b for b in page.button if b.label == "Import 2 architectures").click().run()
    assert not page.exception and "“my cells” is now a dataset" in said(page)
    assert user_table.names("topology") == ("my cells",)
    rows = page.dataframe[0].value
    assert rows[rows["dataset"] == "my cells"]["architectures"].tolist() == [2]


def test_a_removed_table_is_gone(page):
    user_table.save(user_table.read(CSV, "a.csv", "topology"), "mine", "")
    page.run()
    page.button(key="remove topology mine").click().run()
    assert not page.exception and user_table.names("topology") == ()


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.csv", "is empty"),
        (b"12", "a.parquet", "is not a Parquet file"),
    ],
)
def test_files_that_cannot_be_used_are_answered_in_words(page, content, name, says):
    upload(page, content, name)
    assert says in said(page)


def test_a_name_that_is_not_allowed(page):
    upload(page, CSV)
    named(page).set_value("a/b")
    next(b for b in page.button if b.label == "Import 2 architectures").click().run()
    assert not page.exception and "cannot be the name of a table" in said(page)


def test_the_images_of_cifar_are_a_click_away_and_then_offered_to_proxies(page, data_folder):
    page.run()
    assert [page.button(key=f"fetch {name}").label for name in cifar.ARCHIVES] == [
        "Get CIFAR-10 (170 MB)",
        "Get CIFAR-100 (169 MB)",
    ]
    page.text_input(key="mirror").set_value("http://127.0.0.1:9").run()
    page.button(key="fetch cifar10").click().run()
    finish(page)
    assert not page.exception and "127.0.0.1:9 cannot be reached" in said(page)
    files.folder().mkdir()
    cifar.file("cifar10").touch()
    page.run()
    assert "**CIFAR-10** is here" in markdown(page)
    proxies = link("pages/45_proxies.py", {"net": "NATS-Bench's own network"}).run()
    assert not proxies.exception and "CIFAR-10" in proxies.selectbox(key="data").options


def test_an_app_for_strangers_asks_for_no_address_and_no_folder(page, monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_PUBLIC", "1")
    page.run()
    assert not page.exception
    assert {"mirror", "archive"}.isdisjoint(field.key for field in page.text_input)
    assert "import" not in {button.key for button in page.button}
    assert page.button(key="fetch").label == "Get NATS-Bench (30 MB)"


def test_a_column_is_chosen_and_fractions_are_asked_about(page):
    upload(page, b"arch,acc_test,test_acc2\nown:3,0.4,40\nown:4,0.5,50\n")
    assert "Choose the column of the validation accuracy" in page.info[0].value
    page.selectbox(key="own_val_acc mine.csv").set_value("acc_test").run()
    assert "looks like a test accuracy" in said(page) and "No value of val_acc is above 1" in said(page)
    assert "no search sees test metrics: test_acc2" in said(page)
    button = next(b for b in page.button if b.label == "Import 2 architectures")
    button.click().run()
    assert "they may be fractions; say percent or fractions" in said(page) and user_table.names("topology") == ()
    next(r for r in page.radio if r.label == "These accuracies are").set_value("fractions")
    next(b for b in page.button if b.label == "Import 2 architectures").click().run()
    table = benchmarks.create("own_topology", "mine")
    assert table.column("val_acc")[4] == 50 and table.searchable == ("val_acc",)
    rows = page.dataframe[0].value
    assert rows[rows["dataset"] == "mine"]["state"].tolist() == ["ready"]


def test_columns_are_found_by_what_they_hold_and_others_are_taken_for_metrics(page):
    upload(page, b"cell,score,size\nown:3,40,1.5\nown:4,50,2\n")
    assert page.selectbox(key="own_arch mine.csv").value == "cell" and "the validation accuracy." in page.info[0].value
    page.selectbox(key="own_val_acc mine.csv").set_value("score").run()
    page.selectbox(key="own_other size mine.csv").set_value("parameters").run()
    press(page, "Import 2 architectures")
    assert not page.exception and not page.error
    table = benchmarks.create("own_topology", "mine")
    assert table.column("val_acc")[4] == 50 and table.column("params_m")[4] == 2
    upload(page, b"cell,score\nown:3,40\nown:4,50\n", "two.csv")
    assert "All 2 lines can be used" in said(page)  # nothing had to be chosen
    upload(page, b"x,y\n1,2\n")
    assert "Choose the column of the architectures" in page.info[0].value


def test_a_damaged_table_is_said_and_can_be_removed(page):
    user_table.save(user_table.read(CSV, "a.csv", "topology"), "mine", "")
    file = user_table.folder("topology") / "mine.parquet"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    page.run()
    assert not page.exception and "mine.parquet is damaged" in said(page)
    rows = page.dataframe[0].value
    assert rows[rows["dataset"] == "mine"]["state"].tolist() == ["damaged"]
    page.button(key="remove topology mine").click().run()
    assert not page.exception and user_table.names("topology") == ()


def test_a_table_of_another_metric_than_an_accuracy(page):
    lines = ["arch,valid perplexity,params_m", *(f"own:{i},{20 + i},{i}" for i in range(9))]
    upload(page, "\n".join(lines).encode(), "lm.csv")
    assert "Choose the column of the validation accuracy." in " ".join(info.value for info in page.info)
    page.segmented_control(key="own_main lm.csv").set_value("another metric").run()
    assert "Choose the column of the main metric" in " ".join(info.value for info in page.info)
    page.selectbox(key="own_ lm.csv").set_value("valid perplexity").run()
    page.selectbox(key="own_goal lm.csv").set_value("less is better").run()
    page.text_input(key="own_unit lm.csv").set_value("per word").run()
    press(page, "Import 9 architectures")
    assert not page.exception and not page.error
    metric = benchmarks.create("own_topology", "lm").metrics["valid_perplexity"]
    assert (metric.goal, metric.unit) == ("min", "per word")


def test_published_scores_are_added_to_a_table_of_ones_own(page):
    user_table.save(user_table.read(CSV, "a.csv", "topology"), "mine", "")
    upload(page, b"cell,naswot,params_m\nown:3,412.5,2\nown:4,380,1\nown:9,1,1\n", "scores.csv")
    assert page.selectbox(key="own_arch scores.csv").value == "cell"  # its values say what it is
    page.selectbox(key="own_target topology").set_value("mine").run()
    assert not page.error and "All 3 lines can be used" in said(page)
    next(box for box in page.text_input if box.label == "Where do the numbers come from?").set_value("a paper")
    next(box for box in page.multiselect if box.label == "Less is better for").set_value(["params_m"])
    press(page, "Add naswot, params_m to mine")
    assert not page.exception and "“mine” has naswot, params\\_m now." in said(page)
    table = benchmarks.create("own_topology", "mine")
    assert table.column("naswot")[[3, 4]].tolist() == [412.5, 380] and np.isnan(table.column("naswot")[9])
    assert table.column("val_acc")[[3, 4]].tolist() == [40, 50]
    assert [table.metrics[name].goal for name in ("naswot", "params_m")] == ["max", "min"]
    assert "a paper" in table.provenance()["naswot, params_m"]
    press(page, "Add naswot, params_m to mine")
    assert "the table mine has a metric naswot already" in said(page).replace("The", "the")


def test_published_scores_are_added_to_every_table_and_removed(page):
    upload(page, b"arch,naswot\nown:3,412.5\nown:4,380\n", "scores.csv")
    page.selectbox(key="own_target topology").set_value("*").run()
    press(page, "Add naswot to every topology table")
    assert not page.exception and "Every table of these topology architectures has my\\_naswot now." in said(page)
    pocket = benchmarks.create("pocket_topology", "cluttered_digits")
    assert pocket.column("my_naswot")[[3, 4]].tolist() == [412.5, 380]
    press(page, "Remove")
    assert not page.exception and "my_naswot" not in pocket.metrics
