"""Gradient boosting (Friedman, Annals of Statistics 2001), several times on random halves for an uncertainty."""

from __future__ import annotations

import numpy as np

from nas_core.plugins import param
from nas_core.predictors import Predictor, _encodings


class GradientBoosting(Predictor):
    """Small trees, each correcting the errors of those before it; the spread of several such chains is the doubt."""

    family = "trees"
    paper = "Friedman 2001, doi:10.1214/aos/1013203451"
    quick = {"chains": 3, "trees": 50}

    chains: int = param(5, "chains of trees; their mean is the prediction", low=1, high=50)
    trees: int = param(200, "trees in a chain", low=1, high=2000)
    depth: int = param(4, "questions a tree asks one after another", low=1, high=10)
    learning_rate: float = param(0.1, "how much of the remaining error each tree corrects", low=0.001, high=1.0)
    encoding: str = param("one-hot", "what the model sees of an architecture", options=_encodings.NAMES)

    def _fit(self, rows, z):
        from sklearn.ensemble import GradientBoostingRegressor

        code = _encodings.encode(self.encoding, self.space, rows)
        share = 0.5 if len(z) > 3 else 1.0  # of the training set that each tree sees
        self._models = [
            GradientBoostingRegressor(
                n_estimators=self.trees,
                learning_rate=self.learning_rate,
                max_depth=self.depth,
                subsample=share,
                random_state=self.seed * self.chains + i,
            ).fit(code, z)
            for i in range(self.chains)
        ]

    def _predict(self, rows):
        code = _encodings.encode(self.encoding, self.space, rows)
        votes = np.stack([model.predict(code) for model in self._models])
        return votes.mean(0), votes.std(0)
