"""Sweeps of proxies: order, resuming, workers that die, tables; on an engine of this machine and on a Dask cluster."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

from nas_core import executors, proxies, scoring
from nas_core.plugins import find
from nas_core.proxies import Proxy
from nas_core.sources import scores
from nas_core.sources.scores import SECONDS, ScoreRow, Scoring
from tests import own_files
from tests.command_line import call, refused
from tests.conftest import ROOT
from tests.unit.test_own_data import kept, pictures

PLAN = Scoring(net="pocket", batch=4)
ROWS = [15624, 3, 77, 900]
NAMES = ["params", "synflow"]


def swept(plan=PLAN, rows=ROWS, names=NAMES, **more):
    return {one.row: one for one in scoring.sweep(plan, rows, names, **more)}


def values(found):
    return {row: dict(one.values) for row, one in found.items()}


def test_what_a_score_costs_does_not_grow_with_other_work_on_the_machine():
    from nas_core.proxies.passes import now

    began, thread = time.perf_counter(), now("cpu")
    time.sleep(0.2)
    assert now("cpu") - thread < (time.perf_counter() - began) / 2


def test_a_score_depends_neither_on_order_nor_on_company():
    alone = {}
    for row in ROWS:
        for at, one in swept(rows=[row], names=["synflow"], save=False).items():
            alone[at] = one.values["synflow"]
    together = swept(rows=ROWS[::-1], names=["snip", "synflow", "params"], save=False)
    assert {row: one.values["synflow"] for row, one in together.items() if "synflow" in one.values} == alone


def test_a_sweep_that_was_stopped_goes_on_and_asks_only_for_what_is_missing(monkeypatch):
    whole = values(swept(save=False))
    with closing(scoring.sweep(PLAN, ROWS, NAMES)) as stream:
        first = [next(stream), next(stream)]
    text = PLAN.log.read_bytes()
    PLAN.log.write_bytes(text + b'{"version":"0.1.0","row":3,"val')  # it died while writing
    asked, real = [], scoring.score
    monkeypatch.setattr(scoring, "score", lambda plan, row, names: asked.append((row, names)) or real(plan, row, names))
    assert values(swept()) == whole
    assert len(asked) == len(whole) - 2 and not {one.row for one in first} & {row for row, _ in asked}
    asked.clear()
    assert values(swept()) == whole and asked == []
    more = swept(names=[*NAMES, "l2_norm"])
    assert {names for _, names in asked} == {("l2_norm",)} and set(more[3].values) == {"params", "l2_norm"}


@pytest.mark.parametrize("kind, make", [("images", pictures), ("arrays", own_files.signals)])
def test_every_proxy_scores_ones_own_data_and_too_little_of_it_is_one_sentence(tmp_path, kind, make):
    data = kept(make(tmp_path / "source"), kind, f"scored {kind}").name
    (one,) = scoring.sweep(Scoring(net="pocket", data=data, batch=3), [15624], list(find(Proxy)), save=False)
    assert not one.errors and all(map(math.isfinite, one.values.values())) and len(one.values) > 15
    with pytest.raises(ValueError, match=rf"two batches of 64, and {data} has \d+ inputs .* of at most \d+$"):
        next(scoring.sweep(Scoring(net="pocket", data=data), [15624], ["synflow"], save=False))


def test_the_table_has_every_member_of_a_class_and_says_what_failed():
    swept(rows=[0, *ROWS])
    space = PLAN.make_space()
    known = scores.columns(PLAN, scores.read(PLAN).values(), scoring.individual_proxies())
    synflow, params = known["synflow"], known["params"]
    twins = [row for row in range(len(space)) if space.canonical(space.arch(row)) == space.canonical(space.arch(77))]
    assert len(twins) > 1 and len(set(synflow[twins])) == 1 and math.isfinite(synflow[twins[0]])
    assert np.isfinite(params[77]) and np.isnan(params[[t for t in twins if t != 77]]).all()
    assert synflow[0] == -np.inf, "nothing flows through the dead cell"
    assert (known["synflow" + SECONDS][[0, 77]] > 0).all()
    assert scores.on_disk("topology") == [PLAN] and PLAN.file.exists()


@pytest.mark.parametrize(
    "plan", [Scoring(), Scoring(net="pocket", data="cluttered_digits", batch=8, seed=3), Scoring(space="size", batch=2)]
)
def test_settings_are_read_from_the_name_of_their_file(plan):
    scores.folder().mkdir(parents=True)
    plan.file.write_bytes(b"")
    assert scores.on_disk(plan.space) == [plan]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(net="huge"), "no net 'huge' to score; there are: nats, pocket"),
        (dict(data="mnist"), "no data 'mnist' to score"),
        (dict(batch=1), "a batch has 2 to 1024 images"),
        (dict(space="size", data="banking77"), "the size space has no network for inputs of kind tokens"),
    ],
)
def test_impossible_settings_are_refused_in_words(settings, message):
    with pytest.raises(ValueError, match=message):
        Scoring(**settings)


def test_what_goes_wrong_in_a_proxy_is_its_reason(monkeypatch):
    def fail(self, net, passes):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(type(proxies.create("synflow")), "score", fail)
    one = scoring.score(PLAN, 77, ("synflow", "params"))
    assert one.errors == {"synflow": "RuntimeError: CUDA out of memory"}
    assert math.isnan(one.values["synflow"]) and math.isfinite(one.values["params"])


def test_counting_regions_in_the_size_space_is_refused_in_words():
    one = scoring.score(Scoring(space="size", net="pocket", batch=4), 5, ("linear_regions", "flops"))
    assert "needs a network of one channel" in one.errors["linear_regions"] and math.isfinite(one.values["flops"])


def test_the_images_are_the_ones_asked_for(tmp_path, data_folder):
    for plan, shape in ((PLAN, (4, 1, 12, 12)), (Scoring(data="cluttered_digits", batch=6), (6, 3, 32, 32))):
        first, second = scoring.batches(plan)
        assert first.images.shape == second.images.shape == shape and len(first.labels) == shape[0]
        assert not first.images.equal(second.images)


def test_two_visitors_data_of_one_name_are_not_taken_for_each_other(data_folder, tmp_path):
    from nas_core import places
    from nas_core.sources import own_data

    shown = []
    for number, who in enumerate("ab"):
        with places.acting_for(places.owner_of(who)):
            x = np.random.default_rng(number).integers(0, 255, (60, 1, 8, 8), np.uint8)
            np.savez(tmp_path / f"{who}.npz", x=x, y=np.arange(60) % 2)
            *_, draft = own_data.read(tmp_path / f"{who}.npz", own_data.Options("arrays"))
            assert own_data.save(draft, "pets") == "pets"
            shown += [scoring.batches(Scoring(net="pocket", data="pets", batch=8)) for _ in range(2)]
    (anna, again, bert, _) = (first.images for first, _ in shown)
    assert anna is again and not anna.equal(bert)


def test_a_network_that_kills_its_worker_is_a_failed_one(monkeypatch):
    killed = MemoryError("no more")
    monkeypatch.setattr(executors, "call_all", lambda *_: iter([((PLAN, 3, ("synflow",)), None, killed)]))
    (one,) = scoring.sweep(PLAN, [3], ["synflow"])
    assert "it could not be scored, perhaps because memory ran out: MemoryError" in one.errors["synflow"]
    assert math.isnan(scores.read(PLAN)[one.row].values["synflow"])


CLUSTER = """
import json, os, sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        pids = [worker.process.pid for worker in cluster.workers.values()]
        print(json.dumps({"address": cluster.scheduler_address, "pids": pids}), flush=True)
        sys.stdin.read()
