"""Graph convolutional network: the neural predictor of Wen et al. (ECCV 2020, arXiv:1912.00848)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nas_core.plugins import param
from nas_core.predictors import _encodings
from nas_core.predictors._network import NetworkEnsemble, linear_backward


class GCN(NetworkEnsemble):
    """Networks that pass messages along the cell's own graph, with and against its arrows; dead edges are left out.

    Each layer averages a node with those it reads, and with those that read it, through weights of their own; the
    mean over the living nodes is the cell. The paper takes 3 layers of 144 units, one network, dropout, 300 epochs of
    Adam at 0.0001; narrower networks at a larger rate, and an ensemble in place of dropout, cost a tenth.
    """

    label = "graph network"
    paper = "Wen et al. 2020, arXiv:1912.00848"

    members: int = param(3, "networks in the ensemble: their mean predicts, their spread is the doubt", low=2, high=50)
    layers: int = param(3, "graph convolutions of each network", low=1, high=8)
    width: int = param(48, "units of a node", low=2, high=512)

    def _inputs(self, rows):
        """One-hot nodes [n, v, labels], whom each reads and whom it is read by [n, v, v], and the pooling [n, 1, v]."""
        labels = _encodings.labels(rows)
        nodes = np.eye(max(self.space.radix) + 3, dtype=np.float32)[labels]
        living = _encodings.alive(self.space, rows)
        reads = self.space.flow(rows).transpose(0, 2, 1) & living[:, :, None] & living[:, None, :]
        loops = np.eye(reads.shape[1], dtype=bool)
        around = [(part | loops).astype(np.float32) for part in (reads, reads.transpose(0, 2, 1))]
        mean = living[:, None, :] / living.sum(1)[:, None, None]
        return nodes, *(part / part.sum(2, keepdims=True) for part in around), mean.astype(np.float32)

    def _sizes(self, inputs):
        widths = [inputs[0].shape[2], *[self.width] * self.layers]
        convolutions = [pair for pair in pairwise(widths) for _ in range(2)]
        return [*convolutions, (self.width, self.width), (self.width, 1)]

    def _forward(self, layers, *inputs):
        nodes, reads, readers, mean = inputs
        cache = []
        for i in range(self.layers):
            messages = [around @ nodes for around in (reads, readers)]
            sums = [m @ w[:, None] + b[:, None] for m, (w, b) in zip(messages, layers[2 * i : 2 * i + 2], strict=True)]
            cache.append((messages, sums))
            nodes = sum(np.maximum(s, 0) for s in sums) / 2
        cell = (mean @ nodes)[:, :, 0]
        hidden = np.maximum(cell @ layers[-2][0] + layers[-2][1], 0)
        return hidden @ layers[-1][0] + layers[-1][1], (cache, (reads, readers, mean), cell, hidden)

    def _backward(self, layers, gradients, cache, error):
        convolutions, (reads, readers, mean), cell, hidden = cache
        linear_backward(hidden, error, gradients[-1])
        error = (error @ layers[-1][0].transpose(0, 2, 1)) * (hidden > 0)
        linear_backward(cell, error, gradients[-2])
        error = (error @ layers[-2][0].transpose(0, 2, 1))[:, :, None, :]
        error = mean.transpose(0, 1, 3, 2) @ error
        for i in reversed(range(self.layers)):
            below = 0
            for k, around in enumerate((reads, readers)):
                message, total = convolutions[i][0][k], convolutions[i][1][k]
                part = error * (total > 0) / 2
                x, slope = (a.reshape(len(a), -1, a.shape[-1]) for a in (message, part))
                linear_backward(x, slope, gradients[2 * i + k])
                if i:
                    below = below + around.transpose(0, 1, 3, 2) @ (
                        part @ layers[2 * i + k][0].transpose(0, 2, 1)[:, None]
                    )
            error = below
