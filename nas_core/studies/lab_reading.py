"""What an experiment of the lab shows, in sentences that follow from its numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np

from nas_core.studies.comparison import LEVEL, Paired, holm, paired, signed_rank, verdict
from nas_core.studies.lab import FACTORS, Results
from nas_core.studies.verdict import unsuccessful

FEW = 6  # seeds below which nothing can be shown: the smallest p that five pairs can give is 0.06
NEAR = 0.005  # percentage points that are nothing


@dataclass(frozen=True)
class Tests:
    """Every two levels compared under every circumstance; p after Holm's correction over all of them, so that picking
    the most striking pair afterwards costs what it should."""

    p: dict[tuple[int, int, int], float]  # (level, level, circumstance), the first level below the second
    means: np.ndarray  # float64[levels, circumstances]

    @classmethod
    def of(cls, values: np.ndarray) -> Tests:
        """From values float64[levels, circumstances, seeds]."""
        levels, circumstances, _ = values.shape
        triples = [(a, b, c) for c in range(circumstances) for a, b in combinations(range(levels), 2)]
        gaps = [values[a, c] - values[b, c] for a, b, c in triples]
        p = holm([signed_rank(gap[~np.isnan(gap)]) for gap in gaps])
        return cls(dict(zip(triples, p, strict=True)), np.nanmean(values, axis=2))

    def better(self, a: int, b: int, c: int) -> bool:
        """True if level `a` is shown to be better than `b` under circumstance `c`."""
        return self.p[min(a, b), max(a, b), c] < LEVEL and self.means[a, c] > self.means[b, c]

    def ends(self, c: int) -> tuple[int, int]:
        """(best, worst) level under circumstance `c`, by their means; of equal ones the first and the last."""
        return int(self.means[:, c].argmax()), len(self.means) - 1 - int(self.means[::-1, c].argmin())


def reading(results: Results, at: int) -> list[str]:
    """Sentences on what was found after `at` trials: the answer, then each circumstance, then the ceiling."""
    values, left_out = results.values(at), unsuccessful(*results.empty(at))
    fewest = int((~np.isnan(values)).sum(2).min())
    if fewest < FEW:
        which = " that found something" if fewest < results.seeds else ""
        too_few = f"With {fewest} searches of each setting{which} nothing can be said yet; it takes at least {FEW}."
        return [too_few, *left_out]
    tests = Tests.of(values)
    pairs = [widest(results, values, tests, c) for c in range(values.shape[1])]
    said = [f"{_under(results, c)}{verdict(pair, 'points')}" for c, pair in enumerate(pairs)]
    return [answer(results, tests), *left_out, *said, ceiling(results, tests.means)]


def widest(results: Results, values: np.ndarray, tests: Tests, c: int) -> Paired:
    """The best level against the worst under circumstance `c`, with the corrected p."""
    best, worst = tests.ends(c)
    words = [FACTORS[results.plan.compare].words(level) for level in results.plan.levels]
    pair = paired(words[best], values[best, c], words[worst], values[worst, c])
    return replace(pair, p=tests.p[min(best, worst), max(best, worst), c])


def answer(results: Results, tests: Tests) -> str:
    """Does the compared factor matter, and does that depend on the circumstances?"""
    plan = results.plan
    levels, circumstances = plan.shape
    what = f"“{FACTORS[plan.compare].title}”"
    shown = [c for c in range(circumstances) if tests.better(*tests.ends(c), c)]
    if not shown:
        return f"Nothing here shows that {what} matters."
    size = max(float(np.ptp(tests.means[:, c])) for c in shown)
    if turned := _turned(tests, levels, circumstances):
        a, b, here, there = turned
        first, second = (FACTORS[plan.compare].words(plan.levels[level]) for level in (a, b))
        under = [FACTORS[plan.under].words(plan.circumstances[c]) for c in (here, there)]
        return f"It depends: with {under[0]}, {first} does better than {second}; with {under[1]} it is the reverse."
    if len(shown) == circumstances:
        everywhere = " under every circumstance here" if circumstances > 1 else ""
        return f"{what} matters{everywhere}, by up to {size:.2g} points."
    where = " and ".join(FACTORS[plan.under].words(plan.circumstances[c]) for c in shown)
    return f"{what} matters, by up to {size:.2g} points, but that is shown only with {where}."


def _turned(tests: Tests, levels: int, circumstances: int) -> tuple[int, int, int, int] | None:
    """(a, b, here, there): a is shown to beat b here, and b to beat a there; None if that happens nowhere."""
    for here, there in permutations(range(circumstances), 2):
        for a, b in combinations(range(levels), 2):
            if tests.better(a, b, here) and tests.better(b, a, there):
                return a, b, here, there
    return None


def _under(results: Results, c: int) -> str:
    """What a sentence on circumstance `c` begins with; "" where there is only one."""
    plan = results.plan
    return f"With {FACTORS[plan.under].words(plan.circumstances[c])}: " if plan.under else ""


def ceiling(results: Results, means: np.ndarray) -> str:
    """How much of what is missing is the reward's fault: where a search would end that looked at every cell."""
    perfect = results.ceilings()
    below = results.optimum - perfect
    if below.max() < NEAR:
        return f"A search that looked at every network would end at the best one there is, {results.optimum:.2f} %."
    low, high = float(below.min()), float(below.max())
    span = f"{low:.2f} to {high:.2f}" if high - low >= NEAR else f"{high:.2f}"
    said = (
        f"Even a search that looked at every network would end {span} points below the best one, "
        f"{results.optimum:.2f} %, because the reward it sees prefers another: that part is no strategy's fault."
    )
    over = int(np.sum(means > perfect + NEAR))
    if over:
        said += f" {over} of {means.size} settings end above that line: they do not find what the reward prefers."
    return said
