"""Bayesian ridge regression: a linear model whose shrinkage is learned (MacKay, Neural Computation 1992)."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.predictors import Predictor, _encodings


class Ridge(Predictor):
    """Linear regression with learned shrinkage: every choice adds or subtracts a fixed amount."""

    family = "linear"
    paper = "MacKay 1992, doi:10.1162/neco.1992.4.3.415"

    encoding: str = param("one-hot", "what the model sees of an architecture", options=_encodings.NAMES)

    def _fit(self, rows, z):
        from sklearn.linear_model import BayesianRidge

        self._model = BayesianRidge().fit(_encodings.encode(self.encoding, self.space, rows), z)

    def _predict(self, rows):
        return self._model.predict(_encodings.encode(self.encoding, self.space, rows), return_std=True)
