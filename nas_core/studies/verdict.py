"""Plain sentences about a race: who won, by how much, whether luck could have done it, and what the winner found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas_core import strategies
from nas_core.benchmarks import Table
from nas_core.race import WINDOW, Result, Signal, Trace
from nas_core.spaces import SearchSpace
from nas_core.types import RunSpec

LEVEL = 0.01  # two-sided Mann-Whitney p below which a lead is called a win
FEW = 5  # runs on either side below which nobody is called the winner
TOP = 0.01  # share of all architectures that count as the best ones


@dataclass(frozen=True)
class Verdict:
    """Who won and by how much, in one sentence, and the numbers behind it."""

    headline: str
    ends: str  # where each ended
    luck: str  # how sure that is


def verdict(rows: Sequence[Result], signal: Signal) -> Verdict:
    """On the best median, those it cannot be told from, and the first it beats; rows as `race.results` gives them.

    The runs of two entrants are independent, so the test is Mann and Whitney's on their last values; nobody is called
    the winner by fewer than FEW runs.
    """
    if not rows:
        return Verdict("No search has found anything yet.", "", "")
    first, others = rows[0], rows[1:]
    ends = upper(", ".join(f"{row.label} ends at {_end(row, signal)}" for row in rows)) + "."
    if not others:
        return Verdict(f"{upper(first.label)} ran alone.", ends, "Add a strategy to compare it with.")
    if min(row.runs for row in rows) < FEW:
        return Verdict("Too few runs to name a winner.", ends, f"It takes {FEW} runs of each.")
    tests = {row.label: _better(first.values, row.values, signal.goal) for row in others}
    tied = [row for row in others if tests[row.label][1] >= LEVEL or _gap(first, row) == 0]
    beaten = [row for row in others if row not in tied]
    if not beaten:
        names = listed([row.label for row in rows])
        return Verdict(f"No clear winner among {names}.", ends, _luck(tests, tied[0]))
    spread = float(np.median([row.quantiles()[2] - row.quantiles()[0] for row in rows]))
    lead = f"{_amount(_gap(first, beaten[0]), signal)} ahead of {beaten[0].label}"
    lead += f", where runs of one strategy differ by {_amount(spread, signal)}."
    luck = _luck(tests, beaten[0])
    if not tied:
        return Verdict(f"{upper(first.label)} wins, {lead}", ends, luck)
    leaders = upper(listed([first.label, *(row.label for row in tied)]))
    return Verdict(f"{leaders} lead, {lead}", ends, f"{luck} Between the leaders it is too close to call.")


def unsuccessful(empty: int, searches: int) -> list[str]:
    """One sentence on the `empty` of so many searches that found nothing; none if there are none."""
    return [f"{empty:,} of {searches:,} searches found nothing; the numbers are of the others."] if empty else []


def nothing(traces: Sequence[Trace], signal: Signal, table: Table) -> str:
    """Why none of these runs on `table` has a value of `signal` to show."""
    trials = sum(int(t.trials[-1]) for t in traces if len(t))
    if not trials:
        return "No search has found anything yet."
    if any(t.found for t in traces):
        return f"What these searches found has no {signal.title} in this table; choose something else to be shown."
    known = f" This table knows {table.coverage()}." if table.known < len(table.space) else ""
    return (
        f"These searches found nothing in {trials:,} trainings: what they searched for has no value at any network "
        f"they tried.{known}"
    )


def idle(specs: Sequence[RunSpec], traces: Sequence[Trace]) -> str:
    """A sentence on the strategies asked for that have not run at all, if others have; else ""."""
    ran = {t.spec.strategy for t in traces if len(t)}
    names = [strategies.title(name) for name in dict.fromkeys(s.strategy for s in specs) if name not in ran]
    if not names or not ran:
        return ""
    return f"{upper(listed(names))} {'has' if len(names) == 1 else 'have'} not run yet; press Continue."


def _luck(tests: Mapping[str, tuple[float, float]], row: Result) -> str:
    chance, p = tests[row.label]
    said = "more than luck" if p < LEVEL else "something luck alone can do"
    return (
        f"Against {row.label}, the first ends better in {100 * chance:.0f} % of all pairings of their runs: {said} "
        f"(p {_p(p)})."
    )


def _amount(gap: float, signal: Signal) -> str:
    return f"{gap:.1f} points" if signal.unit == "%" else f"{gap:.3g} {signal.unit}".strip()


def _better(a: np.ndarray, b: np.ndarray, goal: str) -> tuple[float, float]:
    """(share of pairs in which a value of `a` is better, ties counting half; two-sided Mann-Whitney p)."""
    from scipy.stats import mannwhitneyu

    if np.ptp(np.concatenate([a, b])) == 0:
        return 0.5, 1.0
    test = mannwhitneyu(a, b)
    share = float(test.statistic) / (len(a) * len(b))
    return (share if goal == "max" else 1 - share), float(test.pvalue)


def _gap(a: Result, b: Result) -> float:
    return abs(a.quantiles()[1] - b.quantiles()[1])


def _p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"= {p:.3f}"


def _end(row: Result, signal: Signal) -> str:
    """ "73.42 % (half of its 30 runs between 73.34 and 74.13)" """
    low, mid, high = (f"{q:.2f}" if signal.unit == "%" else f"{q:.4g}" for q in row.quantiles())
    value = f"{mid} {signal.unit}".strip()
    return value if row.runs == 1 else f"{value} (half of its {row.runs} runs between {low} and {high})"


def listed(names: Sequence[str], word: str = "and") -> str:
    """ "a, b and c"; "a" alone."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def upper(text: str) -> str:
    """The text as a sentence begins; its other letters stay."""
    return text[:1].upper() + text[1:]


def focus(traces: Sequence[Trace], signal: Signal, space: SearchSpace, words: Mapping[str, str]) -> str:
    """One or two sentences: the choice these runs learned that most of the best architectures share.

    Learned means shares among the last trials, in the mean over the runs, above chance; the best are the TOP share of
    `signal.column`. words: options as people read them.
    """
    shares = np.mean([t.shares for t in traces], axis=0)
    chance = np.array([[1 / len(options)] for options in space.options])
    common = _shares_of_best(signal, space)
    learned = np.clip(shares - chance, 0, None) * np.clip(common - chance, 0, None)
    decision, option = np.unravel_index(int(learned.argmax()), shares.shape)
    name = space.options[decision][option]
    name = f"{words.get(name, name)} at {space.decisions[decision]}"
    now, luck, best = (
        100 * float(x) for x in (shares[decision, option], chance[decision, 0], common[decision, option])
    )
    if now < 2 * luck:
        return (
            f"Its last {WINDOW} trials show no clear preference: {name} is in {now:.0f} %, by chance in {luck:.0f} %."
        )
    return (
        f"It learned to keep {name}: {now:.0f} % of its last trials have it, where chance alone gives {luck:.0f} %. "
        f"Of the best {100 * TOP:.0f} % of all {len(space):,} architectures, {best:.0f} % have it."
    )


def _shares_of_best(signal: Signal, space: SearchSpace) -> np.ndarray:
    """float64[decisions, options]: how common each option is among the best architectures."""
    losses = signal.column if signal.goal == "min" else -signal.column
    count = max(1, round(TOP * len(space)))
    best = space.all()[np.argsort(losses, kind="stable")[:count]]  # missing values come last
    return np.eye(max(space.radix))[best].mean(0)
