"""What a benchmark says of each of its metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """What a metric's name stands for; shown on axes, in tables and in tooltips."""

    unit: str
    goal: str  # "max" or "min"
    help: str
    source: str  # "measured here …", "tabulated: …" or "modelled: …"
    title: str = ""  # as people read it, e.g. "validation accuracy"
    curve: bool = False  # True if it has a value per epoch
    shared: bool = False  # True if isomorphic architectures have the same, but for chance: accuracies, never costs
    local: bool = False  # True for a score made on this machine, which is not part of the table
    whole_training: bool = False  # True if it has no curve and is of one training, as long as that is: its seconds
