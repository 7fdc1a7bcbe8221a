"""Every page opens: in light and dark, and with nonsense in its address."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.visit import link, origin
from ui.frame import pages

PAGES = [page.path for page in pages()]
ABOUT_NO_TABLE = {"app.py", *(f"pages/{name}.py" for name in ("30_runs", "70_data", "80_reproduce", "90_operate"))}
WITH_COMMAND = {  # of what they show before anything is pressed
    f"pages/{name}.py"
    for name in ("15_train", "17_your_task", "45_proxies", "55_supernet", "80_reproduce", "95_pareto")
}
every_page = pytest.mark.parametrize("page", PAGES)


@every_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_opens_from_the_home_page(page, theme):
    at = link("app.py")
    at.context = {"theme": theme}
    at.run()
    if page != "app.py":
        at.switch_page(page).run()
    assert not at.exception
    assert len(at.title) == 1
    assert at.title[0].value
    said = origin(at)
    assert {"title", "nas_explorer", "packages", "made", "link"} <= set(said)
    if page not in ABOUT_NO_TABLE:  # whatever is in the address, which has no defaults
        assert {"benchmark", "dataset", "cite"} <= set(said), said
        assert page == "pages/17_your_task.py" or len(said["fingerprint"]) == 12
    assert ("command" in said) == (page in WITH_COMMAND), said


@cache
def names():
    """Every short text in the source of the pages that could be the name of a query parameter."""
    files = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "ui").glob("*.py")]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    texts = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return sorted(text for text in texts if text.isidentifier() and len(text) <= 24)


@every_page
@pytest.mark.parametrize("nonsense", ["☕", "-1", "1e999", "../../etc/passwd", "<script>alert(1)</script>"])
def test_nonsense_in_the_address_is_survived(page, nonsense):
    assert len(names()) > 10
    at = link(page, {name: nonsense for name in names() if not name.startswith("embed")})
    for _ in range(2):
        assert not at.run().exception
        assert at.title


def test_the_menu_lists_every_page_once():
    files = {"app.py", *(f"pages/{f.name}" for f in (ROOT / "pages").glob("[!_]*.py"))}
    assert set(PAGES) == files
    assert len({page.title for page in pages()}) == len(PAGES)
    assert all(page.icon.startswith(":material/") and page.group for page in pages())


def test_a_link_by_identifiers_opens_that_table_and_keeps_it(nats_tables):
    """As the command line and older links name it, whatever runs again by itself."""
    app = link("pages/10_explore.py", {"benchmark": "nats_topology", "dataset": "cifar100"}).run().run().run()
    assert not app.exception and not app.warning
    assert (app.selectbox(key="benchmark").value, app.selectbox(key="dataset").value) == ("nats_topology", "cifar100")
    assert app.query_params["dataset"] == "CIFAR-100"


@pytest.mark.parametrize("page", ["app.py", "pages/20_search.py", "pages/30_runs.py", "pages/70_data.py"])
@pytest.mark.parametrize("in_the_way", ["data", "data/visitors"])
def test_without_a_data_folder_a_page_says_so_and_what_to_do(page, in_the_way, data_folder, monkeypatch):
    if in_the_way != "data":
        monkeypatch.setenv("NAS_EXPLORER_PUBLIC", "1")
        data_folder.mkdir()
    (data_folder.parent / in_the_way).write_text("a file where a folder should be")
    app = link(page).run()
    assert not app.exception
    (error,) = app.error
    assert (
        "cannot be made" in error.value and "set NAS_EXPLORER_DATA to a folder that this app may write" in error.value
    )


@pytest.mark.parametrize("public", ["", "1"])
def test_a_data_folder_that_cannot_be_written_can_be_looked_at(public, data_folder, monkeypatch):
    """Of a root that may do everything the rights cannot be taken, so it is said to have none."""
    data_folder.mkdir()
    (data_folder / "visitors").mkdir()
    monkeypatch.setenv("NAS_EXPLORER_PUBLIC", public)
    make = Path.mkdir

    def refuse(self, mode=0o777, parents=False, exist_ok=False):
        if data_folder in self.parents and not self.exists():
            raise PermissionError(13, "Permission denied", str(self))
        make(self, mode, parents, exist_ok)

    monkeypatch.setattr(Path, "mkdir", refuse)
    for page in ("app.py", "pages/10_explore.py", "pages/20_search.py", "pages/30_runs.py", "pages/70_data.py"):
        app = link(page).run()
        assert not app.exception and len(app.title) == 1, page


def test_tidying_goes_on_after_it_could_not_be_done(monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_DISK_MB", "1")
    module, faults = sys.modules["ui.frame"], [KeyboardInterrupt, PermissionError]  # the last one first

    def tidy(*_):
        raise faults.pop()

    monkeypatch.setattr(module.housekeeping, "tidy", tidy)
    monkeypatch.setattr(module, "TIDY_EVERY", 0.0)
    with pytest.raises(KeyboardInterrupt):  # by which this test ends it
        module._keep_tidy()


def test_memory_is_given_back_once_each_time_the_server_rests_after_work(monkeypatch):
    module, given, looks = sys.modules["ui.frame"], [], 0
    work = [0, 0, 5, 5, 0, 0, 0, 5, 0, 0]  # seconds of the processor in each time between two looks

    def sleep(seconds):
        nonlocal looks
        looks += 1
        if looks == len(work):
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", sleep)
    monkeypatch.setattr(module.time, "process_time", lambda: sum(work[: looks + 1]))
    monkeypatch.setattr(module.machine, "give_memory_back", lambda: given.append(looks))
    with pytest.raises(KeyboardInterrupt):
        module._keep_small()
    assert given == [4, 8]


def test_another_table_has_its_own_dataset_and_beginnings_as_for_who_opens_the_link():
    """A dataset and axes of the table before stayed, and a sentence complained about a link that nobody had opened."""
    app = link("pages/10_explore.py", {"dataset": "cluttered_digits_2"}).run().run()
    app.selectbox(key="benchmark").set_value("nas_bench_graph").run()
    assert not app.exception and not app.warning
    fresh = link("pages/10_explore.py", {"benchmark": "nas_bench_graph"}).run()
    boxes = ("benchmark", "dataset", "x", "y", "colour")
    assert [app.selectbox(key=key).value for key in boxes] == [fresh.selectbox(key=key).value for key in boxes]


def test_a_budget_that_another_table_has_not_is_no_more_in_the_link():
    app = link("pages/20_search.py", {"budget": "time"}).run()
    assert app.segmented_control(key="budget").value == "time"
    app.selectbox(key="benchmark").set_value("nas_bench_graph").run()
    assert not app.exception and not app.warning
    assert "budget" not in app.query_params


@pytest.mark.parametrize(
    "address", [("10_explore", "view", "Pareto front"), ("20_search", "objective", "several objectives")]
)
def test_another_table_has_its_own_objectives(address):
    page, name, value = address
    app = link(f"pages/{page}.py", {name: value}).run()
    app.selectbox(key="benchmark").set_value("nas_bench_graph").run()
    assert not app.exception and not app.warning


@pytest.mark.parametrize(
    ("page", "name", "value"),
    [("70_data", "own_kind", "Texts"), ("70_data", "own_space", "size"), ("15_train", "final", "true")],
)
def test_what_is_open_is_in_the_link(page, name, value):
    app = link(f"pages/{page}.py", {name: value}).run()
    folds = {fold.label: fold.proto.expanded for fold in app.expander}
    chosen = {box.key: box.proto.options[box.indices[0]].content for box in app.get("button_group") if box.indices}
    assert not app.exception and not app.warning
    assert chosen.get(name) == value or any(open_ for label, open_ in folds.items() if "to the end" in label)
