"""What searches show when they are compared seed by seed at one moment: who is ahead of whom, how surely, and how
often and how early each gets among the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np

from nas_core import race, stats
from nas_core.race import Signal, Trace
from nas_core.studies import comparison
from nas_core.studies.comparison import Paired, Ranking
from nas_core.studies.verdict import listed, upper

Groups = Mapping[str, Sequence[Trace]]  # runs of each entrant, that differ in their seed
LISTED = 3  # names that a headline holds
MUCH = 1.25  # times: entrants whose mean times differ by more have not been compared at like cost


@dataclass(frozen=True, eq=False)
class Evidence:
    """All entrants of a race, compared.

    A difference is claimed where its pair shows it (`Paired.shown`, p after Holm's correction over all pairs), whatever
    the ranks say: the correction alone keeps the chance that any claim is false below LEVEL, so it needs no leave from
    Friedman's test, which Demšar (JMLR 2006) puts before tests of average ranks. Those forget by how much one is ahead,
    and their outcome for two entrants depends on the others; Benavoli et al. (JMLR 2016, arXiv:1505.02288) advise
    pairs for that reason. Where the two disagree, `disagreement` says so.
    """

    pairs: list[Paired]  # every two, p after Holm's correction
    ranking: Ranking
    unit: str  # of differences
    at: str  # where they were compared, in words
    seconds: Mapping[str, float] = field(default_factory=dict)  # mean time taken by then; none where it is equal

    @cached_property
    def names(self) -> list[str]:
        """All entrants, the one that is best on average first."""
        lead = dict.fromkeys(self.ranking.names, 0.0)
        for pair in self.pairs:
            if pair.pairs:
                lead[pair.first] += pair.difference
                lead[pair.second] -= pair.difference
        return sorted(lead, key=lambda name: -lead[name])

    @cached_property
    def leaders(self) -> list[str]:
        """Those that are shown to beat another and whom nobody is shown to beat."""
        losers = {b for _, b in self._wins}
        return [a for a in self.names if a not in losers and any(a == winner for winner, _ in self._wins)]

    @cached_property
    def _wins(self) -> set[tuple[str, str]]:
        """(winner, loser) of every difference that is shown."""
        return {
            (pair.first, pair.second) if pair.difference > 0 else (pair.second, pair.first)
            for pair in self.pairs
            if pair.shown
        }

    def headline(self) -> str:
        """Who leads, whom all leaders are shown to beat, and what is not shown about them; without numbers."""
        if len(self.names) == 1:
            return f"{upper(self.names[0])} ran alone."
        if not self.leaders:
            return f"No strategy is shown to be ahead at {self.at}."
        at, leaders = self.at, self.leaders
        beaten = [b for b in self.names if all((a, b) in self._wins for a in leaders)]
        rest = [name for name in self.names if name not in (*leaders, *beaten)]
        who = upper(_listed(leaders, "and", f"{len(leaders)} of {len(self.names)} strategies"))
        both = "both" if len(leaders) == 2 else "all"
        none = "neither is shown to beat the other" if len(leaders) == 2 else "none of these is shown to beat another"
        if not beaten:
            return f"{who} each beat another at {at}, though not {both} the same one; {none}."
        whom = _listed(beaten, "and", f"{len(beaten)} of the others" if rest else f"the {len(beaten)} others")
        others = _listed(rest, "or", f"the {len(rest)} others") if rest else ""
        if len(leaders) == 1:
            return f"{who} beats {whom} at {at}" + (f"; it is not shown to beat {others}." if rest else ".")
        said = f"{who} beat {whom} at {at}; {none}"
        return said + (f", nor are {both} shown to beat {others}." if rest else ".")

    def sentences(self) -> list[str]:
        """Every pair with a leader in it, or else with the best on average: first what is shown, then what is not."""
        if len(self.names) < 2:
            return ["Add a strategy to compare it with."]
        said = sorted(self._told(), key=lambda pair: not pair.shown)
        return [upper(comparison.verdict(pair, self.unit, self.at)) for pair in said]

    def _told(self) -> list[Paired]:
        """The pairs behind the headline, those of the best first."""
        pairs = {(p.first, p.second): p for pair in self.pairs for p in (pair, pair.turned())}
        leaders = self.leaders or self.names[:1]
        return [pairs[a, b] for a, b in combinations(self.names, 2) if a in leaders or b in leaders]

    def cost(self) -> str:
        """One sentence if the entrants took times by then of which one is over MUCH times another; else ""."""
        names = sorted(self.seconds, key=lambda name: self.seconds[name])
        times = np.array([self.seconds[name] for name in names])
        if len(names) < 2 or times[-1] <= MUCH * times[0]:
            return ""
        cut = int(np.argmax(np.diff(times))) + 1
        few, rest = sorted((names[:cut], names[cut:]), key=len)
        everyone = len(names) == len(self.names)
        others = "the others" if everyone and len(rest) > 1 else _listed(rest, "and", f"{len(rest)} others")
        return (
            f"By then {_listed(few, 'and', f'{len(few)} strategies')} had taken {self._span(few)} s and {others} "
            f"{self._span(rest)} s: choose “time” for “Left to right” to compare at equal time."
        )

    def _span(self, names: Sequence[str]) -> str:
        ends = [end(self.seconds[name] for name in names) for end in (min, max)]
        low, high = (f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.2g}" for seconds in ends)
        return low if low == high else f"{low} to {high}"

    def disagreement(self) -> str:
        """What average ranks would say otherwise of the pairs behind the headline; "" where they agree."""
        if np.isnan(self.ranking.p):
            return ""
        place = self.ranking.names.index
        told = [sorted((pair.first, pair.second), key=place) for pair in self._told() if not pair.shown]
        more = [(a, b) for a, b in told if self.ranking.apart(a, b)]
        wins = [(a, b) for a in self.leaders for b in self.names if (a, b) in self._wins]
        fewer = [(a, b) for a, b in wins if not self.ranking.apart(a, b)]
        said = []
        if fewer:
            what = f"that {fewer[0][0]} beats {fewer[0][1]}" if len(fewer) == 1 else f"{len(fewer)} of the claimed wins"
            said.append(
                f"Ranks alone do not show {what}: they forget by how much one is ahead. The paired test, which weighs "
                "differences by their size, is the more sensitive here."
            )
        if more:
            what = f"{more[0][0]} ahead of {more[0][1]}" if len(more) == 1 else f"{len(more)} more pairs apart"
            said.append(
                f"Ranks alone would put {what}: they count how often one is ahead and forget by how much. The paired "
                "test, which weighs differences by their size, does not show that."
            )
        return " ".join(said)


def _listed(names: Sequence[str], word: str, many: str) -> str:
    """ "a, b and c"; `many` for more than LISTED names."""
    return many if len(names) > LISTED else listed(names, word)


def evidence(groups: Groups, signal: Signal, axis: str, moment: float) -> Evidence:
    """Compare the incumbents after so many trials or seconds (`axis`); seeds that one lacks are left out of its pairs.

    ValueError if there is no entrant.
    """
    if not groups:
        raise ValueError("there is nothing to compare: no search has found anything yet")
    values = by_seed(groups, signal, axis, moment)
    unit = "points" if signal.unit == "%" else signal.unit
    at = f"{moment:,.0f} {'trainings' if axis == 'trials' else 's'}"
    taken = times(groups, moment) if axis == "trials" else {}
    return Evidence(comparison.all_pairs(values, signal.goal), comparison.ranking(values, signal.goal), unit, at, taken)


def by_seed(groups: Groups, signal: Signal, axis: str, moment: float) -> dict[str, np.ndarray]:
    """{entrant: float64[seeds]}, the same seeds in the same order for all; nan where nothing is known."""
    seeds = sorted({trace.spec.seed for traces in groups.values() for trace in traces})
    out = {}
    for label, traces in groups.items():
        out[label] = np.full(len(seeds), np.nan)
        places = [seeds.index(trace.spec.seed) for trace in traces]
        out[label][places] = race.curves(traces, signal, axis, np.array([moment]))[:, 0]
    return out


def times(groups: Groups, trials: float) -> dict[str, float]:
    """{entrant: mean seconds that its runs had taken after so many trials}, of those of which that is known.

    A run that ended before counts with all it took. Entrants that train a supernet are left out: their seconds are
    real ones, and those of trainings from a table are not.
    """
    out = {}
    for label, traces in groups.items():
        ends = [stats.at_times(t.trials, t.end, np.array([trials]))[0] for t in traces if t.stopped or len(t) >= trials]
        if not any(t.named for t in traces) and not np.isnan(ends).all():
            out[label] = float(np.nanmean(ends))
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
    found = np.flatnonzero(trace.incumbent >= 0)
    if not len(found):
        return np.inf
    return float((trace.trials if axis == "trials" else trace.end)[found[0]])
