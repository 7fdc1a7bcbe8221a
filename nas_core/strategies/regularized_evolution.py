"""Regularized (aging) evolution: Algorithm 1 of Real et al., AAAI 2019, arXiv:1802.01548."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._aging import Aging
from nas_core.types import Arch


class RegularizedEvolution(Aging):
    """Mutates the winner of a small tournament; the oldest member dies, however good it is.

    Population 10 and sample 3 are NATS-Bench's reference; the paper uses 100 and 25. The tournament draws with
    replacement, as the reference does. With parallel workers the parent is the best of those told so far.
    """

    aliases: ClassVar[tuple[str, ...]] = ("REA", "aging evolution")
    family = "evolution"
    paper = "Real et al. 2019, arXiv:1802.01548"

    mutation: str = param(
        "uniform edge",
        "which edge a mutation changes: any with equal chance, or a node first and then one of its "
        "inputs (NATS-Bench's reference; edges 1/3, 1/6, 1/6, 1/9, 1/9, 1/9)",
        options=("uniform edge", "node then edge"),
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.weights = node_then_edge(self.space.decisions) if self.mutation == "node then edge" else None

    def mutate(self, arch: Arch) -> Arch:
        return self.space.mutate(arch, self.rng, self.weights)


def node_then_edge(decisions: tuple[str, ...]) -> list[float]:
    """Probability of each edge if a node is drawn first, then one of its inputs; uniform where there are no edges."""
    nodes = [d.partition("←")[0] for d in decisions]
    return [1 / len(set(nodes)) / nodes.count(node) for node in nodes]
