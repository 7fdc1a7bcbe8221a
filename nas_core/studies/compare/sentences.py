"""Comparisons in plain sentences: a headline and a caveat, that claim no more than `Claims` does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from nas_core import strategies
from nas_core.benchmarks import Table
from nas_core.race import WINDOW, Signal, Trace
from nas_core.spaces import SearchSpace
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.pairs import LEVEL, Pair, least
from nas_core.types import RunSpec
from nas_core.values import capitalised

LISTED = 3  # names that a headline holds
TOP = 0.01  # share of all architectures that count as the best ones
MUCH = 1.25  # times: entrants whose mean times differ by more have not been compared at like cost


def headline(claims: Claims) -> str:
    """Which strategies lead, which all leaders are shown to beat, and what is not shown; of two, with the numbers."""
    names, leaders = claims.names, claims.leaders
    if len(names) == 1:
        return f"{capitalised(names[0])} ran alone."
    if len(names) == 2:
        return capitalised(sentence(claims.pairs[0], claims.unit, claims.at))
    at = f" at {claims.at}" if claims.at else ""
    if not leaders:
        return f"No strategy is shown to be ahead{at}."
    losers = [b for b in names if all((a, b) in claims.wins for a in leaders)]
    rest = [name for name in names if name not in (*leaders, *losers)]
    who = capitalised(_few(leaders, "and", f"{len(leaders)} of {len(names)} strategies"))
    both = "both" if len(leaders) == 2 else "all"
    none = "neither is shown to beat the other" if len(leaders) == 2 else "none of these is shown to beat another"
    if not losers:
        return f"{who} each beat another{at}, though not {both} the same one; {none}."
    whom = _few(losers, "and", f"{len(losers)} of the others" if rest else f"the {len(losers)} others")
    others = _few(rest, "or", f"the {len(rest)} others") if rest else ""
    if len(leaders) == 1:
        return f"{who} beats {whom}{at}" + (f"; it is not shown to beat {others}." if rest else ".")
    return f"{who} beat {whom}{at}; {none}" + (f", nor are {both} shown to beat {others}." if rest else ".")


def caveat(claims: Claims) -> str:
    """How sure the headline is, in one sentence; of one that has found nothing there is nothing to be sure of."""
    if len(claims.names) < 2:
        return "Add a strategy to compare it with."
    pairs = [pair for pair in claims.pairs if pair.size]
    sizes = {pair.size for pair in pairs if pair.by_seed}
    if not pairs or any(math.isnan(pair.low) for pair in pairs):
        number = f"{len(claims.names)} strategies" if len(claims.names) > 2 else "two strategies"
        return f"Among {number}, a difference can be shown from {least(len(claims.pairs))} seeds of each on."
    how = "Compared as separate samples, because they share too few seeds"
    if all(pair.by_seed for pair in pairs):
        how = f"Paired at {min(sizes)} seeds" if len(sizes) == 1 else "Paired by seed"
    elif sizes:
        how = "Paired where they share seeds, and otherwise compared as separate samples"
    many = f"with all {len(claims.pairs)} comparisons counted" if len(claims.pairs) > 1 else "in this one comparison"
    if claims.wins:
        return f"{how}; {many}, the chance of any false claim is at most {100 * LEVEL:.0f} %."
    most = max(max(abs(pair.low), abs(pair.high)) for pair in pairs)
    return f"{how}; {many}, a true difference of up to {_amount(most, claims.unit)} is possible."


def sentence(pair: Pair, unit: str = "points", at: str = "") -> str:
    """One sentence that claims no more than the pair shows, e.g. "A beats B at 20,000 s on 93 of 100 seeds,
    difference 0.40 points, 95 % interval 0.30 to 0.50." `at` is where they were compared, such as "20,000 s"."""
    when = f" at {at}" if at else ""
    if not pair.size:
        return f"{pair.first} and {pair.second} cannot be compared{when}: one of them has found nothing."
    if pair.winner == pair.second:
        return sentence(pair.swap(), unit, at)
    of = f"of {pair.size:,} {'seeds' if pair.by_seed else 'pairings of their runs'}"
    if not pair.winner:
        return (
            f"No difference is shown between {pair.first} and {pair.second}{when}: {pair.first} is ahead on "
            f"{pair.ahead:,} and {pair.second} on {pair.behind:,} {of}, {_gap(pair, unit)}."
        )
    ties = pair.size - pair.ahead - pair.behind
    equal = f" ({ties:,} are equal)" if ties else ""
    return f"{pair.first} beats {pair.second}{when} on {pair.ahead:,} {of}{equal}, {_gap(pair, unit)}."


def _gap(pair: Pair, unit: str) -> str:
    """Two decimals, or as many as the difference needs, at most four; none from a hundred on."""
    gap = pair.difference
    digits = min(4, max(2, -math.floor(math.log10(abs(gap))))) if gap else 2
    digits = digits if abs(gap) < 100 else 0
    shown, low, high = (f"{round(x, digits) + 0.0:.{digits}f}" for x in (gap, pair.low, pair.high))  # no -0
    interval = "too few for an interval" if math.isnan(pair.low) else f"95 % interval {low} to {high}"
    return f"difference {f'{shown} {unit}'.strip()}, {interval}"


def _amount(size: float, unit: str) -> str:
    return (f"{size:.2f} {unit}" if unit == "points" else f"{size:.3g} {unit}").strip()


