"""Cluttered digits with four times as many images held out, so that a table of them has less chance in it."""

from __future__ import annotations

from nas_core.datasets.cluttered_digits import ClutteredDigits
from nas_core.plugins import param


class ClutteredDigits2(ClutteredDigits):
    """The training images of `cluttered_digits`, and other validation and test images of the same digits."""

    label = "cluttered digits 2"
    version_of = "cluttered_digits"

    held_out: int = param(8192, "validation images, and as many test images", low=64, high=65536)
