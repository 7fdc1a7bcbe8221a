"""CIFAR-10 (Krizhevsky 2009)."""

from __future__ import annotations

from nas_core.datasets._cifar import SOURCE, Cifar


class Cifar10(Cifar):
    """60,000 colour images of ten things; half of the 50,000 training images are for validation, as in NATS-Bench."""

    name = "cifar10"
    label = "CIFAR-10"
    classes = 10
    published = "CIFAR-10"
    names = "airplane automobile bird cat deer dog frog horse ship truck"
    source = f"CIFAR-10, {SOURCE}"