def cost(seconds: Mapping[str, float], entrants: int) -> str:
    """One sentence if the entrants took mean times of which one is over MUCH times another; else "".

    seconds: where known (`races.times`); entrants: how many are compared.
    """
    names = sorted(seconds, key=lambda name: seconds[name])
    times = np.array([seconds[name] for name in names])
    if len(names) < 2 or times[-1] <= MUCH * times[0]:
        return ""
    cut = int(np.argmax(np.diff(times))) + 1
    few, rest = sorted((names[:cut], names[cut:]), key=len)
    everyone = len(names) == entrants and len(rest) > 1
    others = "the others" if everyone else _few(rest, "and", f"{len(rest)} others")
    spans = [_span([seconds[name] for name in group]) for group in (few, rest)]
    return (
        f"By then {_few(few, 'and', f'{len(few)} strategies')} had taken {spans[0]} s and {others} {spans[1]} s: "
        "choose “time” for “X axis” to compare at equal time."
    )


def _span(times: Sequence[float]) -> str:
    low, high = (f"{end:,.0f}" if end >= 10 else f"{end:.2g}" for end in (min(times), max(times)))
    return low if low == high else f"{low} to {high}"


def _few(names: Sequence[str], word: str, many: str) -> str:
    """ "a, b and c"; `many` for more than LISTED names."""
    return many if len(names) > LISTED else name_list(names, word)


def unsuccessful(empty: int, searches: int) -> list[str]:
    """One sentence on the `empty` of so many searches that found nothing; none if there are none."""
    return [f"{empty:,} of {searches:,} searches found nothing; the numbers are of the others."] if empty else []


def failure(traces: Sequence[Trace]) -> str:
    """ "3 of 400 trainings failed: …" with the first reason; "" if none failed."""
    count = sum(t.n_failures for t in traces)
    if not count:
        return ""
    return f"{count:,} of {_trials(traces):,} trainings failed: {next(t.first_error for t in traces if t.n_failures)}"


def fruitless(traces: Sequence[Trace]) -> bool:
    """True if they have trained and found nothing, and if limits are not the reason."""
    if not (trials := _trials(traces)) or any(t.has_incumbent for t in traces):
        return False
    return not any(t.spec.constraints for t in traces) or sum(t.n_failures for t in traces) == trials


def _trials(traces: Sequence[Trace]) -> int:
    return sum(int(t.trials[-1]) for t in traces if len(t))


def nothing(traces: Sequence[Trace], signal: Signal, table: Table) -> str:
    """Why none of these runs on `table` has a value of `signal`."""
    if not (trials := _trials(traces)):
        return "No search has found anything yet."
    if any(t.has_incumbent for t in traces):
        return f"What these searches found has no {signal.title} in this table; choose something else to be shown."
    coverage = f" This table knows {table.coverage()}." if table.n_architectures < len(table.space) else ""
    why = failure(traces) or "what they searched for has no value at any network they tried"
    return f"These searches found nothing in {trials:,} trainings: {why}.{coverage}"


def idle(specs: Sequence[RunSpec], traces: Sequence[Trace]) -> str:
    """A sentence on the strategies asked for that have not run at all, if others have; else ""."""
    ran = {t.spec.strategy for t in traces if len(t)}
    names = [strategies.title(name) for name in dict.fromkeys(s.strategy for s in specs) if name not in ran]
    if not names or not ran:
        return ""
    return f"{capitalised(name_list(names))} {'has' if len(names) == 1 else 'have'} not run yet; press Continue."


def name_list(names: Sequence[str], word: str = "and") -> str:
    """ "a, b and c"; "a" alone; with semicolons where a name has commas."""
    comma, last = ("; ", ";") if any(", " in name for name in names) else (", ", "")
    return names[0] if len(names) == 1 else f"{comma.join(names[:-1])}{last} {word} {names[-1]}"


def focus(traces: Sequence[Trace], signal: Signal, space: SearchSpace) -> str:
    """One or two sentences: the choice these runs learned that most of the best architectures share.

    Learned means shares among the last trials, in the mean over the runs, above chance; the best are the TOP share of
    `signal.column`.
    """
    shares = np.mean([t.shares for t in traces], axis=0)
    chance = np.array([[1 / len(options)] for options in space.options])
    common = _shares_of_best(signal, space)
    score = np.clip(shares - chance, 0, None) * np.clip(common - chance, 0, None)
    decision, option = np.unravel_index(int(score.argmax()), shares.shape)
    name = space.options[decision][option]
    name = f"{space.short(name)} at {space.decisions[decision]}"
    now, luck, best = (
        100 * float(x) for x in (shares[decision, option], chance[decision, 0], common[decision, option])
    )
    if now < 2 * luck:
        return (
            f"Its last {WINDOW} trainings show no clear preference: {name} is in {now:.0f} %, by chance in "
            f"{luck:.0f} %."
        )
    return (
        f"It learned to keep {name}: {now:.0f} % of its last trainings have it, where chance alone gives "
        f"{luck:.0f} %. Of the best {100 * TOP:.0f} % of all {len(space):,} architectures, {best:.0f} % have it."
    )


def _shares_of_best(signal: Signal, space: SearchSpace) -> np.ndarray:
    """float64[decisions, options]: how common each option is among the best architectures."""
    losses = signal.column if signal.goal == "min" else -signal.column
    count = max(1, round(TOP * len(space)))
    best = space.all()[np.argsort(losses, kind="stable")[:count]]  # missing values come last
    return np.eye(max(space.radix))[best].mean(0)
