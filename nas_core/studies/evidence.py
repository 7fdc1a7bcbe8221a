"""What searches show when they are compared seed by seed at one moment: who is ahead of whom, how surely, and how
often and how early each gets among the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas_core import race, stats
from nas_core.race import Signal, Trace
from nas_core.studies import comparison
from nas_core.studies.comparison import Paired, Ranking
from nas_core.studies.verdict import listed, upper

Groups = Mapping[str, Sequence[Trace]]  # runs of each entrant, that differ in their seed
LISTED = 3  # names that a headline holds


@dataclass(frozen=True, eq=False)
class Evidence:
    """All entrants of a race, compared."""

    pairs: list[Paired]  # every two, p after Holm's correction
    ranking: Ranking
    unit: str  # of differences
    at: str  # where they were compared, in words

    def headline(self) -> str:
        """Whom the entrant with the best average rank is shown to beat, and whom not, without numbers."""
        leader, *others = self.ranking.names
        if not others:
            return f"{upper(leader)} ran alone."
        beaten = [pair.second for pair in self._of_leader() if pair.shown and pair.difference > 0]
        if not beaten:
            return f"{upper(leader)} is not shown to beat any other at {self.at}."
        said = f"{upper(leader)} beats {_listed(beaten, 'and')} at {self.at}"
        rest = [name for name in others if name not in beaten]
        return f"{said}; it is not shown to beat {_listed(rest, 'or')}." if rest else f"{said}."

    def sentences(self) -> list[str]:
        """The entrant with the best average rank against each other one, the next best first."""
        if len(self.ranking.names) < 2:
            return ["Add a strategy to compare it with."]
        return [upper(comparison.verdict(pair, self.unit, self.at)) for pair in self._of_leader()]

    def _of_leader(self) -> list[Paired]:
        leader, *others = self.ranking.names
        pairs = {(p.first, p.second): p for pair in self.pairs for p in (pair, pair.turned())}
        return [pairs[leader, name] for name in others]


def _listed(names: Sequence[str], word: str) -> str:
    """ "a, b and c"; of more than LISTED names their number."""
    if len(names) > LISTED:
        return f"{len(names)} of the others" if word == "and" else f"the {len(names)} others"
    return listed(names, word)


def evidence(groups: Groups, signal: Signal, axis: str, moment: float) -> Evidence:
    """Compare the incumbents after so many trials or seconds (`axis`); seeds that one lacks are left out of its pairs.

    ValueError if there is no entrant.
    """
    if not groups:
        raise ValueError("there is nothing to compare: no search has found anything yet")
    values = by_seed(groups, signal, axis, moment)
    unit = "points" if signal.unit == "%" else signal.unit
    at = f"{moment:,.0f} {'trainings' if axis == 'trials' else 's'}"
    return Evidence(
        comparison.all_pairs(values, signal.goal), comparison.ranking(values, signal.goal), unit, at
    )  # fmt: skip


def by_seed(groups: Groups, signal: Signal, axis: str, moment: float) -> dict[str, np.ndarray]:
    """{entrant: float64[seeds]}, the same seeds in the same order for all; nan where nothing is known."""
    seeds = sorted({trace.spec.seed for traces in groups.values() for trace in traces})
    out = {}
    for label, traces in groups.items():
        out[label] = np.full(len(seeds), np.nan)
        places = [seeds.index(trace.spec.seed) for trace in traces]
        out[label][places] = race.curves(traces, signal, axis, np.array([moment]))[:, 0]
    return out


def reached(groups: Groups, signal: Signal, axis: str, at: np.ndarray, percent: float) -> dict[str, np.ndarray]:
    """{entrant: float64[3, g]}: share of its runs whose incumbent is among the best `percent` of all architectures.

    With the ends of the 95 % interval, as `stats.reached` gives them; 0 percent is the best one alone.
    """
    sign = 1 if signal.goal == "max" else -1
    threshold = stats.top_threshold(sign * signal.column, percent)
    return {
        label: stats.reached(sign * race.curves(traces, signal, axis, at), threshold)
        for label, traces in groups.items()
    }  # fmt: skip


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
    }  # fmt: skip


def _first(trace: Trace, axis: str) -> float:
    """When the run first found anything; inf if it never did."""
    found = np.flatnonzero(trace.incumbent >= 0)
    if not len(found):
        return np.inf
    return float((trace.trials if axis == "trials" else trace.end)[found[0]])
