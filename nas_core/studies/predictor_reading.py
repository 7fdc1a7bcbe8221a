"""What the learning curves of predictors show, in sentences that follow from their numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from nas_core.studies.compare.sentences import name_list
from nas_core.studies.predictor_study import BASELINE, Score, title

BAR = 100  # trained networks from which on a predictor should beat BASELINE


def answer(scores: Sequence[Score], names: Sequence[str], ceiling: float) -> list[str]:
    """Who ranks unseen networks best after the most trained ones, and how far that is from `ceiling`, Kendall's tau of
    the signal itself; nothing before there is a score of any of `names`. One that told no networks apart on some split
    is not the best."""
    size, tau = _final(scores, names)
    order = list(tau)
    if not order:
        return []
    first, others = order[0], order[1:]
    level = [n for n in others if any(tau[n][k] >= tau[first][k] for k in tau[n].keys() & tau[first].keys())]
    sentences = [
        f"After {size} trained networks, {title(first)} ranks the others best on average.",
        f"Its Kendall’s tau is {_mean(tau[first]):.2f}; training every network instead of predicting it would give "
        f"{ceiling:.2f}.",
    ]
    if level:
        sentences.append(f"On some splits {name_list([title(n) for n in level])} did as well.")
    return sentences


def best(scores: Sequence[Score], names: Sequence[str]) -> str:
    """The one that `answer` names; "" where it names none."""
    return next(iter(_final(scores, names)[1]), "")


def _final(scores: Sequence[Score], names: Sequence[str]) -> tuple[int, dict[str, dict[int, float]]]:
    """(the most trained networks, {name: Kendall's tau after them by split}, the best first)."""
    size = max((s.size for s in scores if s.name in names), default=0)
    tau = {name: {s.split: s.kendall for s in scores if (s.name, s.size) == (name, size)} for name in names}
    order = sorted((n for n in names if tau[n] and not math.isnan(_mean(tau[n]))), key=lambda n: -_mean(tau[n]))
    return size, {name: tau[name] for name in order}


def _mean(by_split: Mapping[int, float]) -> float:
    return float(np.mean(list(by_split.values())))


def against_baseline(scores: Sequence[Score], names: Sequence[str]) -> dict[str, str]:
    """{predictor: does it beat the plain forest on every split from BAR trained networks on, in words}."""
    tau = {(s.name, s.size, s.split): s.kendall for s in scores}
    return {name: _clears(tau, name) for name in names}


def _clears(tau: Mapping[tuple[str, int, int], float], name: str) -> str:
    gaps: dict[int, list[float]] = {}
    for (other, size, number), value in tau.items():
        if other == name and size >= BAR:
            gaps.setdefault(size, []).append(value - tau[BASELINE, size, number])
    above = [size for size in sorted(gaps) if np.min(gaps[size]) > 0]  # not of nan
    if not gaps:
        return f"is not judged: that takes {BAR} trained networks or more"
    if len(above) == len(gaps):
        return f"beats the {BASELINE} on every split with {BAR} trained networks or more"
    if not above:
        return f"is not reliably better than the {BASELINE} with {BAR} trained networks or more"
    return f"beats the {BASELINE} on every split only with {name_list(list(map(str, above)))} trained networks"
