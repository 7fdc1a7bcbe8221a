"""A torch that is installed and does not load: one sentence with the way out, wherever something needs it."""

import sys
from functools import partial

import pytest

from nas_core import child, models, packages, searches
from nas_core.models import Choice
from nas_core.store import Store
from nas_core.types import RunSpec, Told
from tests.command_line import call, refused

WAY_OUT = "install it again with: python -m pip install --force-reinstall torch"


def sentence(reason):
    return f"this needs torch, which is installed but does not load ({reason}); {WAY_OUT}"


def test_the_server_asks_a_child_and_imports_nothing(broken_torch):
    assert packages.missing("torch", packages.PATIENCE) == sentence(broken_torch).partition("which ")[2]
    assert "torch" not in sys.modules


def test_a_child_is_asked_once_and_nobody_waits_who_does_not_want_to(broken_torch, monkeypatch):
    asked = []
    monkeypatch.setattr(packages, "_ask", lambda package, answer: asked.append(answer))
    assert packages.missing("torch") == packages.missing("torch") == ""
    asked[0].set_result(broken_torch)
    assert broken_torch in packages.missing("torch")
    assert len(asked) == 1


def test_a_package_that_ends_its_process_does_not_load(tmp_path, monkeypatch):
    (tmp_path / "crashing.py").write_text("import os; os.kill(os.getpid(), 9)", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    said = packages.missing("crashing", packages.PATIENCE)
    assert said.startswith("is installed but does not load (its process ended with status -9); install it again with:")


def test_a_package_that_loads_lacks_nothing_and_one_that_is_not_there_is_named():
    assert packages.missing("this") == ""
    assert packages.missing("no_such") == "is not installed; install it with: python -m pip install no_such"


@pytest.mark.parametrize(
    "error", [OSError("no space left"), ImportError("of ours", name="nas_core.x"), ModuleNotFoundError("no", name="")]
)
def test_other_errors_are_left_as_they_are(error):
    with pytest.raises(type(error)) as caught, packages.import_guard():
        raise error
    assert caught.value is error and packages.fault(error) == ""


LIVE = ("--benchmark", "live_topology", "--strategy", "random_search", "--trials", 2)
COMMANDS = [
    ("train", "own:5"),
    ("score", "--sample", 3, "--proxies", "synflow"),
    ("build", "pocket_topology"),
    ("run", "--strategy", "darts", "--trials", 1),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_a_command_that_needs_it_says_so(command, broken_torch):
    assert refused(1, *command) == f"Error: {sentence(broken_torch)}"


@pytest.mark.parametrize("executor", [(), ("--executor", "processes:1")], ids=["serial", "processes"])
def test_trainings_stop_and_nothing_is_saved(executor, broken_torch, data_folder):
    if executor and broken_torch.startswith("Import"):
        pytest.skip("one start of a worker process is enough")
    message = refused(1, "run", *LIVE, *executor)
    assert message == f"Error: {sentence(broken_torch)}; nothing was saved for this trial: fix that and run it again"
    runs = Store(data_folder / "runs")
    assert not any(isinstance(e, Told) for path in runs.folder.glob("*.jsonl") for e in runs.read(path.stem))


def test_commands_that_do_without_it_work(broken_torch):
    assert call("run", "--strategy", "npenas", "--trials", 12).exit_code == 0
    assert call("list", "proxies").exit_code == 0
    assert "torch" not in sys.modules


def test_a_job_says_it_in_the_same_words(broken_torch):
    with pytest.raises(RuntimeError) as caught:
        list(child.stream(partial(models.train, Choice("pocket_topology", "cluttered_digits", 0, 0))))
    assert str(caught.value) == sentence(broken_torch)


def test_a_search_as_a_job_says_it_in_the_same_words(broken_torch, data_folder):
    spec = RunSpec("pocket_topology", "cluttered_digits", "darts", {"epochs": 1}, max_trials=1)
    make = partial(searches.save_each, Store(data_folder / "runs"), [spec], False)
    (searched,) = [item for item in child.stream(make) if item is not child.TICK]
    assert searched.problem == sentence(broken_torch)
