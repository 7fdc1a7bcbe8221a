"""A space and a dataset of an installed package, one file each: what they can do without a line of ours."""

import inspect
import json
import pickle
from contextlib import suppress

import numpy as np
import pytest

from nas_core import benchmarks, datasets, plugins, spaces
from nas_core.benchmarks import Benchmark, Table
from nas_core.charts import palette
from nas_core.predictors import _encodings
from nas_core.runner import run
from nas_core.sources import scores
from nas_core.sources.scores import Scoring
from nas_core.spaces.topology import Topology
from nas_core.strategies import Strategy
from nas_core.studies import supernets
from nas_core.types import RunSpec, Suggestion, Told
from tests.command_line import call, last, refused
from tests.kinds import made_up_data  # noqa: F401  (a fixture)
from tests.records import ENDS
from tests.searching import run_all
from tests.visit import link, verbatim

pytestmark = pytest.mark.torch

SEARCH = ("run", "--strategy", "random_search", "--trials", 3, "--benchmark")
SPACE = '''
"""Three layers in a row."""
import re
from nas_core.spaces import Notation, SearchSpace

WORDS = ("thin", "wide", "none")

class Rows(SearchSpace):
    """Three layers in a row, each thin, wide or left out: 27 networks."""

    shares = "operations"
    options = (WORDS,) * 3
    decisions = ("first", "second", "third")

    def text(self, arch):
        return "/".join(WORDS[a] for a in arch)

    @property
    def notations(self):
        form = re.compile("(thin|wide|none)(/(thin|wide|none)){2}")
        words = Notation("its words", "rows", form, self.text, lambda text: tuple(map(WORDS.index, text.split("/"))))
        return {"words": words, **super().notations}

    def build(self, arch, classes, in_channels=1):
        from torch import nn
        layers, width = [], in_channels
        for a in arch:
            if WORDS[a] != "none":
                layers += [nn.Conv2d(width, 4 * (a + 1), 3, padding=1), nn.BatchNorm2d(4 * (a + 1)), nn.ReLU()]
                width = 4 * (a + 1)
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))

    def supernet(self, classes, channels, in_channels=1, cells=1):
        from torch import nn

        class Shared(nn.Module):
            def __init__(self):
                super().__init__()
                self.stem = nn.Conv2d(in_channels, channels, 1)
                kinds = lambda: [nn.Conv2d(channels, channels, k, padding=k // 2) for k in (1, 3)] + [nn.Identity()]
                self.layers = nn.ModuleList(nn.ModuleList(kinds()) for _ in range(3))
                self.head = nn.Linear(channels, classes)

            def forward(self, x, weights=None, arch=None):
                x = self.stem(x)
                for i, layer in enumerate(self.layers):
                    chosen = range(3) if arch is None else [arch[i]]
                    x = sum(layer[k](x) * (1 if weights is None else weights[i, k]) for k in chosen)
                return self.head(x.mean((2, 3)))

        return Shared()
'''
DATASET = '''
"""Stripes."""
import numpy as np
from nas_core.datasets import Dataset, Split

class Stripes(Dataset):
    """Grey images of 8 by 8 pixels with stripes that lie or stand."""

    classes, channels, size = 2, 1, 8
    source = "drawn here, by a test of NAS Explorer"

    def load(self):
        rng, out = np.random.default_rng(0), {}
        for name, n in (("train", 256), ("val", 64), ("test", 64)):
            labels = np.arange(n) % 2
            images = rng.normal(0, 0.3, (n, 1, 8, 8))
            waves = np.sign(np.sin(np.arange(8) * np.pi / 2 + 0.1))
            images[labels == 0] += waves[:, None]
            images[labels == 1] += waves
            images = (images - images.mean()) / images.std()
            out[name] = Split(images.astype(np.float32), labels.astype(np.int64))
        return out
'''


@pytest.fixture
def world(installed):
    return installed(
        {"__init__.py": "", "rows.py": SPACE, "stripes.py": DATASET},
        spaces={"rows": "rows:Rows"},
        datasets={"stripes": "stripes:Stripes"},
    )


def listed(kind):
    return last("list", kind)["names"]


def test_they_are_listed_with_the_benchmarks_that_follow_from_them(world):
    assert "rows" in listed("spaces") and "stripes" in listed("datasets")
    assert {"live_rows", "own_rows"} <= set(listed("benchmarks"))
    assert plugins.get(Benchmark, "live_rows").datasets[:3] == ("cluttered_digits", "cluttered_digits_2", "stripes")
    assert "stripes" in plugins.get(Benchmark, "live_topology").datasets


def test_without_the_package_there_is_no_trace_of_them():
    assert "rows" not in plugins.find(Benchmark) and "live_rows" not in plugins.find(Benchmark)


def test_its_networks_are_trained_counted_and_searched(world):
    live = benchmarks.create("live_rows", "stripes", epochs=3)
    there = pickle.loads(pickle.dumps(live))
    thin, wide = (there.evaluate(Suggestion(arch), np.random.default_rng(0)).metrics for arch in ((0, 2, 2), (1, 1, 1)))
    assert wide["val_acc"] > 80 and set(thin) == set(live.metrics) | ENDS
    assert thin["params_m"] == pytest.approx((9 * 4 + 4 + 8 + 4 * 2 + 2) / 1e6)
    assert thin["flops_m"] == pytest.approx((64 * 9 * 4 + 4 * 2 + 2) / 1e6)
    spec = RunSpec("live_rows", "stripes", "regularized_evolution", benchmark_params={"epochs": 1}, max_trials=3)
    trials = [e.trial for e in run(spec) if isinstance(e, Told)]
    assert len(trials) == 3 and not [t.error for t in trials if t.error]


