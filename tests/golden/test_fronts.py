"""Exact (test error, FLOPs) fronts of NATS-Bench's topology space, and that no search exceeds them.

Sizes 14, 13 and 13 and shares .8958, .6892 and .4329 of the box up to the reference points of E-TF-MOENAS:
counted from the public test accuracies by other code than the one tested here. That paper's reference point on
ImageNet16-120 is 47.1731 MFLOPs, where the largest cell has 55.04 by NATS-Bench's count: .4329 moves the point to the
largest cell, .4269 takes it as it is written.
"""

import numpy as np
import pytest

from nas_core import benchmarks, plugins, runner
from nas_core.history import History
from nas_core.strategies import Strategy
from nas_core.studies import front_search
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective, RunSpec

pytestmark = pytest.mark.shared
TWO = (Objective("val_acc"), Objective("flops_m", "min"))
BOX = {"cifar10": (0.9001, 220.1201), "cifar100": (0.9901, 220.1261), "ImageNet16-120": (0.9918, 47.1731)}
CEILING = {"cifar10": (14, 0.8958), "cifar100": (13, 0.6892), "ImageNet16-120": (13, 0.4329)}
SEVERAL = [n for n, s in plugins.find(Strategy).items() if s.many_objectives]


def front_task(dataset):
    """Test accuracy and FLOPs with the published reference point, and the volume of its box."""
    table = benchmarks.table("nats_topology", dataset)
    error, flops = BOX[dataset]
    if dataset == "ImageNet16-120":
        flops *= float(table.column("flops_m").max()) / 47.1731
    return FrontTask(table, TWO, reported=True, worst=(100 * (1 - error), flops)), 100 * error * flops


@pytest.mark.parametrize("dataset", BOX)
def test_size_and_hypervolume_of_the_exact_front(nats_tables, dataset):
    task, box = front_task(dataset)
    size, share = CEILING[dataset]
    assert abs(task.attainable / box - share) <= 6e-5
    # float32 makes equal what differs in the ninth digit of a percent
    assert abs(len(task.front) - size) <= 1
    assert task.share(task.front) == pytest.approx(100)


def test_imagenet_with_the_reference_point_as_it_is_written(nats_tables):
    error, flops = BOX["ImageNet16-120"]
    table = benchmarks.table("nats_topology", "ImageNet16-120")
    task = FrontTask(table, TWO, reported=True, worst=(100 * (1 - error), flops))
    assert task.attainable / (100 * error * flops) == pytest.approx(0.4269, abs=6e-5)
    assert table.column("flops_m").max() == pytest.approx(55.0376, abs=1e-4)


@pytest.mark.parametrize("dataset", BOX)
@pytest.mark.parametrize("name", SEVERAL)
def test_no_search_exceeds_the_exact_front(nats_tables, dataset, name):
    task, _ = front_task(dataset)
    spec = RunSpec("nats_topology", dataset, name, objectives=TWO, max_trials=60, seed=1)
    run = FrontTrace.of(History.of(runner.run(spec)), task.table.space)
    shares = front_search.shares(run, task)
    assert shares[-1] > 50 and shares.max() <= 100 + 1e-9
    assert np.isfinite(task.losses[run.front()]).all()


def test_nsga2_against_the_published_hypervolume(nats_tables):
    """Published for NSGA-II on validation error after 12 epochs, 20 members and 3,000 evaluations: .8891 (31 runs,
    standard deviation .0013), and .8930 for training loss, of .8958.

    The protocol cannot be met to the letter. Theirs is the validation error of one training, ours the mean of two whole
    trainings of 12 epochs: probably a better signal. So ours must be no worse than theirs, and stay below the ceiling.
    """
    task, box = front_task("cifar10")
    shares = []
    for seed in range(3):
        spec = RunSpec("nats_topology", "cifar10", "nsga2", objectives=TWO, max_trials=3000, seed=seed)
        run = FrontTrace.of(History.of(runner.run(spec)), task.table.space)
        shares.append(task.share(run.front()) / 100 * task.attainable / box)
    assert min(shares) >= 0.8891 - 3 * 0.0013 and max(shares) <= 0.8958
    assert np.mean(shares) >= 0.8930  # as good as with their best signal that is measured on the data
