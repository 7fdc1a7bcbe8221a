"""NATS-Bench's size space (Dong et al. 2021, arXiv:2009.00437)."""

from __future__ import annotations

from nas_core.benchmarks.tables.nats import NatsTable
from nas_core.spaces.size import Size


class NatsSize(NatsTable):
    """32,768 choices of five layer widths trained by NATS-Bench on three datasets; needs one download.

    The public files hold 90-epoch accuracies only, so a search needs a budget in trials; the official archives add
    the 1- and 12-epoch trainings and their times, and a search then sees 12 epochs, as in the paper.
    """

    label = "NATS-Bench size"
    space = Size()
    trainings = {
        1: "1 epoch: seed 777.",
        12: "12 epochs: a short training of its own, mean over seeds 777, 888 and 999.",
        90: "90 epochs: seed 777.",
    }
