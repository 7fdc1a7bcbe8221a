"""`doctor` in broken environments: it says what is wrong and the way out, and goes on to the end."""

import importlib.metadata
import json
import socket
import sys

import pytest

from nas_core import __main__, doctor, machine, strategies
from nas_core.sources import user_table
from tests.command_line import call
from tests.unit.test_table_damage import flip


def report(*words):
    """(exit status, {state: [(name, text)]}, the last line, what stderr says)."""
    result = call("doctor", *words, "--json")
    *lines, last = map(json.loads, result.stdout.splitlines())
    states = {state: [(f["name"], f["text"]) for f in lines if f["state"] == state] for state in last}
    assert {state: len(found) for state, found in states.items()} == last
    return result.exit_code, states, result.stderr


@pytest.fixture
def broken_plugin(tmp_path, monkeypatch):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "mistaken.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(folder)])


@pytest.fixture
def broken_table():
    user_table.save(user_table.read(b"arch,val_acc\n9,50\n8,40\n", "m.csv", "topology", "own"), "mine", "made up")
    flip(user_table.folder("topology") / "mine.parquet", range(100, 140))


def test_a_dataset_that_cannot_be_read_is_named(data_folder):
    (data_folder / "own_data" / "mine").mkdir(parents=True)
    (data_folder / "own_data" / "mine" / "info.json").write_bytes(b"{\x80")
    (finding,) = doctor._own_data()
    assert finding.state == "problem" and str(data_folder / "own_data" / "mine") in finding.text


@pytest.mark.parametrize("broken_torch", ["OSError"], indirect=True)
def test_a_torch_that_does_not_load_a_damaged_table_and_a_plugin_that_raises(broken_torch, broken_table, broken_plugin):
    status, found, said = report()
    torch, plugin, table = found["problem"]
    assert (status, said) == (1, "Error: 3 problems, see above\n")
    again = "python -m pip install --force-reinstall torch"
    assert torch == ("PyTorch", f"it is installed but does not load ({broken_torch}); install it again with: {again}")
    assert plugin[1].startswith("nas_core/strategies/mistaken.py does not load (ZeroDivisionError: division by zero)")
    assert table[0] == "own_topology on mine" and "is damaged" in table[1] and "on the Data page" in table[1]


def test_a_folder_that_cannot_be_written_packages_out_of_bounds_no_room_and_a_port_in_use(monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "click":
            raise importlib.metadata.PackageNotFoundError(name)
        return {"numpy": "1.26.4", "onnx": "9.0"}.get(name) or real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(machine, "free_memory", lambda: 400 * 2**20)
    monkeypatch.setattr(doctor, "_torch", lambda: iter(()))  # which takes seconds
    monkeypatch.setenv("NAS_EXPLORER_DATA", "/proc/nas-explorer")
    monkeypatch.setenv("NAS_EXPLORER_JOBS", "two")
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        status, found, _ = report("--port", other.getsockname()[1])
    problems, warnings = dict(found["problem"]), dict(found["warning"])
    assert status == 1 and problems.keys() >= {"click", "numpy", "data folder"}
    assert problems["numpy"].startswith("1.26.4 is not <3,>=2.4.6; change it with: python -m pip install 'numpy")
    assert problems["click"].startswith("is not installed; install it with: python -m pip install 'click")
    assert problems["settings"].startswith("NAS_EXPLORER_JOBS must be a whole number, at least 1; it is 'two'; ")
    assert "nothing can be written in /proc" in problems["data folder"]
    assert "set NAS_EXPLORER_DATA to another folder" in problems["data folder"]
    assert warnings.keys() >= {"onnx", "memory", "port"}, "these keep nothing from working"
    assert "only 400 MB free; end other programs" in warnings["memory"]


def test_a_sound_environment_has_no_problem():
    status, found, said = report("--port", 1 + 2**15)
    assert (status, found["problem"], said) == (0, [], "")
    fine = dict(found["ok"])
    assert fine["pocket_topology on cluttered_digits"].startswith("whole, 15,625 of 15,625 cells, fingerprint ")
    assert fine["plugins"].startswith("all ") and "NATS-Bench is not on this machine yet" in str(found["ok"])


def test_a_check_that_fails_is_a_finding_and_the_rest_is_still_looked_at(monkeypatch):
    monkeypatch.setattr(doctor, "_tables", lambda: 1 / 0)
    found = list(doctor.findings(8501))
    (tables,) = [f for f in found if f.name == "tables"]
    assert tables.state == "problem" and "ZeroDivisionError: division by zero" in tables.text
    assert found[-1].name == "port"


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_GROUP", tmp_path)
    free = machine.free_memory()
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("100\n")
    assert free is None or machine.free_memory() > 1000
    (tmp_path / "memory.max").write_text("700\n")
    assert machine.free_memory() == 600
    (tmp_path / "memory.current").write_text("800\n")
    assert machine.free_memory() == 0


@pytest.mark.parametrize(
    ("word", "said", "last"),
    [
        ("doctor", "problem  packages: click is missing\n", "without click no other command works, see above"),
        ("list", "", "click is not installed; to see what else is missing: nas-explorer doctor"),
    ],
)
def test_without_the_package_that_reads_command_lines_doctor_says_so(word, said, last, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "click", None)
    for name in [name for name in sys.modules if name.startswith("nas_core.cli")]:
        monkeypatch.delitem(sys.modules, name)
    missing = doctor.Finding("packages", doctor.PROBLEM, "click is missing")
    monkeypatch.setattr(doctor, "findings", lambda port: [missing])
    monkeypatch.setattr(sys, "argv", ["nas-explorer", word])
    with pytest.raises(SystemExit, match=last):
        __main__.main()
    assert capsys.readouterr().out == said
