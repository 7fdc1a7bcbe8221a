"""Tables of one's own whose main metric is no accuracy: what searches are on, reports say, and pages compare by."""

import numpy as np
import pytest

from nas_core import benchmarks
from nas_core.sources import user_table
from nas_core.sources.user_table import Main
from tests.command_line import call, last, refused
from tests.visit import link
from ui import table_choice

ROWS = range(0, 15625, 25)


def write(path, names, values):
    """A CSV of every 25th cell."""
    lines = [
        ",".join(["arch", *names]),
        *(",".join([f"own:{r}", *map(repr, v)]) for r, v in zip(ROWS, values, strict=True)),
    ]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def perplexities(tmp_path):
    """val_ppl and test_ppl, of which the least is the best, and a negative energy."""
    rng = np.random.default_rng(0)
    seen = 20 + 80 * rng.random(len(ROWS))
    file = write(
        tmp_path / "lm.csv", ["val_ppl", "test_ppl", "energy"], np.stack([seen, seen + 1, -seen / 50], 1).tolist()
    )
    last("table", file, "--main", "val_ppl", "--goal", "min", "--unit", "nats", "--name", "lm")
    return seen


HERE = ("--benchmark", "own_topology", "--dataset", "lm")


def test_a_search_follows_the_metric_its_goal_and_its_unit(perplexities):
    table = benchmarks.create("own_topology", "lm")
    assert (table.main, table.reported, table.fidelities) == ("val_ppl", "test_ppl", (1,))
    assert (table.metrics["val_ppl"].goal, table.metrics["test_ppl"].goal) == ("min", "min")
    assert (
        table.metrics["test_ppl"].unit == "nats" and "val_acc" not in table.metrics and "test_acc" not in table.metrics
    )
    search = ("run", *HERE, "--strategy", "random_search", "--trials", 3000, "--seed", 1)
    result = last(*search)
    assert result["regret"] == pytest.approx(result["test_ppl"] - (perplexities.min() + 1)) and result["regret"] < 20
    assert result["val_ppl"] == pytest.approx(result["test_ppl"] - 1)
    words = call(*search).stdout
    assert f"val_ppl    {result['val_ppl']:.2f} nats at 1 epoch" in words and "nats above the best test ppl" in words
    assert "%" not in words and "accuracy" not in words
    assert "may not see test_ppl" in refused(2, *search, "--objectives", "test_ppl")
    assert "no metric 'val_acc' to search on; there are: val_ppl, energy" in refused(
        2, *search, "--objectives", "val_acc"
    )


def test_a_comparison_and_a_front_follow_it(perplexities):
    options = ("--strategies", "random_search,local_search", "--trials", 400, "--seeds", "0:4", "--processes", 1)
    result = last("sweep", *HERE, *options, "--against", "random_search")
    assert (result["metric"], result["unit"]) == ("test_ppl", "nats")
    assert all(row["mean"] >= perplexities.min() + 1 for row in result["rows"])
    points = last("front", *HERE, "--objectives", "test_ppl,energy")["points"]
    assert points[0]["values"][0] == pytest.approx(perplexities.min() + 1)


def test_a_metric_without_an_epoch_a_test_twin_or_a_percent_sign(tmp_path):
    values = [[-0.61 - r / 1e5] for r in ROWS]
    user_table.save(
        user_table.read(
            write(tmp_path / "s.csv", ["score"], values).read_bytes(), "s.csv", "topology", main=Main("score")
        ),
        "scores",
        "",
    )
    table = benchmarks.create("own_topology", "scores")
    assert table.main == table.reported == "score" and float(np.nanmax(table.column("score"))) == pytest.approx(-0.61)
    result = last("run", "--benchmark", "own_topology", "--dataset", "scores", "--strategy", "tpe", "--trials", 300)
    assert result["incumbent"] and result["regret"] == pytest.approx(-0.61 - result["score"])


@pytest.mark.parametrize(
    "options, sentence",
    [
        (("--main", "test_ppl"), "test_ppl cannot be the main metric, for no search may see a test metric"),
        (("--main", "arch"), "'arch' cannot be the name of a metric"),
        (("--goal", "min"), "name it with --main"),
        (("--main", "bleu"), "has no column 'bleu'; it has: arch, val_ppl"),
        ((), "has no column 'val_acc'; it has: arch, val_ppl, or say which metric is its main one"),
    ],
)
def test_what_cannot_be_the_main_metric_is_one_sentence(tmp_path, options, sentence):
    file = write(tmp_path / "lm.csv", ["val_ppl"], [[float(r)] for r in ROWS])
    assert sentence in refused(2, "table", file, *options)


def test_scores_are_added_to_a_table_for_the_architectures_that_it_has(perplexities, tmp_path):
    before = benchmarks.create("own_topology", "lm").fingerprint()
    scores = tmp_path / "scores.csv"
    scores.write_text("arch,synflow_score,test_note\nown:0,7.5,1\nown:25,-2,2\nown:26,9,3\n")
    result = last("table", scores, "--add-to", "lm", "--source", "a paper")
    assert (result["table"], result["test_metrics"]) == ("lm", ["test_note"])
    table = benchmarks.create("own_topology", "lm")
    assert table.column("synflow_score")[[0, 25]].tolist() == [7.5, -2] and np.isnan(table.column("synflow_score")[26])
    assert table.fingerprint() != before and table.main == "val_ppl" and table.n_architectures == len(ROWS)
    assert (table.metrics["synflow_score"].goal, table.metrics["val_ppl"].goal) == ("max", "min")
    assert "a paper, added on" in table.provenance()["synflow_score, test_note"]
    assert "a metric synflow_score already" in refused(2, "table", scores, "--add-to", "lm")
    assert "no table 'x' of your own to add to; there are: lm" in refused(2, "table", scores, "--add-to", "x")
    scores.write_text("arch,other\nown:26,9\n")
    assert "no number for any architecture of the table lm" in refused(2, "table", scores, "--add-to", "lm")
    assert "leave out --name and --main" in refused(2, "table", scores, "--add-to", "lm", "--main", "other")


def test_the_pages_follow_it(perplexities):
    shown = table_choice.link("own_topology", "lm")
    explore = link("pages/10_explore.py", shown).run()
    assert not explore.exception and explore.selectbox(key="y").value == "val ppl"
    search = link("pages/20_search.py", shown).run()
    assert not search.exception and search.selectbox(key="objective").value == "val ppl"
    front = link("pages/10_explore.py", shown | {"view": "Pareto front"}).run()
    assert not front.exception and "val ppl" in front.multiselect(key="objectives").value
    several = link("pages/20_search.py", {**shown, "objective": "several objectives"}).run()
    assert not several.exception and "val ppl" in several.multiselect(key="aims").value
    predictors = link("pages/50_predictors.py").run()
    assert not predictors.exception
    assert "own_topology" not in predictors.selectbox(key="benchmark").options  # it is about accuracies
