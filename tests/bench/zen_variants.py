"""Which detail of the Zen-Score moves its correlation with accuracy on NATS-Bench's topology space.

    python -m tests.bench.zen_variants --cells 300

It needs torch and NATS-Bench (`python -m nas_core fetch nats`), and some seconds a cell.
"""

from __future__ import annotations

import itertools
import zlib
from typing import Any

import click
import numpy as np

from nas_core import benchmarks, scoring, stats
from nas_core.proxies import ranks
from nas_core.proxies.zen import IMAGES, STEP
from nas_core.sources.scores import Scoring

REPEATS = 2
CELLS = ("equal cells once", "as written")  # without edges that lead nowhere; with them
VARIANCES = ("of the batch", "running mean")  # the paper's; that of the authors' code, momentum 0.1 from 1
FEATURES = ("before pooling", "before the last normalisation", "logits")
Variant = tuple[str, str]  # of VARIANCES and FEATURES


@click.command()
@click.option("--cells", default=300, show_default=True, help="Random cells, the first of those that `score` draws.")
def main(cells: int) -> None:
    """Spearman's correlation with CIFAR-10 test accuracy of each variant: failures ranked worst, and left out."""
    import torch

    torch.set_num_threads(1)
    plan, table = Scoring(), benchmarks.table("nats_topology", "cifar10")
    rows = scoring.sample(plan, cells)
    first = [table.space.index(table.space.canonical(table.space.arch(row))) for row in rows]
    networks = [(row, *(_score(plan, at) for at in (canon, row))) for row, canon in zip(rows, first, strict=True)]
    truth = table.column("test_acc")[rows].astype(float)
    for (number, cell), variance, feature in itertools.product(enumerate(CELLS, 1), VARIANCES, FEATURES):
        scores = np.array([network[number][variance, feature] for network in networks])
        good = np.isfinite(scores)
        among = stats.spearman(scores[good], truth[good]), (~good).sum()
        all_of_them = stats.spearman(ranks(scores), truth)
        click.echo(f"{cell:17}{variance:14}{feature:31}{all_of_them:6.3f}{among[0]:7.3f}{among[1]:5}")


def _score(plan: Scoring, row: int) -> dict[Variant, float]:
    """Every variant of one network, from the same weights and images."""
    import torch

    net = scoring.network(plan, row).train()
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    seen: list[torch.Tensor] = []
    for norm in norms:
        norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].var((0, 2, 3)).mean()))
    generator = torch.Generator().manual_seed(zlib.crc32(b"zen"))
    with torch.no_grad():
        draws = [_draw(net, norms, seen, generator) for _ in range(REPEATS)]
    return {variant: float(np.mean([draw[variant] for draw in draws])) for variant in draws[0]}


def _draw(net: Any, norms: list[Any], seen: list[Any], generator: Any) -> dict[Variant, float]:
    import torch

    from nas_core.proxies._layers import gaussian

    gaussian(net, generator)
    x, e = (torch.randn(IMAGES, 3, 32, 32, generator=generator) for _ in range(2))
    seen.clear()
    here = _features(net, x)
    batch = torch.stack(seen).sqrt().log()
    there = _features(net, x + STEP * e)
    running = torch.stack([norm.running_var.mean() for norm in norms]).sqrt().log()
    out = {}
    for name, feature in itertools.product(VARIANCES, FEATURES):
        logs = batch if name == VARIANCES[0] else running
        logs = logs[:-1] if feature == FEATURES[1] else logs
        change = (here[feature] - there[feature]).abs().flatten(1).sum(1).mean().log()
        out[name, feature] = float(change + logs.sum())
    return out


def _features(net: Any, images: Any) -> dict[str, Any]:
    norm, relu, *rest = net.head
    body = net.body(images)
    pooled = last = relu(norm(body))
    for module in rest:
        last = module(last)
    return dict(zip(FEATURES, (pooled, body, last), strict=True))


if __name__ == "__main__":
    main()
