"""Searches compared at one moment, and how often and how early each gets among the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nas_core import race, stats
from nas_core.race import Signal, Trace
from nas_core.studies.compare.claims import Claims

Groups = Mapping[str, Sequence[Trace]]  # runs of each entrant, that differ in their seed


def claims(groups: Groups, signal: Signal, axis: str, moment: float) -> Claims:
    """What the incumbents show after so many trials or seconds (`axis`). ValueError if there is no entrant."""
    if not groups:
        raise ValueError("there is nothing to compare: no search has found anything yet")
    at = f"{moment:,.0f} {'trainings' if axis == 'trials' else 's'}"
    return Claims.of(values(groups, signal, axis, moment), signal.goal, signal.unit, at)


def values(groups: Groups, signal: Signal, axis: str, moment: float) -> dict[str, dict[int, float]]:
    """{entrant: {seed: what its run has found by then}}; nan where that is nothing or not known."""
    out = {}
    for label, traces in groups.items():
        ends = race.curves(traces, signal, axis, np.array([moment]))[:, 0].tolist()
        out[label] = dict(zip([trace.spec.seed for trace in traces], ends, strict=True))
    return out


def ends(groups: Groups, signal: Signal) -> dict[str, dict[int, float]]:
    """{entrant: {seed: what its run has found in the end}}; nan where that is nothing."""
    return {
        label: {t.spec.seed: float(signal.of(t)[-1]) if len(t) else np.nan for t in traces}
        for label, traces in groups.items()
    }


def times(groups: Groups, trials: float) -> dict[str, float]:
    """{entrant: mean seconds that its runs had taken after so many trials}, of entrants where that is known.

    A run that ended before counts with all it took. Entrants that train a supernet are left out: their seconds are
    real ones, and those of trainings from a table are not.
    """
    out = {}
    for label, traces in groups.items():
        ends = [
            stats.at_times(t.trials, t.end, np.array([trials]))[0] for t in traces if t.stop_reason or len(t) >= trials
        ]
        if not any(t.n_derived for t in traces) and not np.isnan(ends).all():
            out[label] = float(np.nanmean(ends))
    return out


def success_rates(groups: Groups, signal: Signal, axis: str, at: np.ndarray, percent: float) -> dict[str, np.ndarray]:
    """{entrant: float64[3, g]}: share of its runs whose incumbent is among the best `percent` of what the limits allow.

    With the ends of the 95 % interval, as `stats.share_at_least` gives them; 0 percent is the best one alone.
    """
    sign = 1 if signal.goal == "max" else -1
    threshold = stats.top_threshold(sign * signal.reachable, percent)
    return {
        label: stats.share_at_least(sign * race.curves(traces, signal, axis, at), threshold)
        for label, traces in groups.items()
    }


def regret_on_the_way(groups: Groups, signal: Signal, axis: str) -> dict[str, np.ndarray]:
    """{entrant: float64[runs]}: mean regret over the budget, the area under the anytime regret curve by its width.

    From the moment when every run has found something; nan for a run that never has, or is not finished.
    """
    traces = [trace for group in groups.values() for trace in group]
    at = race.grid(traces, axis)
    starts = [_first(trace, axis) for trace in traces]
    at = at[at >= max((s for s in starts if np.isfinite(s)), default=0.0)]
    return {
        label: stats.area_under(at, signal.regret(race.curves(group, signal, axis, at)))
        for label, group in groups.items()
    }


def _first(trace: Trace, axis: str) -> float:
    """When the run first found anything; inf if it never did."""
    places = np.flatnonzero(trace.incumbent >= 0)
    if not len(places):
        return np.inf
    return float((trace.trials if axis == "trials" else trace.end)[places[0]])
