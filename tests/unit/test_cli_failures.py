"""Trials that failed, on the command line: counted with the first reason, and a failure where none succeeded."""

from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.runner import run
from nas_core.types import RunSpec, Told
from tests.command_line import call, last, refused


def test_a_search_in_which_every_trial_fails_is_a_failure_and_not_a_budget(data_folder, monkeypatch):
    def fail(self, suggestion, rng):
        raise ValueError("this cell is not in the table")

    monkeypatch.setattr(PocketTopology, "evaluate", fail)
    for more in ([], ["--json"], ["--objectives", "val_acc,flops_m", "--strategy", "nsga2"]):
        message = refused(1, "run", "--strategy", "random_search", "--trials", "20", *more)
        assert "20 of 20 trainings failed: ValueError: this cell is not in the table" in message
    message = refused(
        1, "sweep", "--strategies", "random_search", "--trials", "20", "--seeds", "0:2", "--processes", "1"
    )
    assert "These searches found nothing in 40 trainings" in message
    assert "40 of 40 trainings failed: ValueError: this cell is not in the table" in message
    front = ("front", "--objectives", "val_acc,flops_m", "--trials", "20", "--seeds", "0:2", "--processes", "1")
    for more in ([], ["--json"], ["--limit", "flops_m<=4"]):  # the second one shows what is saved
        message = refused(1, *front, "--strategies", "random_search,nsga2", *more)
        assert "80 of 80 trainings failed: ValueError: this cell is not in the table" in message


def test_failures_among_successes_are_counted_with_the_first_reason(data_folder, monkeypatch):
    evaluate = PocketTopology.evaluate

    def fail(self, suggestion, rng):
        if suggestion.arch[0] == 4:
            raise ValueError("no pooling here")
        return evaluate(self, suggestion, rng)

    monkeypatch.setattr(PocketTopology, "evaluate", fail)
    drawn = [
        e.trial.arch[0]
        for e in run(RunSpec("pocket_topology", "cluttered_digits", "random_search", max_trials=20))
        if isinstance(e, Told)
    ]
    count = drawn.count(4)
    assert 0 < count < 20
    said = f"{count} of 20 trainings failed: ValueError: no pooling here"
    asked = ("--strategies", "random_search", "--trials", "20", "--seeds", "0", "--processes", "1")
    for kind in (("sweep",), ("front", "--objectives", "val_acc,flops_m")):
        for _ in range(2):  # the second time from disk
            assert last(*kind, *asked)["rows"][0]["failures"] == count
            assert said in call(*kind, *asked).stdout
    single = ("run", "--strategy", "random_search", "--trials", "20")
    assert last(*single)["failures"] == count
    assert f"20, {count} of them failed: ValueError: no pooling here" in call(*single).stdout
