"""Predictors: learn accuracy from a few trained architectures, guess it for all others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from nas_core import plugins
from nas_core.plugins import param
from nas_core.spaces import SearchSpace
from nas_core.types import Arch


class Predictor(plugins.Plugin, ABC):
    """Regression from architectures to one number, with an uncertainty.

    A subclass gives `_fit` and `_predict` on an inner scale, on which the middle half of the targets is about one
    unit wide and far outliers are drawn in by an inverse hyperbolic sine: a handful of untrainable cells at chance
    level must not decide the fit. The training order does not matter: rows are sorted before `_fit` sees them.
    """

    family: ClassVar[str] = "other"  # the heading it stands under in menus
    paper: ClassVar[str] = ""
    quick: ClassVar[Mapping[str, Any]] = {}  # parameters with which the conformance suite is fast

    space: SearchSpace
    merge_isomorphic: bool = param(
        True, "treat cells that compute the same network as one: right for accuracy, wrong for costs such as latency"
    )
    seed: int = 0  # of whatever it draws at random

    @abstractmethod
    def _fit(self, rows: np.ndarray, z: np.ndarray) -> None:
        """Learn from rows int64[n, decisions] (option indices) and inner targets z float64[n], n >= 1."""

    @abstractmethod
    def _predict(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inner mean float64[n] and standard deviation float64[n] of distinct rows int64[n, decisions]."""

    def fit(self, archs: Sequence[Arch] | np.ndarray, y: Sequence[float] | np.ndarray) -> Predictor:
        """Learn from n >= 1 architectures and their finite values y float[n]; returns self. ValueError otherwise."""
        rows, values = self._training_set(archs, y)
        order = np.lexsort((values, *rows.T[::-1]))
        self._middle, self._width = float(np.median(values)), _width(values)
        self._fit(rows[order], self._inner(values[order]))
        return self

    def predict(self, archs: Sequence[Arch] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(mean float64[n], std float64[n] >= 0) in the unit of y; mean is the middle of what is believed, not an
        average over it, std is to first order. RuntimeError before `fit`."""
        if not hasattr(self, "_middle"):
            raise RuntimeError(f"{self.name} has learned nothing yet; call fit first")
        rows = self._rows(archs)
        if not len(rows):
            return np.zeros(0), np.zeros(0)
        distinct, back = np.unique(rows, axis=0, return_inverse=True)
        mean, std = self._predict(distinct)
        outer = self._middle + self._width * np.sinh(mean), self._width * np.cosh(mean) * std
        return outer[0][back.ravel()], outer[1][back.ravel()]

    def _inner(self, y: np.ndarray) -> np.ndarray:
        return np.arcsinh((y - self._middle) / self._width)

    def _training_set(self, archs: Sequence[Arch] | np.ndarray, y: Sequence[float] | np.ndarray) -> tuple:
        rows, y = self._rows(archs), np.asarray(y, np.float64)
        if len(rows) != len(y):
            raise ValueError(f"{self.name} needs one value an architecture; it got {len(rows)} and {len(y)} values")
        if not len(y):
            raise ValueError(f"{self.name} needs at least one trained architecture to learn from")
        if not np.isfinite(y).all():
            raise ValueError(
                f"{self.name} learns from finite values only; leave out the {np.sum(~np.isfinite(y))} others"
            )
        return rows, y

    def _rows(self, archs: Sequence[Arch] | np.ndarray) -> np.ndarray:
        """int64[n, decisions], of the isomorphism classes if those are merged."""
        rows = np.asarray(archs, np.int64).reshape(-1, len(self.space.radix))
        if self.merge_isomorphic and len(rows):
            rows = np.array([self.space.canonical(tuple(row)) for row in rows.tolist()], np.int64)
        return rows


def _width(y: np.ndarray) -> float:
    """Inter-quartile range, else standard deviation, else 1."""
    low, high = np.quantile(y, [0.25, 0.75])
    return float(high - low) or float(np.std(y)) or 1.0


def create(name: str, space: SearchSpace, **params: Any) -> Predictor:
    """Make the predictor `name` for architectures of `space`."""
    return plugins.create(Predictor, name, space=space, **params)
