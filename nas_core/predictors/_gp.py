"""Gaussian-process regression over bags of labels; the two GP predictors differ only in the labels.

An architecture is k bags of labels. With f_i(a) the counts of bag i scaled to length one, the kernel is

    k(a, b) = variance · exp(-Σ_i w_i (1 - <f_i(a), f_i(b)>)),   w_i >= 0,

positive semi-definite because 1 - <f, f'> is half a squared distance. Variance, weights and noise are those of the
highest marginal likelihood, under a weak prior on their logarithms (Rasmussen & Williams 2006, chapter 5). One step of
that search takes the cube of the number of architectures, so more than `SAMPLE` of them are represented by a sample.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import cho_solve, solve_triangular
from scipy.optimize import Bounds, minimize
from threadpoolctl import ThreadpoolController

from nas_core.predictors import Predictor
from nas_core.types import Arch

JITTER = 1e-6
VARIANCE, WEIGHT, NOISE = (0.0, -4.0, 4.0), (-1.0, -7.0, 3.0), (-3.0, -9.0, 1.0)  # log: prior mean, low, high
PRIOR_VARIANCE = 4.0  # of every logarithm
SAMPLE = 500  # architectures that decide on the kernel; all of them decide on what is predicted


class GaussianProcess(Predictor):
    """Base of the GP predictors; a subclass gives `_bags`."""

    family = "Gaussian process"

    @abstractmethod
    def _bags(self, rows: np.ndarray) -> np.ndarray:
        """uint64[n, k, labels] of rows int64[n, decisions]; label 0 is an empty place, no bag is empty."""

    def update(self, archs: Sequence[Arch] | np.ndarray, y: Sequence[float] | np.ndarray) -> None:
        """Learn n more architectures and y float[n], and leave scale, variance, weights and noise as they are."""
        rows, values = self._training_set(archs, y)
        self._condition(np.concatenate([self._rows_fitted, rows]), np.concatenate([self._z, self._inner(values)]))

    def kernel(self, a: Sequence[Arch] | np.ndarray, b: Sequence[Arch] | np.ndarray) -> np.ndarray:
        """float64[len(a), len(b)]: prior covariance on the inner scale, with the parameters learned by `fit`."""
        bags = self._bags(self._rows(b))
        features = _Features(bags)
        return self._kernel(features.of(self._bags(self._rows(a))), features.of(bags), features)

    def _fit(self, rows, z):
        places = np.linspace(0, len(z) - 1, min(len(z), SAMPLE)).astype(int)
        sample, bags = z[places], self._bags(rows[places])
        features = _Features(bags)
        x = features.of(bags)
        apart = np.stack([1.0 - (part @ part.T).toarray() for part in features.split(x)])
        low, high = (np.array([VARIANCE[i], *[WEIGHT[i]] * len(apart), NOISE[i]]) for i in (1, 2))
        start = np.array([VARIANCE[0], *[WEIGHT[0]] * len(apart), NOISE[0]])
        with _one_thread():
            best = minimize(
                _negative_log_posterior,
                start,
                (start, apart, sample - sample.mean()),
                method="L-BFGS-B",
                jac=True,
                bounds=Bounds(low, high),
                options={"maxiter": 50},
            )
        self._log_variance, self._log_noise = float(best.x[0]), float(best.x[-1])
        self._weights = np.exp(best.x[1:-1])
        self._condition(rows, z)

    def _condition(self, rows: np.ndarray, z: np.ndarray) -> None:
        self._rows_fitted, self._z, self._mean = rows, z, float(z.mean())
        bags = self._bags(rows)
        self._features = _Features(bags)
        self._x = self._features.of(bags)
        noisy = self._kernel(self._x, self._x, self._features)
        noisy[np.diag_indices(len(z))] += np.exp(self._log_noise) + JITTER
        self._root = np.linalg.cholesky(noisy)
        self._alpha = cho_solve((self._root, True), z - self._mean)

    def _predict(self, rows):
        across = self._kernel(self._x, self._features.of(self._bags(rows)), self._features)
        with _one_thread():
            explained = solve_triangular(self._root, across, lower=True, check_finite=False)
        variance = np.exp(self._log_variance) - np.einsum("ij,ij->j", explained, explained)
        return self._mean + self._alpha @ across, np.sqrt(np.maximum(variance, 0.0))

    def _kernel(self, a: sparse.csr_matrix, b: sparse.csr_matrix, features: _Features) -> np.ndarray:
        alike = (a.multiply(self._weights[features.bag]) @ b.T).toarray()
        return np.exp(self._log_variance - self._weights.sum() + alike)


def _one_thread() -> AbstractContextManager[Any]:
    """Linear algebra on one thread: the matrices are small, so several threads mostly wait for each other (five times
    slower on two busy cores), and what comes out must not depend on how many cores there are."""
    return _pools().limit(limits=1, user_api="blas")


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


class _Features:
    """Bags of labels as sparse rows over the labels of a training set, each bag of length one.

    A label outside the training set adds to its bag's length but has no column: its product with a training row is 0.
    """

    def __init__(self, bags: np.ndarray) -> None:
        per_bag = [np.unique(bags[:, i]) for i in range(bags.shape[1])]
        self.labels = [labels[labels != 0] for labels in per_bag]
        self.first = np.cumsum([0, *map(len, self.labels)])
        self.bag = np.repeat(np.arange(len(self.labels)), np.diff(self.first))  # int64[columns]: its bag

    def of(self, bags: np.ndarray) -> sparse.csr_matrix:
        """float64 csr[n, columns]."""
        n, _, places = bags.shape
        same = (bags[:, :, :, None] == bags[:, :, None, :]) & (bags != 0)[:, :, :, None]
        length = np.sqrt(same.sum((2, 3)))  # root of the sum of squared counts
        rows, columns, values = [], [], []
        for i, labels in enumerate(self.labels):
            flat = bags[:, i].ravel()
            column = np.minimum(np.searchsorted(labels, flat), len(labels) - 1)
            hit = labels[column] == flat
            rows.append(np.repeat(np.arange(n), places)[hit])
            columns.append(column[hit] + self.first[i])
            values.append(np.repeat(1.0 / length[:, i], places)[hit])
        place = np.concatenate(rows), np.concatenate(columns)
        return sparse.csr_matrix((np.concatenate(values), place), (n, self.first[-1]))

    def split(self, x: sparse.csr_matrix) -> list[sparse.csr_matrix]:
        """The columns of each bag."""
        by_column = x.tocsc()
        return [by_column[:, low:high].tocsr() for low, high in zip(self.first, self.first[1:], strict=False)]


def _negative_log_posterior(
    theta: np.ndarray, prior: np.ndarray, apart: np.ndarray, z: np.ndarray
) -> tuple[float, np.ndarray]:
    """Value and gradient float64[k + 2] at theta = log (variance, w_1 … w_k, noise); apart float64[k, n, n]."""
    weights, noise = np.exp(theta[1:-1]), np.exp(theta[-1])
    kernel = np.exp(theta[0] - np.tensordot(weights, apart, 1))
    root = np.linalg.cholesky(kernel + (noise + JITTER) * np.eye(len(z)))
    alpha = cho_solve((root, True), z)
    value = 0.5 * z @ alpha + np.log(np.diag(root)).sum()
    outer = cho_solve((root, True), np.eye(len(z))) - np.outer(alpha, alpha)
    weighted = outer * kernel
    slopes = [weighted.sum(), *(-weights * np.tensordot(apart, weighted, 2)), noise * np.trace(outer)]
    off = (theta - prior) / PRIOR_VARIANCE
    return value + 0.5 * off @ (theta - prior), 0.5 * np.array(slopes) + off
