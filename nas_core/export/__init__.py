"""A model to take home: one .zip of plain code, weights, an ONNX file, and a card that says it all."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import places, plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.charts import cell
from nas_core.datasets import Dataset, Split
from nas_core.export import card, code, onnx_file
from nas_core.sources.chunks import Recipe
from nas_core.trained import Trained, predictions
from nas_core.types import Arch

CHECKED = 256  # validation inputs whose logits are compared


@dataclass(frozen=True)
class Model:
    """What is exported: an architecture for a dataset, and its weights if it has been trained."""

    recipe: Recipe
    arch: Arch
    trained: Trained | None = None
    tensors: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)  # {what: sentence} for the card, such as how it was found


CHECKS = "checked.json"


@dataclass(frozen=True)
class Bundle:
    """What came of it."""

    file: Path
    sizes: Mapping[str, int]  # bytes of each file in it
    agreement: onnx_file.Agreement | None = None  # of onnxruntime and torch
    int8: tuple[float, float] | None = None  # validation accuracy in percent, of the ONNX file and in 8 bits


def write(model: Model, file: Path, quantised: bool = False) -> Bundle:
    """Write the .zip whole or not at all. Needs torch, for weights also safetensors, onnx and onnxruntime.

    quantised: also model.int8.onnx. ValueError in one sentence for an architecture without a model.py, RuntimeError
    where the ONNX file is not what torch computes, or nothing can be written.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = _fill(folder, model, file, quantised)
        try:
            with places.replacing(file) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
                for each in sorted(folder.iterdir()):
                    archive.write(each, f"{file.stem}/{each.name}")
        except OSError as error:
            raise RuntimeError(
                f"{file} could not be written: {error.strerror or error}; choose another place"
            ) from error
    return bundle


def _fill(folder: Path, model: Model, file: Path, quantised: bool) -> Bundle:
    recipe, space, data = model.recipe, model.recipe.make_space(), model.recipe.make_dataset()
    net = recipe.network_of(model.arch)
    if model.trained:
        net.load_state_dict(model.tensors)

    def keep(name: str, text: str) -> None:
        (folder / name).write_text(text, encoding="utf-8")

    keep("model.py", code.model_source(net, card.sentence(model, space, data)))
    keep("architecture.svg", cell.svg(space, model.arch))
    if not data.missing():
        keep("labels.json", json.dumps(data.class_names(), ensure_ascii=False, indent=1))
        keep("preprocess.json", json.dumps(data.preprocessing(), ensure_ascii=False))
    network, splits = code.network_of(folder / "model.py"), {} if data.missing() else data.load()
    agreement = int8 = None
    if model.trained:
        from safetensors.torch import save_file

        state = code.live_state(net, network)
        network.load_state_dict(state)
        save_file(state, folder / "weights.safetensors")
        agreement = onnx_file.write(network, splits["val"].images[:CHECKED], folder / "model.onnx")
        int8 = _quantised(folder, network, splits["val"]) if quantised else None
        keep(CHECKS, json.dumps(_checked(agreement, int8), indent=1))
        keep("predict.py", (Path(__file__).parent / "predict.py").read_text(encoding="utf-8"))
        keep("requirements.txt", requirements(data.kind))
    sizes = {each.name: each.stat().st_size for each in folder.iterdir()}
    bundle = Bundle(file, sizes, agreement, int8)
    costs = card.costs(net, data)
    keep("README.md", card.text(model, space, data, splits, bundle, costs, fingerprint(data, splits) if splits else ""))
    return bundle


def _checked(agreement: onnx_file.Agreement, int8: tuple[float, float] | None) -> dict[str, float]:
    numbers = {"greatest difference of a logit": agreement.difference, "allowed": agreement.allowed}
    return numbers | (dict(zip(("val_acc", "val_acc of int8"), int8, strict=True)) if int8 else {})


def checked(file: Path) -> dict[str, float]:
    """What was checked when the .zip was made; {} of one without weights, or made before that was kept."""
    with zipfile.ZipFile(file) as archive:
        name = f"{archive.namelist()[0].partition('/')[0]}/{CHECKS}"
        return json.loads(archive.read(name)) if name in archive.namelist() else {}


def _quantised(folder: Path, net: Any, val: Split) -> tuple[float, float]:
    """Write model.int8.onnx; accuracy on the validation inputs in percent, before and after."""
    onnx_file.quantise(folder / "model.onnx", folder / "model.int8.onnx")
    answers = predictions(net, val), onnx_file.logits(folder / "model.int8.onnx", val.images)
    before, after = (100 * float((each.argmax(1) == val.labels).mean()) for each in answers)
    return before, after


def fingerprint(data: Dataset, splits: Mapping[str, Split]) -> str:
    """Of a dataset: its own if it has one, else 16 hex digits of SHA-256 over the arrays of `load`."""
    if own := getattr(data, "info", {}).get("fingerprint"):
        return str(own)
    digest = hashlib.sha256()
    for split in splits.values():
        digest.update(split.images.tobytes())
        digest.update(split.labels.tobytes())
    return digest.hexdigest()[:16]


def requirements(kind: str) -> str:
    """What predict.py needs for inputs of that kind."""
    pictures = "pillow>=11\n" if kind == "image" else ""
    return f"numpy>=2\n{pictures}onnxruntime>=1.20  # or, in its place:\n# torch>=2.6\n# safetensors>=0.5\n"


def facts(benchmark: str, model: Model) -> dict[str, str]:
    """{what: sentence} on the architecture by the benchmark, if it is a table of the model's space."""
    plugin = plugins.get(Benchmark, benchmark)
    space = model.recipe.make_space()
    if not issubclass(plugin, Table) or (plugin.space.name, plugin.space.decisions) != (space.name, space.decisions):
        return {}
    dataset = model.recipe.dataset if model.recipe.dataset in plugin.datasets else plugin.datasets[0]
    if plugin.missing(dataset):
        return {}
    table = plugin(dataset=dataset)
    try:
        row = table.space.index(table.space.parse(space.text(model.arch)))
    except ValueError:  # of a width that the table does not have
        return {}
    metric, column = table.metrics[table.main], table.column(table.main)
    if not np.isfinite(value := column[row]):
        return {}
    better, more = (column > value, "more") if metric.goal == "max" else (column < value, "less")
    return {
        "In the table": f"{benchmark} gives it {value:.2f} {metric.unit} {metric.title} on {dataset}, and {more} to "
        f"{int(better.sum()):,} of its {table.space.size:,} architectures"
    }