"""


def test_a_dask_cluster_that_loses_a_worker_in_the_middle_loses_nothing():
    pytest.importorskip("distributed", reason="Dask's distributed is not installed")
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)})
    with subprocess.Popen([sys.executable, "-c", CLUSTER], **pipes) as cluster:
        said, rows = json.loads(cluster.stdout.readline()), scoring.sample(PLAN, 40)
        found = {}
        for one in scoring.sweep(PLAN, rows, ["synflow"], f"dask:{said['address']}"):
            found[one.row] = one
            if len(found) == 5:
                os.kill(said["pids"][0], signal.SIGKILL)
        cluster.stdin.close()
    assert len(found) == len(scoring.tasks(PLAN, rows, ["synflow"])) > 30
    assert not any("worker died" in said for one in found.values() for said in one.errors.values())
    some = sorted(found)[::10]
    assert {row: found[row].values["synflow"] for row in some} == {
        row: scoring.score(PLAN, row, ("synflow",)).values["synflow"] for row in some
    }


def test_the_command_line_scores_architectures_and_says_where_the_table_is(tmp_path):
    space = PLAN.make_space()
    file = tmp_path / "archs.txt"
    file.write_text("\n".join([space.text(space.arch(77)), "own:0", "own:77"]), encoding="utf-8-sig")
    words = ["score", "--proxies", "params,synflow", "--archs", str(file), "--net", "pocket", "--batch", "4", "--json"]
    out = call(*words)
    *lines, result = map(json.loads, out.stdout.splitlines())
    assert {line["arch"] for line in lines} == {space.text(space.arch(row)) for row in (0, 77)}
    by_arch = {line["arch"]: line for line in lines}
    dead, live = by_arch[space.text(space.arch(0))], by_arch[space.text(space.arch(77))]
    assert dead["scores"]["synflow"] is None and "reaches the output" in dead["errors"]["synflow"]
    assert live["scores"]["params"] > dead["scores"]["params"] > 0 and live["seconds"] > 0
    assert (result["done"], result["failed"]) == (2, 1) and result["table"].endswith("topology_pocket_noise_b4.parquet")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sample", "2", "--all"], "--sample N, --all or --archs FILE, one of them"),
        (["--sample", "2", "--proxies", "synflw"], "zen, zico (did you mean 'synflow'?)"),
        (["--sample", "2", "--executor", "cloud"], "no executor 'cloud'; there are: serial, processes:N, dask:ADDRESS"),
    ],
)
def test_the_command_line_refuses_in_words(words, message):
    assert message in refused(2, "score", *words)


def test_merged_scores_keep_the_newest_and_drop_old_reasons():
    old = ScoreRow(3, {"a": math.nan, "b": 1.0}, {"a": 1.0, "b": 1.0}, {"a": "no memory"})
    both = scores.merged(old, ScoreRow(3, {"a": 2.0}, {"a": 3.0}))
    assert both == ScoreRow(3, {"a": 2.0, "b": 1.0}, {"a": 3.0, "b": 1.0}, {})
