"""A damaged table is not read: one sentence and the way out, for every kind of table and wherever the bytes are."""

import shutil

import numpy as np
import pytest

from nas_core import benchmarks, plugins
from nas_core.benchmarks import Benchmark, _table
from nas_core.benchmarks.pocket_size import PocketSize
from nas_core.benchmarks.tables import proxy_scores
from nas_core.sources import nats, scores, tables, user_table
from nas_core.spaces.topology import Topology

OwnTopology = plugins.get(Benchmark, "own_topology")


def flip(file, places):
    content = bytearray(file.read_bytes())
    for place in places:
        content[place] ^= 0x55
    file.write_bytes(content)


@pytest.fixture
def own():
    user_table.save(user_table.read(b"arch,val_acc,a\n9,50,1\n8,40,2\n", "m.csv", "topology", "own"), "mine", "made up")
    return user_table.folder("topology") / "mine.parquet"


def test_a_flipped_byte_anywhere_is_noticed(own):
    whole = own.read_bytes()
    before = {n: c.copy() for n, c in _table.columns(own).items()}, dict(_table.meta(own))
    for place in np.random.default_rng(0).choice(len(whole), 300, replace=False):
        own.write_bytes(whole)
        flip(own, [place])
        _table._read.cache_clear()
        if sentence := _table.damage(own):
            assert "mine.parquet is damaged" in sentence and "remove it on the Data page" in sentence
            continue
        now = _table.columns(own), _table.meta(own)  # a byte that no reader looks at
        assert now[1] == before[1] and now[0].keys() == before[0].keys()
        assert all(np.array_equal(now[0][n], before[0][n], equal_nan=True) for n in now[0])


def test_the_numbers_are_checked_also_where_pages_have_no_checksums(own):
    import pyarrow.parquet as pq

    table = pq.read_table(own)
    values = table["a@1" if "a@1" in table.column_names else "a"].to_numpy().copy()
    values[9] = 7
    place = next(n for n in table.column_names if n.startswith("a"))
    pq.write_table(table.set_column(table.column_names.index(place), place, [values]), own)
    assert "its numbers do not have its fingerprint" in _table.damage(own)


def test_what_a_table_says_of_itself_is_checked(own):
    import pyarrow.parquet as pq

    table = pq.read_table(own)
    said = table.schema.metadata | {b"goals": b'{"val_acc": "min", "a": "min"}'}
    pq.write_table(table.replace_schema_metadata(said), own)
    assert "what it says of itself does not have its checksum" in _table.damage(own)


def test_a_damaged_table_of_ones_own_can_be_removed_and_imported_again(own):
    flip(own, range(100, 140))
    assert "remove it on the Data page" in OwnTopology.missing("mine")
    with pytest.raises(FileNotFoundError, match="is damaged"):
        benchmarks.create("own_topology", "mine")
    user_table.delete("topology", "mine")
    assert user_table.names("topology") == ()


def test_an_embedded_table_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(_table, "__file__", str(tmp_path / "_table.py"))
    copy = shutil.copy(PocketSize.file, tmp_path / "pocket_size.parquet")
    monkeypatch.setattr(PocketSize, "file", copy)
    assert PocketSize.missing("cluttered_digits") == ""
    flip(copy, range(50_000, 50_040))
    assert "comes with NAS Explorer, so install that again" in PocketSize.missing("cluttered_digits")


def test_damaged_scores_are_not_read():
    scoring = scores.Scoring("topology", "nats", "noise")
    scores.folder().mkdir(parents=True)
    scores.append(scoring, scores.ScoreRow(9, {"synflow": 1e61}, {"synflow": 1.0}))
    scores.save(scoring, ())
    assert proxy_scores.column(Topology(), "synflow_nats_noise")[9] == 1e61, "not inf, as in float32"
    flip(scoring.file, range(60, 100))
    assert "score again" in proxy_scores.damage(Topology())


@pytest.mark.shared
def test_nats_bench_is_checked(nats_tables):
    from nas_core.benchmarks.nats_topology import NatsTopology

    assert NatsTopology.missing("cifar10") == ""
    flip(nats.file("nats_topology"), range(200_000, 200_040))
    assert f"get it again: {nats.COMMAND}" in NatsTopology.missing("cifar10")
    assert tables.tables_dir() == nats.file("nats_topology").parent
