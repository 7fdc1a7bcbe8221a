"""Speed of scoring against zero-cost-nas (SamsungLabs), on the same machine, architectures, batch and one thread.

    python -m tests.bench.zero_cost_nas PATH_OF_ITS_REPOSITORY --cells 8
    python -m tests.bench.zero_cost_nas PATH_OF_ITS_REPOSITORY --cells 64 --device cuda

It needs torch and that repository (https://github.com/SamsungLabs/zero-cost-nas); no part of it is in this project.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from nas_core import scoring
from nas_core.sources.scores import Scoring
from nas_core.studies import landscape

NAMES = ("grad_norm", "snip", "grasp", "fisher", "jacob_cov", "plain", "synflow")  # its l2_norm cannot be called


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--cells", default=8, show_default=True, help="Random cells, scored by both in turn.")
@click.option("--batch", default=64, show_default=True, help="Images.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="For both.")
def main(path: Path, cells: int, batch: int, device: str) -> None:
    """Seconds a cell of both, and how many times faster ours is: by sharing passes, and with equal cells once."""
    import torch

    scoring.check_device(device)
    theirs = _peer(path, device)
    torch.set_num_threads(1)
    plan = Scoring(batch=batch)
    space, size = plan.make_space(), scoring.TOGETHER if device == "cuda" else 1
    rows = sorted(scoring.sample(plan, cells))
    warm_up = [space.index((3,) * 6)] * size
    theirs(plan, warm_up[0])
    scoring.score_together(plan, [(row, NAMES) for row in warm_up], device)
    spent = np.zeros(3)  # seconds of theirs, of ours, and of ours if no pass were shared
    for at in range(0, cells, size):
        group = rows[at : at + size]
        began = time.perf_counter()
        for row in group:
            theirs(plan, row)
        between = time.perf_counter()
        scores = scoring.score_together(plan, [(row, NAMES) for row in group], device)
        took = between - began, time.perf_counter() - between
        spent += (*took, sum(sum(one.seconds.values()) for one in scores))
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        click.echo(f"{space.text(space.arch(group[0]))}{more}  {took[0]:.2f} s  {took[1]:.2f} s")
    peer, ours, alone = spent / cells
    once = len(space) / landscape.distinct(space).sum()
    click.echo(f"zero-cost-nas {peer:.3f} s a cell, here {ours:.3f} s: {peer / ours:.1f} times faster")
    click.echo(f"without sharing passes it would be {alone:.3f} s: {peer / alone:.1f} times")
    click.echo(
        f"for the whole space, with isomorphic cells scored once ({once:.2f}): {peer / ours * once:.1f} times faster"
    )


def _peer(path: Path, device: str) -> Callable[[Scoring, int], None]:
    """Scores one cell with the code at `path`."""
    import torch

    sys.path.insert(0, str(path))
    nasbench2 = importlib.import_module("foresight.models.nasbench2")
    predictive = importlib.import_module("foresight.pruners.predictive")

    def score(plan: Scoring, row: int) -> None:
        space, (first, _) = plan.make_space(), scoring.batches(plan)
        net = nasbench2.get_model_from_arch_str(space.text(space.arch(row)), 10).to(device)
        load = ("random", 1, 10)
        predictive.find_measures(net, [tuple(first)], load, torch.device(device), measure_names=list(NAMES))
        if device == "cuda":
            torch.cuda.synchronize()

    return score


if __name__ == "__main__":
    main()
