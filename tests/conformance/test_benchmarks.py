"""Every file of nas_core/benchmarks, on each of its datasets: what it answers, charges, documents and refuses."""

import itertools
import math
import pickle
import re

import numpy as np
import pytest

from nas_core import benchmarks, plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.types import Suggestion
from tests import tiny

FOUND = {**plugins.find(Benchmark), **{b.name: b for b in tiny.TABLES}}
CASES = [(name, dataset) for name, plugin in FOUND.items() if plugin.simulated for dataset in plugin.datasets]
every_table = pytest.mark.parametrize("case", CASES, ids=":".join)
SOURCES = ("measured", "counted", "tabulated", "modelled")


@pytest.fixture
def make(case, tables, request):
    """make(parameters) -> the table of the case; skips with its own sentence where its numbers are missing."""
    if case[0].startswith(("nats", "nas_bench_macro")):
        request.getfixturevalue("nats_tables")
    if sentence := FOUND[case[0]].missing(case[1]):
        pytest.skip(sentence)
    return lambda **params: benchmarks.create(*case, **params)


@pytest.fixture
def table(make):
    return make()


def rows(table, count=25):
    return np.linspace(0, len(table.space) - 1, count).astype(int).tolist()


def ask(table, row, **suggestion):
    return table.evaluate(Suggestion(table.space.arch(row), **suggestion), np.random.default_rng(row))


@every_table
def test_it_is_a_table_on_a_known_dataset(table, case):
    assert isinstance(table, Table)
    with pytest.raises(ValueError, match=f"{case[0]} has no dataset 'mnist'; there are: .*{re.escape(case[1])}"):
        benchmarks.create(case[0], "mnist")


@every_table
def test_same_question_same_answer_here_and_after_a_journey(table):
    there = pickle.loads(pickle.dumps(table))
    questions = [(row, epochs) for row in rows(table, 5) for epochs in (0, *table.fidelities)]
    first = [repr(ask(table, row, epochs=epochs)) for row, epochs in questions]  # as text: nan is not equal to nan
    assert [repr(ask(table, row, epochs=epochs)) for row, epochs in reversed(questions)] == first[::-1]
    assert [repr(ask(there, row, epochs=epochs)) for row, epochs in questions] == first


@every_table
def test_answers_are_plain_numbers_and_no_test_metric(table):
    for row in rows(table):
        outcome = ask(table, row)
        known = np.isfinite(table.search_column("val_acc")[row])  # what a table does not know is nan, never a number
        assert math.isfinite(outcome.metrics["val_acc"]) == known
        assert set(outcome.metrics) <= set(table.metrics)
        assert not [name for name in outcome.metrics if "test" in name]
        assert {type(value) for value in outcome.metrics.values()} == {float}
        assert not any(math.isinf(value) for value in outcome.metrics.values())
        assert 0.0 <= outcome.seconds < math.inf


@every_table
def test_every_metric_is_documented(table):
    assert {"val_acc", "test_acc"} <= set(table.metrics)
    for name, metric in table.metrics.items():
        assert metric.goal in ("max", "min")
        assert metric.unit and metric.title and len(metric.help) > 10, name
        assert metric.source.startswith(SOURCES), f"{name}: say whether it was {' or '.join(SOURCES)}"
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in table.provenance().items())
    assert re.fullmatch("|[0-9a-f]{12}", table.fingerprint())


@every_table
def test_columns_are_shared_read_only_and_of_the_whole_space(table):
    for name, metric in table.metrics.items():
        for epochs in (None, *(table.fidelities if metric.curve else ())):
            column = table.column(name, epochs)
            assert column.shape == (len(table.space),)
            assert column.dtype == np.float32
            assert not column.flags.writeable
            if name.endswith("acc"):
                known = column[~np.isnan(column)]
                least = -100 if "relative error" in metric.help else 0  # 100 minus an error, which may exceed 100
                assert (known >= least).all() and (known <= 100).all(), "accuracies are percent, 0 to 100"
    assert np.isfinite(table.column("val_acc")).any()


@every_table
def test_what_a_search_sees_is_the_column_at_its_fidelity(make):
    table = make()
    parameters = {f.name for f in plugins.params(type(table))}
    table = make(**{"reward_seed": "mean"} if "reward_seed" in parameters else {})
    for epochs, row in itertools.product(table.fidelities, rows(table, 6)):
        outcome = ask(table, row, epochs=epochs)
        for name, value in outcome.metrics.items():
            column = table.column(name, epochs if table.metrics[name].curve else None)
            assert value == pytest.approx(float(column[row]), abs=1e-5, nan_ok=True)
    default = ask(table, rows(table)[3])
    assert default == ask(table, rows(table)[3], epochs=table.search_epochs)
    assert default.metrics["val_acc"] == pytest.approx(float(table.search_column("val_acc")[rows(table)[3]]))


