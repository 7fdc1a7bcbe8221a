"""SWAP-Score: sample-wise activation patterns (Peng, Song, Fayek, Ciesielski & Chang, ICLR 2024, arXiv:2403.04161)."""

from __future__ import annotations

from nas_core.proxies import Proxy

BITS = 63


class Swap(Proxy):
    """How many different patterns of images the ReLU units light up for; up to 63 images of the batch are used.

    Without the paper's regulariser, whose two numbers are tuned on the very accuracies that are to be guessed.
    """

    label = "SWAP"
    group = "extended"
    paper = "Peng et al. 2024, arXiv:2403.04161"
    needs = frozenset({"signs"})

    def score(self, net, passes):
        import torch

        bits = torch.cat([signs[:BITS] for signs in passes.signs], 1).T.long()
        place = torch.tensor([1 << i for i in range(bits.shape[1])], device=bits.device)
        return float(len((bits * place).sum(1).unique()))
