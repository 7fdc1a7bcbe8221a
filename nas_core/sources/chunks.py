"""Trains many architectures in resumable chunks: stop it at any moment, start it again, and it goes on.

A chunk is one .npz file, written whole or not at all; what is missing is what is left to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import arrays, datasets, executors, places, spaces, torch_state
from nas_core.datasets import Dataset, Split
from nas_core.sources import files
from nas_core.spaces import SearchSpace
from nas_core.training import Protocol
from nas_core.types import Arch

METRICS = tuple(f"{split}_{what}" for split in ("train", "val", "test") for what in ("acc", "loss"))
CHUNK = 40


@dataclass(frozen=True)
class Recipe:
    """What is trained, on what, and how; all of it goes into the table's metadata."""

    space: str
    dataset: str
    dataset_params: dict[str, Any]
    network: dict[str, Any]
    protocol: Protocol
    space_params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Recipe:
        """The recipe of which `asdict` made `record`, also before recipes said as much as today."""
        return cls(**{**record, "protocol": Protocol(**record["protocol"])})

    def make_space(self) -> SearchSpace:
        """The search space."""
        return spaces.create(self.space, **self.space_params)

    def make_dataset(self) -> Dataset:
        """The dataset; if it was fetched, from where its files are on this machine."""
        return datasets.create(self.dataset, **self.dataset_params, **files.params(self.dataset))

    def load(self) -> dict[str, Split]:
        """The inputs, by split."""
        return self.make_dataset().load()

    def network_of(self, arch: Arch) -> Any:
        """A torch network of `arch` for this dataset, with weights from torch's global random state."""
        data = self.make_dataset()
        return self.make_space().build(arch, data.classes, **data.inputs, **self.network)

    def initial(self, arch: Arch, seed: int) -> Any:
        """The network from which a training of `arch` starts: the same weights for the same seed.

        torch's generator stays seeded, for what the network itself draws.
        """
        import torch

        torch.manual_seed((seed * 1_000_003 + int(self.make_space().index(arch))) % 2**63)
        return self.network_of(arch)


@torch_state.own_state()
def train_archs(recipe: Recipe, archs: Sequence[Arch], seed: int, engine: str, device: str = "cpu") -> np.ndarray:
    """float32[n, epochs, 6]: the curves (see METRICS) of each architecture.

    engine: "fused" (one core, needs a C++ compiler), "torch" (one at a time) or "batched" (all at once, for a GPU).
    """
    from nas_core import training

    data = recipe.load()
    protocol = replace(recipe.protocol, seed=seed)
    nets = [recipe.initial(arch, seed) for arch in archs]
    if engine == "batched":
        from nas_core.nets.batched import BatchedCellNetwork

        order = sorted(range(len(archs)), key=lambda i: archs[i])
        together = BatchedCellNetwork([nets[i] for i in order])
        epochs = list(training.train(together, data, protocol, device))
        curves = np.empty((len(archs), len(epochs), len(METRICS)), np.float32)
        curves[order] = np.stack([[e.metrics[m] for m in METRICS] for e in epochs]).transpose(2, 0, 1)
        return curves
    if engine == "fused":
        from nas_core.nets import fused

        runs = [fused.train(net, data, protocol) for net in nets]
    else:
        runs = [training.train(net, data, protocol, device) for net in nets]
    return np.array([[[e.metrics[m][0] for m in METRICS] for e in run] for run in runs], np.float32)


def build_chunks(
    recipe: Recipe, archs: Sequence[Arch], folder: Path, seed: int, engine: str, processes: int, device: str = "cpu"
) -> Iterator[tuple[int, int]]:
    """Train what is missing in `folder`; yields (architectures done, of how many) at the start and after each chunk."""
    folder.mkdir(parents=True, exist_ok=True)
    chunks = [archs[i : i + CHUNK] for i in range(0, len(archs), CHUNK)]
    missing = [i for i in range(len(chunks)) if not _path(folder, i).exists()]
    count = sum(len(c) for i, c in enumerate(chunks) if i not in set(missing))
    yield count, len(archs)
    if not missing:
        return
    with executors.processes(processes, nice=True) as pool:
        jobs = {pool.submit(_one, recipe, chunks[i], _path(folder, i), seed, engine, device): i for i in missing}
        for job in as_completed(jobs):
            job.result()
            count += len(chunks[jobs[job]])
            yield count, len(archs)


def read_chunks(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """(int8[n, decisions] architectures, float32[n, epochs, 6] curves) of all chunks in `folder`."""
    way_out = "run the build again: only what it held is trained again"
    parts = [arrays.load(p, way_out, "archs", "curves") for p in sorted(folder.glob("*.npz"))]
    if not parts:
        raise FileNotFoundError(f"{folder} holds no finished chunk; run the build first")
    archs, curves = zip(*parts, strict=True)
    return np.concatenate(archs), np.concatenate(curves)


def _path(folder: Path, chunk: int) -> Path:
    return folder / f"{chunk:04d}.npz"


def _one(recipe: Recipe, archs: Sequence[Arch], path: Path, seed: int, engine: str, device: str) -> None:
    curves = train_archs(recipe, archs, seed, engine, device)
    with places.replacing(path) as new, new.open("wb") as file:
        np.savez_compressed(file, archs=np.array(archs, np.int8), curves=curves)
