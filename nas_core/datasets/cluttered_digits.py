"""Cluttered digits: scikit-learn's handwritten digits, moved, turned and scaled among fragments of others.

After the cluttered-MNIST task of Mnih et al. (arXiv:1406.6247), in small: it needs no download and keeps a
small network busy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nas_core.datasets import Dataset, Split
from nas_core.plugins import param

BASE_SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}  # of the 1,797 base digits; disjoint, so no digit leaks


class ClutteredDigits(Dataset):
    """Ten kinds of digits at a random place, angle (±20°) and scale (0.9 to 1.25) among square fragments of others."""

    classes = 10
    channels = 1
    source = (
        "scikit-learn load_digits: 1,797 images of 8×8, UCI Optical Recognition of Handwritten Digits (E. Alpaydin, "
        "C. Kaynak, 1998), CC BY 4.0"
    )

    size: int = param(12, "side of the canvas in pixels", low=10, high=64)
    fragments: int = param(2, "fragments of other digits on each canvas", low=0, high=16)
    noise: float = param(0.05, "standard deviation of the Gaussian noise; digits range from 0 to 1", low=0.0, high=1.0)
    train: int = param(4096, "training images", low=64, high=65536)
    held_out: int = param(2048, "validation images, and as many test images", low=64, high=65536)
    seed: int = param(0, "seed of the images (not of any training)", low=0)

    @classmethod
    def small_params(cls, size: int) -> dict[str, Any]:
        return dict(size=size, fragments=size // 4, train=2048, held_out=64)

    @property
    def examples(self) -> dict[str, int]:
        return {"train": self.train, "val": self.held_out, "test": self.held_out}

    def load(self) -> dict[str, Split]:
        return self._make[0]

    def preprocessing(self) -> dict[str, Any]:
        """Of a picture with a white digit on black ground."""
        _, mean, std = self._make
        return {"kind": "image", "size": self.size, "channels": 1, "mean": [mean], "std": [std]}

    @property
    def _make(self) -> tuple[dict[str, Split], float, float]:
        return _load(self.size, self.fragments, self.noise, self.train, self.held_out, self.seed)


@lru_cache(maxsize=4)
def _load(
    size: int, fragments: int, noise: float, train: int, held_out: int, seed: int
) -> tuple[dict[str, Split], float, float]:
    """The splits, and the mean and standard deviation of the training images before they were standardised."""
    from sklearn.datasets import load_digits

    digits, labels = load_digits(return_X_y=True)
    digits = digits.reshape(-1, 8, 8).astype(np.float32) / 16.0
    order = np.random.default_rng([seed, 0]).permutation(len(digits))
    bounds = (np.cumsum([BASE_SHARES[name] for name in BASE_SHARES])[:-1] * len(digits)).astype(int)
    splits = {}
    for number, (name, base) in enumerate(zip(BASE_SHARES, np.split(order, bounds), strict=True)):
        rng = np.random.default_rng([seed, 1, number])
        count = train if name == "train" else held_out
        picks = np.concatenate([rng.permutation(base) for _ in range(count // len(base) + 1)])[:count]
        images = np.stack([_scene(digits, pick, base, size, fragments, rng) for pick in picks])
        images += rng.normal(0.0, noise, images.shape)
        splits[name] = (images.astype(np.float32), labels[picks].astype(np.int64))
    mean, std = splits["train"][0].mean(), splits["train"][0].std()
    parts = {n: Split(((x - mean) / std)[:, None].astype(np.float32), y) for n, (x, y) in splits.items()}
    return parts, float(mean), float(std)


def _scene(
    digits: np.ndarray, pick: int, base: np.ndarray, size: int, fragments: int, rng: np.random.Generator
) -> np.ndarray:
    """One canvas float32[size, size]: the picked digit and fragments of other digits, composed by maximum."""
    from scipy.ndimage import affine_transform

    angle, scale = np.deg2rad(rng.uniform(-20, 20)), rng.uniform(0.9, 1.25)
    margin = min(4.0 * scale, size / 2)  # the upright digit stays on the canvas
    centre = rng.uniform(margin - 0.5, size - margin - 0.5 + 1e-9, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / scale
    canvas = affine_transform(digits[pick], turn, offset=3.5 - turn @ centre, output_shape=(size, size), order=1)
    for other in rng.choice(base, fragments):
        side = int(rng.integers(3, 5))
        y, x = rng.integers(0, 9 - side, 2)
        top, left = rng.integers(0, size - side + 1, 2)
        place = canvas[top : top + side, left : left + side]
        np.maximum(place, digits[other][y : y + side, x : x + side], out=place)
    return canvas
