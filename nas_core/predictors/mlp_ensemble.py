"""Ensemble of small neural networks: the surrogate of BANANAS (White et al., AAAI 2021, arXiv:1910.11858)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nas_core.plugins import param
from nas_core.predictors import _encodings
from nas_core.predictors._network import NetworkEnsemble, linear_backward


class MLPEnsemble(NetworkEnsemble):
    """Several small neural networks from different random starts; their mean predicts, their spread is the doubt.

    BANANAS takes 5 networks of 10 layers of 20 units on the path encoding and mean absolute error. Two wider layers
    on the one-hot encoding of the isomorphism class, and squared error on the inner scale, predicted better.
    """

    label = "MLP ensemble"
    paper = "White et al. 2021, arXiv:1910.11858"

    layers: int = param(2, "hidden layers of each network", low=1, high=12)
    width: int = param(64, "units in a hidden layer", low=2, high=512)
    encoding: str = param("one-hot", "what the networks see of an architecture", options=_encodings.NAMES)

    def _inputs(self, rows):
        return (_encodings.encode(self.encoding, self.space, rows),)

    def _sizes(self, inputs):
        widths = [inputs[0].shape[1], *[self.width] * self.layers, 1]
        return list(pairwise(widths))

    def _forward(self, layers, *inputs):
        cache = [*inputs]
        for weights, biases in layers[:-1]:
            cache.append(np.maximum(cache[-1] @ weights + biases, 0))
        return cache[-1] @ layers[-1][0] + layers[-1][1], cache

    def _backward(self, layers, gradients, cache, error):
        for i in reversed(range(len(layers))):
            linear_backward(cache[i], error, gradients[i])
            if i:
                error = (error @ layers[i][0].transpose(0, 2, 1)) * (cache[i] > 0)
