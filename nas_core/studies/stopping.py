"""When a search by gradient should have stopped: the rule of Zela et al. (2020, arXiv:1909.09656), "DARTS-ES".

It watches the largest eigenvalue of the validation loss's second derivatives by the architecture weights, averaged over
five epochs. Where it grows fast the mixture is in ever sharper valleys, and discretising it loses much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW = 5  # epochs an average is taken over: the one in the middle and two on either side
LOOK_BACK = 5  # epochs between the two averages that are compared
GROWN = 0.75  # it stops where the earlier average is less than this part of the later one
FIRST = 10  # the earliest epoch whose architecture it returns; not in the paper, but in the authors' code


@dataclass(frozen=True)
class Stop:
    """The rule's answer for one run; epochs are counted from 1."""

    epoch: int  # the epoch after which the growth shows: the last one of the later average
    choice: int  # the epoch whose architecture it returns: the middle one of the earlier average


def smoothed(eigenvalue: np.ndarray) -> np.ndarray:
    """float64[n]: means over WINDOW epochs, at the middle one; nan where one of them is missing.

    eigenvalue float64[n], after each epoch.
    """
    out = np.full(len(eigenvalue), np.nan)
    if len(eigenvalue) >= WINDOW:
        half = WINDOW // 2
        out[half:-half] = np.convolve(eigenvalue, np.full(WINDOW, 1 / WINDOW), mode="valid")
    return out


def stop(eigenvalue: np.ndarray) -> Stop | None:
    """Where the rule stops a run with these eigenvalues, float64[n]; None where it does not stop it."""
    means = smoothed(eigenvalue)
    for choice in range(FIRST, len(means) - LOOK_BACK - WINDOW // 2 + 1):
        now = choice + LOOK_BACK
        if means[choice - 1] < GROWN * means[now - 1]:
            return Stop(epoch=now + WINDOW // 2, choice=choice)
    return None
