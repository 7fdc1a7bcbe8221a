"""`sweep` on the command line: rows that can be computed by hand, a file instead of options, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from nas_core.cli._searches import seed_list
from tests.command_line import call, last, refused


def test_rows_are_mean_and_deviation_of_single_runs():
    result = last(
        "sweep", "--strategies", "random_search,local_search", "--seeds", "0:4", "--trials", 30, "--processes", 1
    )
    assert [row["strategy"] for row in result["rows"]] == ["random_search", "local_search"]
    for row in result["rows"]:
        ends = [last("run", "--strategy", row["strategy"], "--trials", 30, "--seed", k)["test_acc"] for k in range(4)]
        assert row["n"] == 4
        assert row["mean"] == pytest.approx(np.mean(ends))
        assert row["std"] == pytest.approx(np.std(ends, ddof=1))


def test_one_seed_has_no_deviation():
    result = last("sweep", "--strategies", "random_search", "--seeds", "5", "--trials", 5, "--processes", 1)
    assert result["rows"][0]["std"] is None
    text = call("sweep", "--strategies", "random_search", "--seeds", "5", "--trials", 5, "--processes", 1).stdout
    assert "missing" in text.splitlines()[-1]


def test_fresh_repeats_and_gives_the_same(data_folder):
    args = ("sweep", "--strategies", "random_search", "--seeds", "0:3", "--trials", 5, "--processes", 1)
    first = last(*args)
    (file,) = (data_folder / "sweeps").glob("*.jsonl")
    file.write_text(file.read_text().replace('"incumbent":[', '"incumbent":[0,'))  # now it cannot be read
    assert last(*args) == first
    assert last(*args, "--fresh") == first
    assert len(file.read_text().splitlines()) == 3


def test_a_file_says_what_options_say_and_more(tmp_path):
    file = tmp_path / "sweep.toml"
    file.write_text(
        'benchmark = "pocket_topology"\nseeds = "0:2"\ntrials = 20\n'
        "[benchmark_params]\nsearch_epochs = 1\n"
        "[strategies.random_search]\n"
        '[strategies.small]\nstrategy = "regularized_evolution"\npopulation_size = 3\n'
    )
    rows = {row["strategy"]: row for row in last("sweep", "--spec", file, "--processes", 1)["rows"]}
    options = ("--seeds", "0:2", "--trials", 20, "--benchmark-set", "search_epochs=1", "--processes", 1)
    assert last("sweep", "--strategies", "random_search", *options)["rows"] == [rows["random_search"]]
    ends = [
        last(
            "run",
            "--strategy",
            "regularized_evolution",
            "--trials",
            20,
            "--seed",
            seed,
            "--set",
            "population_size=3",
            "--benchmark-set",
            "search_epochs=1",
        )["test_acc"]
        for seed in range(2)
    ]
    assert rows["small"]["mean"] == pytest.approx(np.mean(ends))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("trials = ", "is not a TOML file"),
        ("colour = 1", "says 'colour'; a sweep file takes: benchmark, "),
        ("trials = 5", "a sweep needs strategies"),
        ("trials = 5\nstrategies = 3", "a sweep needs strategies"),
        ('trials = "many"\n[strategies.random_search]', "many"),
        ("trials = -1\n[strategies.random_search]", "-1"),
        ("trials = 5\nworkers = 0\n[strategies.random_search]", "workers must be"),
        ("benchmark_params = 3\ntrials = 5\n[strategies.random_search]", "benchmark_params must be a table"),
        ("trials = 5\n[strategies.random_search]\nspeed = 9", "random_search has no parameter 'speed'"),
        ("trials = 5\nseeds = [0, 1]\n[strategies.random_search]", "names no seeds"),
        ('benchmark = ["a"]\ntrials = 5\n[strategies.random_search]', "benchmark must be a text"),
        ('dataset = "mnist"\ntrials = 5\n[strategies.random_search]', "no dataset 'mnist'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(tmp_path, text, words):
    file = tmp_path / "sweep.toml"
    file.write_text(text)
    assert words in refused(2, "sweep", "--spec", file)


def test_a_file_and_an_option_may_not_say_the_same(tmp_path):
    file = tmp_path / "sweep.toml"
    file.write_text("trials = 5\n[strategies.random_search]")
    assert "--trials and --spec exclude each other" in refused(2, "sweep", "--spec", file, "--trials", 9)
    assert "does not exist" in refused(2, "sweep", "--spec", tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("text", "seeds"), [("0:3", [0, 1, 2]), ("7", [7]), ("3, 1,3", [3, 1]), (" 10 : 12 ", [10, 11])]
)
def test_seeds(text, seeds):
    assert seed_list(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3:3", "-1", "0:1:2", "1,,2", "0.5"])
def test_no_seeds(text):
    with pytest.raises(ValueError, match="names no seeds; give a range such as 0:100"):
        seed_list(text)


def test_others_are_held_against_one_of_them():
    args = (
        "sweep",
        "--strategies",
        "local_search,random_search,ppo",
        "--seeds",
        "0:12",
        "--trials",
        60,
        "--processes",
        1,
        "--report",
        "seen",
        "--against",
        "random_search",
    )
    result = last(*args)
    assert (result["against"], result["metric"]) == ("random_search", "seen")
    rows = {row["strategy"]: row for row in result["rows"]}
    assert "p" not in rows["random_search"]
    local = rows["local_search"]
    assert local["difference"] == pytest.approx(local["mean"] - rows["random_search"]["mean"])
    assert local["low"] < local["difference"] < local["high"] and local["ahead"] + local["behind"] <= 12
    assert local["better"] == (local["p"] < 0.05) and 0 < local["p"] <= 1
    text = call(*args).stdout
    assert "beats random_search" in text and f"{local['ahead']} of {local['ahead'] + local['behind']}" in text


def test_what_cannot_be_compared_is_refused():
    args = ("sweep", "--strategies", "random_search", "--trials", 3)
    assert "it has: random_search" in refused(2, *args, "--against", "ppo")
    assert "there are: seen, val_acc" in refused(2, *args, "--report", "luck")