def test_the_command_line_trains_a_network_of_it_and_a_cell_on_its_images(world):
    there = ("--dataset", "stripes", "--epochs", 1)
    assert last("train", "wide/none/thin", "--benchmark", "live_rows", *there)["dataset"] == "stripes"
    assert last("train", "own:0", *there)["dataset"] == "stripes"
    assert "has no dataset 'banking77'" in refused(2, *SEARCH, "live_rows", "--dataset", "banking77")


def test_numbers_for_it_are_imported_and_searched(world, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("arch,val_acc\n" + "\n".join(f"own:{row},{50 + row}" for row in range(27)))
    call("table", file, "--space", "rows", "--name", "mine")
    table = benchmarks.create("own_rows", "mine")
    assert isinstance(table, Table) and table.n_architectures == 27
    result = last(*SEARCH, "own_rows", "--dataset", "mine")
    assert 50 <= result["val_acc"] <= 76 and result["trials"] == 3


def test_proxies_score_its_networks_and_our_cells_on_its_images(world, tmp_path):
    args = ("--sample", 3, "--proxies", "synflow,params,flops,linear_regions", "--batch", 8)
    result = call("score", "--space", "rows", "--data", "stripes", *args, "--json")
    *nets, done = map(json.loads, result.stdout.splitlines())
    assert done["done"] == 3 and "rows_own_stripes_b8" in done["table"]
    for net in nets:
        words = net["arch"].split("/")
        wanted, channels = 0, 1
        for word in words:
            if word != "none":
                width = {"thin": 4, "wide": 8}[word]
                wanted, channels = wanted + 9 * channels * width + 3 * width, width
        assert net["scores"]["params"] == pytest.approx((wanted + 2 * (channels + 1)) / 1e6)
        assert "needs a network of one channel" in net["errors"]["linear_regions"]
    cell = last("score", "--data", "stripes", "--net", "pocket", "--sample", 1, "--proxies", "params")
    assert cell["failed"] == 0 and scores.on_disk("rows") == [Scoring("rows", "own", "stripes", 8)]
    assert benchmarks.create("own_rows", imported(tmp_path)).metrics["synflow_own_stripes_b8"].local


def imported(tmp_path):
    """A table of the space, and the metrics of what was scored for it."""
    file = tmp_path / "scored.csv"
    file.write_text("arch,val_acc\nown:0,50\n")
    call("table", file, "--space", "rows", "--name", "scored")
    return "scored"


def test_they_pass_the_conformance_tests_of_their_kinds(world):
    from tests.conformance import test_spaces
    from tests.unit import test_datasets

    space, dataset = spaces.create("rows"), datasets.create("stripes")
    marks = (test_spaces.every_space.mark, test_spaces.listable.mark)
    of_spaces = [t for t in vars(test_spaces).values() if any(m in marks for m in getattr(t, "pytestmark", ()))]
    for test in of_spaces:
        names = inspect.signature((getattr(test, "hypothesis", None) and test.hypothesis.inner_test) or test).parameters
        test(**{"space": space} | ({"weighted": True} if "weighted" in names else {}))
    of_datasets = [t for name, t in vars(test_datasets).items() if name.startswith("test_every_dataset")]
    for test in of_datasets:
        with suppress(pytest.skip.Exception):  # tests of tokens
            test(dataset)
    assert len(of_spaces) >= 10 and len(of_datasets) >= 5


def test_its_networks_pass_the_conformance_tests_of_networks(world, made_up_data):  # noqa: F811
    from tests.conformance import test_networks

    of_worlds = [
        t for t in vars(test_networks).values() if test_networks.every_world.mark in getattr(t, "pytestmark", ())
    ]
    for test in of_worlds:
        test(name="rows", kind="image")
    assert len(of_worlds) == 2


@pytest.mark.parametrize("name", [n for n, s in plugins.find(Strategy).items() if s.shares == "operations"])
def test_its_supernet_is_trained_by_every_method_of_ours_that_chooses_operations(world, name):
    assert name in supernets.methods(spaces.create("rows"))
    quick = {**plugins.get(Strategy, name).quick, "images": "those of the benchmark"}
    spec = RunSpec("live_rows", "stripes", name, quick, {"epochs": 1}, max_trials=1)
    (trial,) = [e.trial for e in run(spec) if isinstance(e, Told)]
    assert not trial.error and trial.metrics["val_acc"] > 0


def test_what_it_does_not_say_of_its_options_has_defaults(world):
    space = spaces.create("rows")
    assert len({palette.option(word) for word in space.options[0]}) == 3 and palette.short("wide") == "wide"
    assert palette.option("none") == Topology.colours["none"]  # of two spaces that name an option so, the first
    assert _encodings.alive(space, np.full((1, 3), 2)).all()  # a "none" that does not say that it cuts is no cut


def test_the_pages_explore_and_search_show_a_table_of_it(world, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("arch,val_acc,test_acc\n" + "\n".join(f"own:{row},{50 + row},{49 + row}" for row in range(27)))
    call("table", file, "--space", "rows", "--name", "mine")
    there = {"benchmark": "own_rows", "dataset": "mine"}
    explore = link("pages/10_explore.py", {**there, "cell": "wide/wide/none"}).run().run()
    assert not explore.exception and not explore.error
    assert verbatim(explore)[0] == "wide/wide/none"
    asked = {**there, "runs": "2", "trials": "5", "strategies": "random_search"}
    search = run_all(link("pages/20_search.py", asked).run())
    assert not search.exception and not search.error
    assert search.dataframe[0].value["runs"].tolist() == [2]