@every_table
def test_more_epochs_cost_more_and_resuming_costs_the_difference(table):
    costs = {e: [ask(table, row, epochs=e).seconds for row in rows(table)] for e in table.fidelities}
    if not table.timed:
        assert {c for column in costs.values() for c in column} == {0.0}
        return
    for less, more in itertools.pairwise(table.fidelities):
        assert all(a < b for a, b in zip(costs[less], costs[more], strict=True))
        if table.resumable:
            rest = [ask(table, row, epochs=more, resume=less).seconds for row in rows(table)]
            assert rest == pytest.approx([b - a for a, b in zip(costs[less], costs[more], strict=True)])
            assert ask(table, 0, epochs=more, resume=less).metrics == ask(table, 0, epochs=more).metrics


@every_table
def test_what_it_cannot_answer_is_refused_with_what_it_can(table):
    last = table.fidelities[-1]
    known = ", ".join(map(str, table.fidelities))
    with pytest.raises(ValueError, match=f"{table.name} has no numbers at 99999 epochs; there are: {known}"):
        ask(table, 0, epochs=99999)
    with pytest.raises(ValueError, match="has no numbers at 99999 epochs"):
        table.column("val_acc", 99999)
    with pytest.raises(ValueError, match=f"{table.name} has no metric 'speed'; there are: .*val_acc"):
        table.column("speed")
    with pytest.raises(ValueError, match=r"there is no seed 99|has no seed 99"):
        table.column("val_acc", seed=99)
    with pytest.raises(ValueError, match=f"{table.name} has no proxy named 'oracle'"):
        ask(table, 0, measure="oracle")
    with pytest.raises(ValueError, match=r"resumes from fewer epochs than it trains|resumes no training"):
        ask(table, 0, epochs=last, resume=last)
    with pytest.raises(ValueError, match=r"no search on .* sees 'test_acc'; it sees: .*val_acc"):
        table.search_column("test_acc")
    with pytest.raises(ValueError, match="has no numbers at 99999 epochs"):
        type(table)(dataset=table.dataset, search_epochs=99999)


@every_table
def test_a_frozen_error_is_one_per_cell_and_has_its_stated_size(make):
    clean, noisy = make(), make(reward_noise="frozen", noise_size=3.0, noise_seed=1)
    known = np.flatnonzero(np.isfinite(clean.search_column("val_acc")))
    errors = (noisy.search_column("val_acc") - clean.search_column("val_acc"))[known]
    n = len(errors)
    assert abs(errors.std() - 3.0) < 4 * 3.0 / math.sqrt(2 * n)
    assert abs(errors.mean()) < 4 * 3.0 / math.sqrt(n)
    same, other = (
        make(reward_noise="frozen", noise_size=3.0, noise_seed=seed).search_column("val_acc") for seed in (1, 2)
    )
    np.testing.assert_array_equal(same, noisy.search_column("val_acc"))
    assert (other[known] != noisy.search_column("val_acc")[known]).all()
    for i in range(0, n, n // 5):
        row = int(known[i])
        assert ask(noisy, row, epochs=clean.fidelities[0]).metrics["val_acc"] - ask(
            clean, row, epochs=clean.fidelities[0]
        ).metrics["val_acc"] == pytest.approx(errors[i], abs=1e-4)
    np.testing.assert_array_equal(noisy.column("val_acc"), clean.column("val_acc"))


@every_table
def test_a_redrawn_error_is_new_for_every_trial_and_has_its_stated_size(make):
    clean, noisy = make(), make(reward_noise="redrawn", noise_size=3.0)
    assert noisy.random
    suggestion = Suggestion(clean.space.arch(7))
    errors = []
    for trial in range(600):
        with_error, without = (t.evaluate(suggestion, np.random.default_rng([trial])) for t in (noisy, clean))
        errors.append(with_error.metrics["val_acc"] - without.metrics["val_acc"])
        assert repr(with_error.metrics | {"val_acc": 0.0}) == repr(without.metrics | {"val_acc": 0.0})
    assert len(set(errors)) == 600
    assert abs(np.std(errors) - 3.0) < 4 * 3.0 / math.sqrt(2 * 600)
    assert abs(np.mean(errors)) < 4 * 3.0 / math.sqrt(600)
