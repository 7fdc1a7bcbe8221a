"""A run told training by training: where each architecture came from, what it was worth, and whether it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nas_core.history import History
from nas_core.spaces import SearchSpace
from nas_core.types import Arch

MOST_CHANGES = 3  # that are named
ORIGINS = {  # what a strategy calls its step, in words
    "initial": "drawn at random to begin with",
    "random": "drawn at random",
    "sample": "drawn at random",
    "start": "a new start",
    "policy": "drawn from the policy",
    "model": "chosen by the model",
    "predicted": "predicted to be good",
}


def sentences(history: History, space: SearchSpace, unit: str = "") -> list[str]:
    """One for each training: "Training 14: 3←1 skip → conv 3×3. 71.20 %, 1.20 points better than its parent."

    unit: of the first objective.
    """
    values, best = history.values(), history.incumbent()
    where = {number: i for i, number in enumerate(history.numbers.tolist())}
    out = []
    for i, info in enumerate(history.infos):
        parents = [where[n] for n in info.get("parents", ()) if n in where]
        origin = _origin(history.archs[i], [history.archs[p] for p in parents], space, info)
        if parents:
            numbers = " and ".join(str(history.numbers[p] + 1) for p in parents)
            origin = f"{origin}, from training {numbers}" if len(parents) == 1 else f"{origin} of trainings {numbers}"
        out.append(
            f"Training {history.numbers[i] + 1}: {origin}. {_worth(history, values, i, parents, unit)}"
            + (" New incumbent." if best[i] == i else "")
        )
    return out


def _origin(arch: Arch, parents: Sequence[Arch], space: SearchSpace, info: Mapping[str, object]) -> str:
    if len(parents) > 1:
        return "a mix"
    if not parents:
        phase = str(info.get("phase", "")) or "drawn"
        return ORIGINS.get(phase, phase)
    changes = [
        f"{space.decisions[k]} {space.short(options[old])} → {space.short(options[new])}"
        for k, (old, new) in enumerate(zip(parents[0], arch, strict=True))
        if old != new
        for options in [space.options[k]]
    ]
    more = len(changes) - MOST_CHANGES
    text = ", ".join(changes[:MOST_CHANGES]) + (f" and {more} more" if more > 0 else "")
    return text or "unchanged"


def _worth(history: History, values: np.ndarray, position: int, parents: Sequence[int], unit: str) -> str:
    value = values[position]
    if not np.isfinite(value):
        return "It failed."
    text = f"{value:.4g}" if abs(value) < 1 else f"{value:.2f}"
    text += f" {unit}" if unit else ""
    if len(parents) != 1 or not np.isfinite(values[parents[0]]):
        return f"{text}."
    gain = value - values[parents[0]] if history.spec.objectives[0].goal == "max" else values[parents[0]] - value
    if not gain:
        return f"{text}, as its parent."
    size = f"{abs(gain):.2g}" if abs(gain) < 1 else f"{abs(gain):.2f}"
    size += " points" if unit == "%" else ""
    return f"{text}, {size} {'better' if gain > 0 else 'worse'} than its parent."
