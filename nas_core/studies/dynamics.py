"""How a search moves: what it draws from, what it believes, and how varied it is, at every moment of a run.

A strategy writes beside its suggestions what it went by: "policy", "density", "pool", "belief", "predicted",
"parents" (`Suggestion.info`). This is read here for all families alike; where one has no such thing, what its
trainings have shown so far stands in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nas_core.history import History
from nas_core.spaces import SearchSpace


@dataclass(frozen=True, eq=False)
class Grid:
    """A number for each option of each decision, at each of n moments."""

    title: str
    help: str
    values: np.ndarray  # float64[n, decisions, options]; nan where not known, or where there is no such option
    unit: str = "%"
    goal: str = "max"  # which end of the values the strategy likes


@dataclass(frozen=True, eq=False)
class Dynamics:
    """What a run shows of its strategy after each of its n trainings."""

    policy: Grid | None  # shares of the options in what it draws from; None if that is nothing but past trainings
    trainings: Grid  # shares of the options among the last trainings
    belief: Grid  # what it thinks of each option
    variety: np.ndarray  # float64[n]: how often two of the last trainings differ at a decision; 100 is chance
    indecision: np.ndarray  # float64[n]: mean entropy of its policy, in percent of the highest; nan without one
    predicted: np.ndarray  # float64[n]: what its model predicted of each training, in the objective's unit; or nan

    @property
    def sources(self) -> list[Grid]:
        """Shares of the options: in what it draws from, if that is not only past trainings; in the last trainings."""
        return [grid for grid in (self.policy, self.trainings) if grid is not None]


_SOURCES = {
    "policy": Grid(
        "the policy",
        "The chance with which it draws each option. It learns to favour those that did well.",
        np.zeros(0),
    ),
    "density": Grid(
        "the good ones",
        "How common each option is among the trainings that it counts as good; new ones are drawn "
        "from this, and preferred where the others have it rarely.",
        np.zeros(0),
    ),
    "pool": Grid(
        "the candidates", "How common each option is among the candidates that its model ranked.", np.zeros(0)
    ),
}


def observe(history: History, space: SearchSpace, window: int) -> Dynamics:
    """The whole run; `window` is how many trainings count as the last ones."""
    shape = (len(history), len(space.radix), max(space.radix))
    exists = np.arange(shape[2]) < np.array(space.radix)[:, None]
    shares = np.where(exists, 100 * history.option_shares(shape[2], window).reshape(shape), np.nan)
    notes = {key: _notes(history, key, shape) for key in (*_SOURCES, "belief")}
    source = next((key for key in _SOURCES if not np.isnan(notes[key]).all()), "")
    policy = _grid(source, notes[source], exists) if source else None
    return Dynamics(
        policy,
        Grid("the last trainings", f"How common each option is among the last {window} trainings.", shares),
        policy if policy is not None and source != "pool" else _belief(history, notes["belief"], exists),
        _variety(shares / 100, np.array(space.radix), window),
        _indecision(notes["policy"], np.array(space.radix)),
        np.array([info.get("predicted", np.nan) for info in history.infos], float),
    )


def _notes(history: History, key: str, shape: tuple[int, int, int]) -> np.ndarray:
    """float64[shape]: what the suggestions said last under `key`; nan before, and for what has another shape."""
    out = np.full(shape, np.nan)
    last = None
    for row, info in zip(out, history.infos, strict=True):
        if key in info and np.shape(info[key]) == shape[1:]:
            last = np.array(info[key], float)  # None becomes nan
        if last is not None:
            row[:] = last
    return out


def _grid(key: str, notes: np.ndarray, exists: np.ndarray) -> Grid:
    words = _SOURCES[key]
    return Grid(words.title, words.help, np.where(exists, 100 * notes, np.nan))


def _belief(history: History, notes: np.ndarray, exists: np.ndarray) -> Grid:
    """What a model predicts of each option, or else what the trainings so far have shown of it."""
    goal, values = history.spec.objectives[0].goal, history.values()
    if not np.isnan(notes).all():
        return Grid(
            "what the model predicts of each option",
            "The mean prediction over this round's candidates with that option. An empty box: no candidate has it.",
            notes,
            "",
            goal,
        )
    good = np.isfinite(values)
    one_hot = np.eye(notes.shape[2])[np.array(history.archs, int).reshape(notes.shape[:2])] * good[:, None, None]
    sums, counts = np.cumsum(one_hot * np.where(good, values, 0.0)[:, None, None], 0), np.cumsum(one_hot, 0)
    means = np.where((counts > 0) & exists, sums / np.maximum(counts, 1), np.nan)
    return Grid(
        "what it has seen of each option",
        "This strategy keeps no model. These are the means of all trainings so far "
        "with that option. An empty box: never trained.",
        means,
        "",
        goal,
    )


def _variety(shares: np.ndarray, radix: np.ndarray, window: int) -> np.ndarray:
    """Mean chance that two members of the window differ at a decision, over what it is in random ones; nan for one."""
    members = np.minimum(np.arange(len(shares)) + 1, window)
    alike = np.nansum(shares**2, axis=2)  # that two drawn with replacement are equal
    differ = (1 - alike) * (members / np.maximum(members - 1, 1))[:, None]
    out = 100 * (differ / (1 - 1 / radix)).mean(1)
    return np.where(members > 1, out, np.nan)


def _indecision(policy: np.ndarray, radix: np.ndarray) -> np.ndarray:
    """Mean entropy over decisions in percent of an even policy's."""
    some = np.where(policy > 0, policy, 1.0)
    entropy = -np.where(np.isnan(policy), np.nan, some * np.log(some)).sum(2)
    return 100 * (entropy / np.log(radix)).mean(1)
