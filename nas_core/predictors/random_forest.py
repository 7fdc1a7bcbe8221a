"""Random forest (Breiman, Machine Learning 2001)."""

from __future__ import annotations

import numpy as np

from nas_core.plugins import param
from nas_core.predictors import Predictor, _encodings


class RandomForest(Predictor):
    """The mean of many regression trees, each grown on a random resample; their spread is the doubt."""

    family = "trees"
    paper = "Breiman 2001, doi:10.1023/A:1010933404324"
    quick = {"trees": 30}

    trees: int = param(100, "trees in the forest", low=1, high=2000)
    encoding: str = param("one-hot and paths", "what the model sees of an architecture", options=_encodings.NAMES)

    def _fit(self, rows, z):
        from sklearn.ensemble import RandomForestRegressor

        forest = RandomForestRegressor(self.trees, random_state=self.seed)
        self._forest = forest.fit(_encodings.encode(self.encoding, self.space, rows), z)

    def _predict(self, rows):
        code = _encodings.encode(self.encoding, self.space, rows)
        votes = np.stack([tree.predict(code) for tree in self._forest.estimators_])
        return votes.mean(0), votes.std(0)
