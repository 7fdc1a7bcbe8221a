"""From the measurements of a pocket table to its Parquet file, its provenance and its page of documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import machine, plugins
from nas_core.sources import _costs, _pocket_page, tables
from nas_core.sources.chunks import METRICS
from nas_core.sources.download import SourceError
from nas_core.sources.pocket import TIMED_ROUNDS, Measurements, Pocket

_PACKAGE = Path(__file__).parents[1]
_ENGINES = {
    "fused": "the project's fused C++ trainer, which agrees with its torch trainer step by step",
    "torch": "the project's torch trainer, one network at a time",
    "batched": "the project's torch trainer, many networks side by side",
}


def file_of(name: str) -> Path:
    """Where the pocket table of that name lies: beside its benchmark."""
    return _PACKAGE / "benchmarks" / f"{name}.parquet"


def finish(pocket: Pocket, measurements: Measurements, file: Path | None = None) -> Path:
    """Merge, check and write the table to `file`, or beside its benchmark together with the numbers of its page of
    documentation; returns the file.

    The file's metadata holds `epochs`, `seeds`, `noise` (see `noise`) and `provenance`, as JSON. SourceError in one
    sentence if the table fails its own check; then nothing is replaced.
    """
    columns = _curves(pocket, measurements)
    columns |= dict(zip(_costs.COUNTED, measurements.counts.T, strict=True))
    drivers, fits = pocket.drivers(pocket.recipe.make_space()), {}
    for name, values in zip(_costs.TIMED, measurements.times.T, strict=True):
        columns[name], fits[name] = _costs.fit(drivers, pocket.timed_rows(), values)
    _check(columns, len(drivers))
    measured = noise(measurements.curves[0], measurements.repeats)
    seeds, _, epochs, _ = measurements.curves.shape
    target = file or file_of(pocket.table)
    tables.write(
        target, columns, _provenance(pocket, measurements, measured, fits), epochs=epochs, seeds=seeds, noise=measured
    )
    if file is None:
        _pocket_page.update(pocket.table, target)
    return target


def noise(curves: np.ndarray, repeated: np.ndarray) -> dict[str, Any]:
    """How much of the accuracies is chance: {"networks": m, "epochs": [one dict an epoch]}.

    curves float32[n, epochs, 6], repeated float32[m, epochs, 6]: the first m trained again from other weights in
    another order. Each epoch's dict has, of the validation accuracies: `seeds`, Spearman between the two trainings;
    `share`, the share of the rank variance that is noise, 1 - seeds; `sd`, the standard deviation of one training
    around the mean of many, in points; `largest`, the largest difference of the two; `full`, Spearman with the end
    of the training; `val_test`, Spearman with the test accuracy.
    """
    from scipy.stats import spearmanr

    val, test = (curves[..., METRICS.index(name)].astype(float) for name in ("val_acc", "test_acc"))
    again, m = repeated[..., METRICS.index("val_acc")].astype(float), len(repeated)
    rows = []
    for epoch in range(curves.shape[1]):
        difference = val[:m, epoch] - again[:, epoch]
        seeds = float(spearmanr(val[:m, epoch], again[:, epoch]).statistic)
        rows.append(
            {
                "epoch": epoch + 1,
                "seeds": seeds,
                "share": 1 - seeds,
                "sd": float(np.std(difference) / np.sqrt(2)),
                "largest": float(np.abs(difference).max()),
                "full": float(spearmanr(val[:, epoch], val[:, -1]).statistic),
                "val_test": float(spearmanr(val[:, epoch], test[:, epoch]).statistic),
            }
        )
    return {"networks": m, "epochs": rows}


def _curves(pocket: Pocket, measurements: Measurements) -> dict[str, np.ndarray]:
    """{metric@epoch#seed: float32[N]}: the trained classes spread over all their members; one seed is not named."""
    space = pocket.recipe.make_space()
    place = {tuple(arch): i for i, arch in enumerate(measurements.archs.tolist())}
    members = [place[space.canonical(space.arch(row))] for row in range(len(space))]
    seeds, _, epochs, _ = measurements.curves.shape
    return {
        f"{metric}@{epoch + 1}" + (f"#{seed}" if seeds > 1 else ""): measurements.curves[seed, members, epoch, i]
        for seed in range(seeds)
        for epoch in range(epochs)
        for i, metric in enumerate(METRICS)
    }


def _check(columns: Mapping[str, np.ndarray], rows: int) -> None:
    for name, values in columns.items():
        accuracy = "_acc@" in name
        low = 0.0 if accuracy or "_loss@" in name else np.finfo(np.float32).tiny  # a cost of nothing is a mistake
        if len(values) != rows or not np.isfinite(values).all():
            raise SourceError(f"the table misses values of {name}; nothing was written")
        if values.min() < low or (accuracy and values.max() > 100):
            raise SourceError(
                f"{name} ranges from {values.min():g} to {values.max():g}, which cannot be; nothing written"
            )


def _provenance(
    pocket: Pocket, measurements: Measurements, measured: Mapping[str, Any], fits: Mapping[str, float]
) -> dict[str, str]:
    recipe, end = pocket.recipe, measured["epochs"][-1]
    data = recipe.make_dataset()
    settings = ", ".join(f"{f.name} {getattr(data, f.name)}" for f in plugins.params(type(data)) if f.name != "folder")
    size, n, t = len(recipe.make_space()), len(measurements.archs), len(measurements.times)
    seeds = "seed 0" if pocket.seeds == 1 else f"seeds {', '.join(map(str, range(pocket.seeds)))}, each in full"
    shared = f"; isomorphic architectures share a training, {n:,} in all" if n < size else ""
    r2 = ", ".join(f"{name} {value:.3f}" for name, value in fits.items())
    return {
        "trained": f"all {size:,} architectures{shared}; {seeds}",
        "dataset": f"{recipe.dataset} ({settings}), made from {data.source}",
        "network": pocket.network_text,
        "protocol": f"{recipe.protocol.words()}; validation and test after every epoch",
        "trainer": " and ".join(_ENGINES[engine] for engine in measurements.engines),
        "seed to seed": f"Spearman {end['seeds']:.3f} and a standard deviation of {end['sd']:.2f} points between seeds "
        f"0 and 1 on {measured['networks']:,} networks, validation accuracy after the last epoch; "
        f"{100 * end['share']:.1f} % of the rank variance is noise",
        "validation to test": f"Spearman {end['val_test']:.3f} after the last epoch",
        "counted": "parameters, multiply-adds (NATS-Bench's rule) and peak activation memory: exact, each its own",
        "modelled": f"latency and training time: linear in {pocket.drivers_text}, fitted to {t} architectures timed "
        f"with torch on one thread, alone on the machine, the fastest of {TIMED_ROUNDS} rounds; R² on those left out: "
        f"{r2}",
        "software": f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scipy", "scikit-learn")),
        "machine": f"{machine.processor()}, {os.cpu_count()} cores, one thread a training",
        "date": datetime.now(UTC).date().isoformat(),
    }
