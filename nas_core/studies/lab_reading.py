"""What an experiment of the lab shows, in sentences that follow from its numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np

from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.pairs import Pair, least
from nas_core.studies.compare.sentences import caveat, sentence, unsuccessful
from nas_core.studies.lab import FACTORS, Results

NEAR = 0.005  # percentage points that are nothing


def claims(results: Results, at: int) -> Claims:
    """Every two settings compared after `at` trials."""
    values = {name: dict(enumerate(column.tolist())) for name, column in results.by_setting(at).items()}
    return Claims.of(values, unit="%", at=f"{at:,} trainings")


def reading(results: Results, at: int, comparison: Claims) -> list[str]:
    """Sentences on what was found after `at` trials: the answer, how sure it is, then each circumstance, then what the
    reward prefers. comparison: `claims` of the same."""
    values, left_out = results.values(at), unsuccessful(*results.empty(at))
    fewest, minimum = int((~np.isnan(values)).sum(2).min()), least(len(comparison.pairs))
    if fewest < minimum:
        which = " that found something" if fewest < results.seeds else ""
        too_few = f"With {fewest} searches of each setting{which} nothing can be said yet; it takes at least {minimum}."
        return [too_few, *left_out]
    widest = _all_widest(results, comparison)
    details = [_under(results, c, sentence(pair)) for c, pair in enumerate(widest)]
    return [
        answer(results, comparison, widest),
        caveat(comparison),
        *left_out,
        *details,
        favourite(results, comparison),
    ]


def answer_of(results: Results, at: int) -> str:
    """The first sentence of `reading` alone, of an experiment that is done."""
    comparison = claims(results, at)
    return answer(results, comparison, _all_widest(results, comparison))


def _all_widest(results: Results, comparison: Claims) -> list[Pair]:
    return [_widest(results, comparison, c) for c in range(results.plan.shape[1])]


def _widest(results: Results, comparison: Claims, c: int) -> Pair:
    """The best level against the worst under circumstance `c`; of equal ones the first and the last."""
    names = results.names[:, c].tolist()
    best = max(names, key=comparison.means.__getitem__)
    worst = min(reversed(names), key=comparison.means.__getitem__)
    words = [FACTORS[results.plan.compare].words(results.plan.levels[names.index(name)]) for name in (best, worst)]
    return replace(comparison.against(worst)[best], first=words[0], second=words[1])


def answer(results: Results, comparison: Claims, widest: list[Pair]) -> str:
    """Whether the compared factor matters, and whether it depends on the circumstances. widest: of each of them."""
    plan = results.plan
    what = f"“{FACTORS[plan.compare].title}”"
    clear = [c for c, pair in enumerate(widest) if pair.winner]
    if not clear:
        most = max(max(abs(pair.low), abs(pair.high)) for pair in comparison.pairs)  # as in the caveat
        what += f" ({', '.join(map(str, plan.levels))})"
        return f"{what} is not shown to matter; if it does, then by at most {most:.2f} points."
    if reversal := _reversal(results, comparison):
        a, b, here, there = reversal
        first, second = (FACTORS[plan.compare].words(plan.levels[level]) for level in (a, b))
        under = [FACTORS[plan.under].words(plan.circumstances[c]) for c in (here, there)]
        return f"It depends: with {under[0]}, {first} does better than {second}; with {under[1]} it is the reverse."
    size = max(abs(widest[c].difference) for c in clear)
    if len(clear) == len(widest):
        everywhere = " under every circumstance here" if len(widest) > 1 else ""
        return f"{what} matters{everywhere}, by up to {size:.2g} points."
    where = " and ".join(FACTORS[plan.under].words(plan.circumstances[c]) for c in clear)
    return f"{what} matters, by up to {size:.2g} points, but that is shown only with {where}."


def _reversal(results: Results, comparison: Claims) -> tuple[int, int, int, int] | None:
    """(a, b, here, there): a is shown to beat b here, and b to beat a there; None if that happens nowhere."""
    names = results.names
    for here, there in permutations(range(names.shape[1]), 2):
        for a, b in combinations(range(len(names)), 2):
            if {(names[a, here], names[b, here]), (names[b, there], names[a, there])} <= comparison.wins:
                return a, b, here, there
    return None


def _under(results: Results, c: int, words: str) -> str:
    """A sentence that says of which circumstance it holds, where there are several."""
    plan = results.plan
    if not plan.under:
        return words
    return f"With {FACTORS[plan.under].words(plan.circumstances[c])}: {words[:1].lower()}{words[1:]}"


def favourite(results: Results, comparison: Claims) -> str:
    """How much of the gap is due to the reward: where a search that evaluated every cell would end."""
    perfect = results.favourites()
    means = np.vectorize(comparison.means.__getitem__)(results.names)
    below = results.optimum - perfect
    if below.max() < NEAR:
        return f"A search that looked at every network would end at the best one there is, {results.optimum:.2f} %."
    low, high = float(below.min()), float(below.max())
    span = f"{low:.2f} to {high:.2f}" if low >= NEAR else f"up to {high:.2f}"
    span = span if high - low >= NEAR else f"{high:.2f}"
    text = (
        f"Even a search that looked at every network would end {span} points below the best one, "
        f"{results.optimum:.2f} %, because the reward it sees prefers another: that part is no strategy's fault."
    )
    over = int(np.sum(means > perfect + NEAR))
    if over:
        text += f" {over} of {means.size} settings end above that line: they do not find what the reward prefers."
    return text
