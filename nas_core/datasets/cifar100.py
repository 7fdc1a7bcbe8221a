"""CIFAR-100 (Krizhevsky 2009)."""

from __future__ import annotations

from nas_core.datasets._cifar import SOURCE, Cifar


class Cifar100(Cifar):
    """60,000 colour images of a hundred things; half of the 50,000 training images are for validation."""

    name = "cifar100"
    label = "CIFAR-100"
    classes = 100
    published = "CIFAR-100"
    source = f"CIFAR-100, {SOURCE}"
