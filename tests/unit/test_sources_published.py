"""Tables that others published in one file each: fetched over a loopback server, taken from a copy, and refused."""

import json

import pytest

from nas_core import benchmarks
from nas_core.benchmarks.nas_bench_macro import NasBenchMacro
from nas_core.sources import download, hw_nas_bench_360, nas_bench_macro, nats, published
from nas_core.sources.download import SourceError
from tests.command_line import call, last, refused
from tests.nats_files import UPSTREAM, serve

pytestmark = pytest.mark.shared
FILES = {"nas_bench_macro": nas_bench_macro.FILE, "hw_nas_bench_360": hw_nas_bench_360.FILE}
every_table = pytest.mark.parametrize("name", published.RECIPES)


@pytest.fixture
def server(data_folder, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 0)
    with serve() as made:
        yield made


def copy_of(name):
    file = FILES[name]
    return UPSTREAM / file.repository / file.commit / file.path


@every_table
def test_it_is_fetched_once(server, name):
    result = last("fetch", name, "--from", server.url)
    assert result == {"fetched": name, "file": str(nats.file(name))} and nats.file(name).exists()
    assert server.asked == ["/" + "/".join((FILES[name].repository, FILES[name].commit, FILES[name].path))]
    last("fetch", name, "--from", server.url)
    assert len(server.asked) == 1, "what is here and intact is not downloaded again"


@every_table
@pytest.mark.parametrize(("fault", "says"), [("404", "answers 404"), ("corrupt", "checksum is wrong")])
def test_a_file_that_is_not_the_pinned_one_makes_no_table(server, name, fault, says):
    server.faults = {FILES[name].path: fault}
    assert says in refused(1, "fetch", name, "--from", server.url)
    assert not nats.file(name).exists()


@every_table
@pytest.mark.parametrize("folder", [False, True])
def test_a_copy_is_taken(data_folder, name, folder):
    source = copy_of(name).parent if folder else copy_of(name)
    assert last("import", name, source)["imported"] == name and nats.file(name).exists()


@every_table
def test_another_file_is_refused_and_the_table_stays(data_folder, tmp_path, name):
    call("import", name, copy_of(name))
    before = nats.file(name).read_bytes()
    other = tmp_path / "other"
    assert f"{other} cannot be read: No such file" in refused(1, "import", name, other)
    other.write_text("{}")
    assert f"is not the published {copy_of(name).name}: its checksum is wrong" in refused(1, "import", name, other)
    assert nats.file(name).read_bytes() == before


def test_nas_bench_macro_says_what_is_missing_and_what_is_damaged(data_folder):
    assert "python -m nas_core fetch nas_bench_macro" in NasBenchMacro.missing("cifar10")
    with pytest.raises(FileNotFoundError, match="NAS-Bench-Macro is not on this machine yet"):
        benchmarks.create("nas_bench_macro", "cifar10").column("val_acc")
    call("import", "nas_bench_macro", copy_of("nas_bench_macro"))
    assert not NasBenchMacro.missing("cifar10")
    nats.file("nas_bench_macro").write_bytes(b"x")
    assert "get it again: python -m nas_core fetch nas_bench_macro" in NasBenchMacro.missing("cifar10")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda table: table.pop("00000000"), "all 6,561 networks once"),
        (lambda table: table["22212220"].update(test_acc=[93.28, 93.33]), "three accuracies"),
        (lambda table: table["10000000"].update(test_acc=[0.5, 0.5, 101]), "accuracies must be percent"),
        (lambda table: table["10000000"].update(mean_acc=50.0), "the means must be those"),
        (lambda table: table["10000000"].update(test_acc=[99.0] * 3, mean_acc=99.0), "the best must be 22212220"),
        (lambda table: table["10000000"].update(flops=1), "must equal the formula"),
    ],
)
def test_the_table_checks_itself(tmp_path, change, says):
    table = json.loads(copy_of("nas_bench_macro").read_bytes())
    change(table)
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(table))
    with pytest.raises(SourceError, match=says):
        nas_bench_macro.build(lambda _: file)
