"""Speed of scoring against zero-cost-nas (SamsungLabs), on the same machine, architectures, batch and one thread.

    python -m tests.bench.zero_cost_nas PATH_OF_ITS_REPOSITORY --cells 8

It needs torch and that repository (https://github.com/SamsungLabs/zero-cost-nas); no part of it is in this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import click
import numpy as np

from nas_core import landscape, scoring
from nas_core.sources.scores import Scoring

NAMES = ("grad_norm", "snip", "grasp", "fisher", "jacob_cov", "plain", "synflow")  # its l2_norm cannot be called


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--cells", default=8, show_default=True, help="Random cells, scored by both in turn.")
@click.option("--batch", default=64, show_default=True, help="Images.")
def main(path: Path, cells: int, batch: int) -> None:
    """Seconds a cell of both, and how many times faster ours is: by sharing passes, and with equal cells once."""
    import torch

    sys.path.insert(0, str(path))
    nasbench2 = importlib.import_module("foresight.models.nasbench2")
    predictive = importlib.import_module("foresight.pruners.predictive")

    torch.set_num_threads(1)
    plan = Scoring(batch=batch)
    space, (data, _) = plan.make_space(), scoring.batches(plan)
    theirs, ours, alone = [], [], []
    for row in [-1, *scoring.sample(plan, cells)]:  # the first, all 3×3 convolutions, is for warming up
        cell = space.arch(row) if row >= 0 else (3,) * 6
        began = time.perf_counter()
        net = nasbench2.get_model_from_arch_str(space.text(cell), 10)
        predictive.find_measures(net, [tuple(data)], ("random", 1, 10), torch.device("cpu"), measure_names=list(NAMES))
        between = time.perf_counter()
        one = scoring.score(plan, space.index(cell), NAMES)
        if row >= 0:
            theirs.append(between - began)
            ours.append(time.perf_counter() - between)
            alone.append(sum(one.seconds.values()))
            click.echo(f"{space.text(cell)}  {theirs[-1]:.2f} s  {ours[-1]:.2f} s")
    ratio, once = np.sum(theirs) / np.sum(ours), len(space) / landscape.distinct(space).sum()
    click.echo(f"zero-cost-nas {np.mean(theirs):.2f} s a cell, here {np.mean(ours):.2f} s: {ratio:.1f} times faster")
    click.echo(f"without sharing passes it would be {np.mean(alone):.2f} s: {np.sum(theirs) / np.sum(alone):.1f} times")
    click.echo(f"for the whole space, with isomorphic cells scored once ({once:.2f}): {ratio * once:.1f} times faster")


if __name__ == "__main__":
    main()
