"""Published numbers about NATS-Bench, reproduced: every fact, and the searches at 12,000 s with 200 seeds each.

Rows marked R are cited from a copy that nobody has read; they are shown in the app and not asserted here.
"""

import json

import pytest
from click.testing import CliRunner

from nas_core.cli import commands
from nas_core.sources.catalogue import DATASETS
from nas_core.studies import published, reproduce
from nas_core.studies.facts import FACTS
from nas_core.studies.reproduce import Reproduction

pytestmark = pytest.mark.shared
SEEDS = 200


@pytest.fixture
def only(monkeypatch):
    """Reproduce only these searches."""
    return lambda *searches: monkeypatch.setattr(reproduce, "SEARCHES", searches)


def rows(**options):
    return [step for step in reproduce.reproduce(processes=1, **options) if isinstance(step, Reproduction)]


def at_12000_s(strategy):
    return next(s for s in published.SEARCHES if s.strategy == strategy and s.seconds == 12_000)


def test_every_fact_agrees(nats_tables, only):
    only()
    found = rows()
    assert len(found) == sum(value is not None for fact in FACTS for value in fact.values) > 80
    assert [(row.name, row.dataset, row.ours, row.published) for row in found if not row.agree] == []
    assert all(set(row.mark.split()) <= set(published.MARKS) and row.source for row in found)


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution", "reinforce"])
def test_the_nas_bench_201_table_at_12000_s(nats_tables, only, strategy):
    search = at_12000_s(strategy)
    assert search.mark == "T"
    only(search)
    found = [row for row in rows(runs=SEEDS) if row.runs]
    assert len(found) == 6 and {row.dataset for row in found} == set(DATASETS)
    for row in found:
        assert row.runs == SEEDS and 0 < row.se < 0.15
        assert abs(row.z) <= 3 and row.agree, f"{row.name}: {row.ours:.2f} ± {row.se:.2f} against {row.published}"
        assert "mean of seeds 111 and 777" in row.differs


def test_mf_nas_by_the_number_of_parameters(nats_tables, only):
    """Published without spread, and so is ours: every run ends at the same cell."""
    only(*(s for s in published.SEARCHES if s.strategy == "mf_nas" and s.proxy == "params"))
    found = [row for row in rows(runs=2) if row.runs]
    assert [(row.dataset, row.published) for row in found] == list(zip(DATASETS, (94.36, 73.51, 46.34), strict=True))
    for row in found:
        assert row.agree and row.se == 0 and round(row.ours, 2) == row.published


def test_hybrids_wait_for_scores_of_every_network(nats_tables, only):
    only(*(s for s in published.SEARCHES if s.proxy in ("naswot", "synflow")))
    found = [row for row in rows(runs=3) if row.group.startswith("Searches")]
    assert {row.name.partition(",")[0] for row in found} == {"AREA by naswot", "MF-NAS by synflow"}
    assert len(found) == 6 and {row.agree for row in found} == {None}
    assert {row.differs.rpartition(" ")[2] for row in found} == {"naswot", "synflow"}


def test_evolution_is_ahead_of_random_search(nats_tables, only):
    """The order of the published table, not only its numbers."""
    only(at_12000_s("random_search"), at_12000_s("regularized_evolution"))
    ours = {row.name.partition(",")[0]: row.ours for row in rows(runs=100, datasets=["cifar10"]) if row.runs}
    assert ours["regularized evolution"] > ours["random search"]


def test_one_dataset_has_only_its_own_rows(nats_tables, only):
    only(at_12000_s("random_search"))
    found = rows(runs=3, datasets=["cifar100"])
    assert {row.dataset for row in found} == {"cifar100"} and sum(row.runs > 0 for row in found) == 2


def test_what_needs_the_archives_is_said_and_not_made_up(nats_tables, only):
    only(*(s for s in published.SEARCHES if s.benchmark == "nats_size"))
    found = [row for row in rows(runs=3) if row.group.startswith("Searches")]
    assert len(found) == 18
    assert all(row.ours != row.ours and row.agree is None and "official archives" in row.differs for row in found)


def test_without_the_tables_the_way_to_them_is_said():
    with pytest.raises(RuntimeError, match="python -m nas_core fetch nats"):
        rows()


def test_a_reproduction_goes_on_where_it_stopped(nats_tables, data_folder, only):
    only(at_12000_s("random_search"))
    folder = data_folder / "sweeps"
    folder.mkdir()
    begun = reproduce.reproduce(["cifar10"], 5, 1, folder)
    counts = [step.done for step in begun if not isinstance(step, Reproduction)]
    assert counts == [1, 2, 3, 4, 5]
    saved = next(folder.glob("*.jsonl")).read_text()
    again = [step for step in reproduce.reproduce(["cifar10"], 5, 1, folder) if isinstance(step, Reproduction)]
    assert next(folder.glob("*.jsonl")).read_text() == saved
    assert [row.runs for row in again if row.runs] == [5, 5]


def test_the_command(nats_tables, only):
    only(at_12000_s("random_search"))
    result = CliRunner().invoke(
        commands, ["reproduce", "--dataset", "cifar10", "--runs", "3", "--processes", "1", "--json"]
    )
    assert result.exit_code == 0
    record = json.loads(result.stdout.splitlines()[-1])["rows"][-1]
    assert {"name", "published", "ours", "se", "z", "agree", "source", "mark", "differs"} <= set(record)
    assert record["published"] == 93.70 and record["dataset"] == "cifar10"
