"""What landscape measures say, one sentence each."""

from __future__ import annotations

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.studies.effects import Variance
from nas_core.studies.optima import Optima
from nas_core.studies.transfer import agreement
from nas_core.types import counted
from nas_core.values import capitalised

EASY = 0.15  # of the fitness-distance correlation: Jones & Forrest call less than that difficult


def basins(optima: Optima, noun: str) -> str:
    """How many optima there are, and how likely a climb ends at the best."""
    share, best = float(optima.basin[optima.best].sum()), int(optima.best.sum())
    known, whole = int(np.sum(optima.end >= 0)), len(optima.end)
    which, a_random = f"all {noun}s", f"a random {noun}"
    if known < whole:
        which, a_random = f"the {known:,} {noun}s that have a value", "a random one of them"
    if len(optima) == 1:
        return f"One local optimum: a climb from any {noun}{' that has a value' * (known < whole)} ends at the best."
    whose = "the best one's basin holds" if best == 1 else f"the basins of the {best} best, which are equal, hold"
    return (
        f"{len(optima):,} local optima; {whose} {percent(share)} of {which}: a climb from {a_random} ends "
        f"there {_often(share)}."
    )


def escapes(optima: Optima) -> str:
    """From how many optima one edit and a climb lead to a better one."""
    others, out = int(np.sum(~optima.best)), int(optima.left_upwards.sum())
    if not others:
        return "No local optimum is worse than another, so there is nothing to escape from."
    if others == 1:
        return f"The other one {'can' if out else 'cannot'} be left by one edit and a climb to a better one."
    whence = "all" if out == others else "none" if not out else f"{out:,}"
    return f"From {whence} of the {others:,} others one edit, and a climb after it, can lead to a better optimum."


def climb(row: int, steps: int, optima: Optima, noun: str) -> str:
    """Where the climb from architecture `row` ends, after so many steps."""
    end = int(optima.end[row])
    if end < 0:
        return f"This {noun} has no value, so no climb begins here."
    if steps:
        many = "1 step" if steps == 1 else f"{steps} steps"
        return (
            f"A climb from here ends after {many} at {noun} {optima.rows[end]}, optimum {end + 1:,} of {len(optima):,}."
        )
    top = "and nothing in the table is better" if optima.best[end] else "but not the best"
    return f"A local optimum, {top}: {percent(float(optima.basin[end]))} of all climbs end here."


def walk(correlations: np.ndarray, space: SearchSpace, complete: bool) -> str:
    """How far a value can be guessed from a neighbour's, against the best case of a complete table of the space.

    correlations: float64[lags], of values one edit apart, two, and so on.
    """
    first = float(correlations[0])
    if np.isnan(first):
        return "All values are equal, so there is nothing to correlate."
    most = 1 - min(space.radix) / (sum(space.radix) - len(space.radix))  # where one decision alone matters
    limits = f"; a random table would have 0, and no table of this space more than {most:.2f}" if complete else ""
    text = f"The values of neighbours correlate at {first:.2f}{limits}."
    return f"{text} The correlation falls to 1/e within {-1 / np.log(first):.1f} edits." if 0 < first < 1 else text


def way(correlation: float, noun: str) -> str:
    """Whether the distance to the best can be guessed from the value."""
    if np.isnan(correlation):
        return "All values are equal, so all are best."
    about = f"Value and distance to the best {noun} correlate at {correlation:.2f}"
    if correlation <= -EASY:
        return f"{about}: {noun}s tend to be better the nearer they are to it."
    return f"{about}: {'the value misleads' if correlation >= EASY else 'the value hardly says where it is'}."


def strongest_effect(effects: np.ndarray, space: SearchSpace, unit: str) -> str:
    """The options that raise and lower the mean most. effects: float64[decisions, options], of `main_effects`."""
    if np.isnan(effects).all() or not np.nanmax(np.abs(effects)) > 0:
        return "No option makes a difference on average."
    extremes = []
    for flat in (np.nanargmax(effects), np.nanargmin(effects)):
        decision, option = np.unravel_index(int(flat), effects.shape)
        name = f"{space.short(space.options[decision][option])} {space.option_unit}".strip()
        extremes.append(f"{name} at {space.decisions[decision]} {_amount(effects[decision, option], unit)}")
    return f"On average the most is gained by {extremes[0]} and lost by {extremes[1]}."


def interactions(variance: Variance, space: SearchSpace) -> str:
    """How much single decisions explain, pairs, and what is left; and the strongest pair."""
    if np.isnan(variance.alone).any():
        return "All values are equal, so there is no variance to explain."
    text = f"Single decisions explain {percent(float(variance.alone.sum()))} of the variance, pairs another "
    text += f"{percent(variance.together)}, and three or more together {percent(variance.more)}"
    if not variance.together > 0.005:
        return f"{text}."
    i, j = np.unravel_index(int(variance.pairs.argmax()), variance.pairs.shape)
    a, b = space.decisions[min(i, j)], space.decisions[max(i, j)]
    return f"{text}; the strongest pair is {a} and {b} ({percent(float(variance.pairs[i, j]))})."


def percent(share: float) -> str:
    """A share from 0 to 1 as people write it: 38 %, 0.5 %."""
    return f"{100 * share:z.0f} %" if not 0 < share < 0.095 else f"{100 * share:.1f} %"  # z: never -0


def shorter(title: str, epochs: tuple[int, int], early: np.ndarray, late: np.ndarray) -> str:
    """How far values after fewer epochs rank as those after more do; float64[n] each, better is more. "" if unknown."""
    known = ~(np.isnan(early) | np.isnan(late))
    over_all, at_top = agreement(late[known], early[known]) if known.any() else (np.nan, np.nan)
    if np.isnan([over_all, at_top]).any():
        return ""
    return (
        f"{capitalised(title)} after {counted(epochs[0], 'epoch')} and after {epochs[1]}: the rankings "
        f"correlate at {over_all:.2f}, among the best tenth, where a search has to choose, at {at_top:.2f}."
    )


def _often(share: float) -> str:
    for whole in (10, 100, 1000):
        if whole * share >= 0.95:
            times = round(whole * share)
            return "nearly always" if times == whole else f"{counted(times, 'time')} in {whole:,}"
    return "hardly ever"


def _amount(value: float, unit: str) -> str:
    return f"({value:+.2f}{' points' if unit == '%' else f' {unit}' if unit else ''})"
