"""EPE-NAS: efficient performance estimation (Lopes, Alirezazadeh & Alexandre, ICANN 2021, arXiv:2102.08099)."""

from __future__ import annotations

from nas_core.proxies import Proxy

SMALL = 1e-5
FEW_CLASSES = 100


class EpeNas(Proxy):
    """How correlated the gradients of images of one class are, class by class.

    A class counts Σ log(|correlation| + 1e-5) over its pairs of images. Up to 100 classes the score is the sum of their
    sizes; with more it is the mean difference between classes, so the two are not comparable.
    """

    label = "EPE-NAS"
    group = "extended"
    paper = "Lopes et al. 2021, arXiv:2102.08099"
    needs = frozenset({"input gradients"})

    def score(self, net, passes):
        import torch

        jacobian, labels = passes.input_gradients.double(), passes.first.labels
        sums = []
        for label in labels.unique():
            rows = jacobian[labels == label]
            if len(rows) > 1:
                sums.append((torch.corrcoef(rows).abs() + SMALL).log().sum())
        if not sums:
            return float("nan")
        classes = torch.stack(sums)
        if len(labels.unique()) <= FEW_CLASSES:
            return float(classes.abs().sum())
        return float((classes[:, None] - classes[None]).abs().sum() / len(classes))
