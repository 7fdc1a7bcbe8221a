"""Condition number of the neural tangent kernel: one half of TE-NAS (Chen et al., ICLR 2021, arXiv:2102.11535)."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.proxies import Proxy


class Ntk(Proxy):
    """Minus the condition number of the kernel of per-image gradients of the summed logits.

    Minus infinity where the smallest eigenvalue is not positive. It costs a backward pass an image.
    """

    label = "tangent kernel"
    group = "extended"
    paper = "Chen et al. 2021, arXiv:2102.11535"
    needs = frozenset({"images"})  # no shared pass: it takes a backward pass an image

    images: int = param(16, "how many images of the batch the kernel is made of", low=2, high=256)

    def score(self, net, passes):
        import torch

        from nas_core.proxies._layers import gradients, weights

        net = passes.copy()
        logits = net(passes.first.images[: self.images])
        rows = []
        for logit in logits.sum(1):
            rows.append(torch.cat([g.flatten() for g in gradients(logit, weights(net), retain_graph=True)]))
        per_image = torch.stack(rows).double()
        values = torch.linalg.eigvalsh(per_image @ per_image.T)
        low, high = float(values[0]), float(values[-1])
        return -high / low if low > 0 else float("-inf")
