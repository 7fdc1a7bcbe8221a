"""The model card of an export (Mitchell et al. 2019, arXiv:1810.03993): what a model is and how good."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core import stats
from nas_core.charts import cell
from nas_core.datasets import Dataset, Split
from nas_core.spaces import SearchSpace
from nas_core.trained import Trained

if TYPE_CHECKING:
    from nas_core.export import Bundle, Model

WHOLE_TABLE = 20  # classes up to which the confusion matrix is shown whole
WORST = 10  # confusions that are listed otherwise
FILES = {
    "model.py": "the network in plain PyTorch; nothing else is imported",
    "weights.safetensors": "its weights",
    "model.onnx": "the same for onnxruntime and others; any number of inputs at a time",
    "model.int8.onnx": "the same with weights of 8 bits",
    "labels.json": "the names of the classes",
    "preprocess.json": "how a file becomes an input",
    "checked.json": "what was checked before it was given out, in numbers",
    "predict.py": "says the classes of files of yours",
    "requirements.txt": "what predict.py needs",
    "architecture.svg": "a drawing",
}
INPUTS = {"image": "pictures", "sequence": "signals", "tokens": "texts"}
SHAPES = {  # of an input, in words
    "image": "pictures of {} numbers (channels × height × width)",
    "sequence": "signals of {} numbers (channels × length)",
    "tokens": "texts, {} words read of each",
}


def sentence(model: Model, space: SearchSpace, data: Dataset) -> str:
    """What the model is, in one sentence."""
    return (
        f"A network of the {space.title()} space, {space.number_label(model.arch)}, for {data.classes} classes of "
        f"{INPUTS[data.kind]}."
    )


def costs(net: Any, data: Dataset) -> str:
    """Parameters and multiply-adds, in words."""
    from nas_core.nets.counts import count

    counts = count(net, data.channels, data.size, data.kind)
    return f"{counts.params:,} parameters and {counts.macs / 1e6:,.2f} million multiply-adds for one input"


def text(
    model: Model, space: SearchSpace, data: Dataset, splits: Mapping[str, Split], bundle: Bundle, cost: str, mark: str
) -> str:
    """README.md."""
    names, trained = data.class_names() if splits else [], model.trained
    parts = [
        f"# {data.title()}: {space.noun} {space.number_label(model.arch)}",
        sentence(model, space, data) + ("" if trained else " It has not been trained: there are no weights."),
        "## Task\n\n" + _task(data, splits, names, mark),
        f"## Architecture\n\n![The architecture](architecture.svg)\n\n`{space.text(model.arch)}`\n\n"
        f"{cell.describe(space, model.arch)}.\n\n{cost}.",
    ]
    if trained:
        parts.append("## How good it is\n\n" + _quality(trained, names))
        parts.append("## How it was trained\n\n" + _training(trained))
    if model.facts:
        parts.append("## How it was found\n\n" + _list(model.facts))
    parts += ["## Files\n\n" + _files(bundle), "## Use\n\n" + _use(data, trained)]
    parts.append("## Limits\n\n" + _limits(data, trained))
    return "\n\n".join(parts) + "\n"


def _task(data: Dataset, splits: Mapping[str, Split], names: Sequence[str], mark: str) -> str:
    listing = ", ".join(names[:WHOLE_TABLE]) + (
        f" and {len(names) - WHOLE_TABLE} more" if len(names) > WHOLE_TABLE else ""
    )
    if not splits:
        return _list({"Data": f"{data.title()}: {data.source}; not on the machine where this was written"})
    shape = " × ".join(map(str, splits["train"].images.shape[1:]))
    counts = ", ".join(f"{len(split):,} {name}" for name, split in splits.items())
    return _list(
        {
            "Data": f"{data.title()}: {data.source}",
            "Inputs": f"{SHAPES[data.kind].format(shape)}: {counts}",
            "Classes": listing,
            "Fingerprint of the data": mark,
        }
    )


def _quality(trained: Trained, names: Sequence[str]) -> str:
    low, share, high = trained.qualities["accuracy"]
    once = " They were looked at once, after all choices had been made." if trained.final else ""
    return (
        f"**{share:.2f} %** of {trained.answers:,} test inputs are answered right ({trained.right:,}); 95 % interval "
        f"{low:.2f} to {high:.2f} % (Wilson). Measured at {trained.tested}.{once}\n\nAll classes counted alike: "
        f"{trained.by_class(2)}, by a bootstrap over the test inputs.\n\n{_confusion(trained, names)}"
    )


def _confusion(trained: Trained, names: Sequence[str]) -> str:
    """The confusion matrix, or of many classes the most frequent confusions."""
    matrix = np.array(trained.confusion)
    if len(names) <= WHOLE_TABLE:
        rows = [["truth \\ answer", *names], ["---", *["---:"] * len(names)]]
        rows += [[name, *map(str, row)] for name, row in zip(names, matrix.tolist(), strict=True)]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)
    lines = [f"| {names[i]} | {names[j]} | {times} |" for i, j, times in stats.mistakes(matrix, WORST)]
    return "\n".join(
        ["The most frequent confusions:", "", "| truth | answer | inputs |", "| --- | --- | ---: |", *lines]
    )


def _training(trained: Trained) -> str:
    protocol, last = trained.recipe.protocol, trained.epochs[-1]
    on = "the inputs for training and validation together" if trained.final else "the inputs for training"
    facts = {
        "Protocol": f"{protocol.words()}, on {on}",
        "Seed": f"{protocol.seed}, of the first weights and of the order of the inputs",
        "Time": f"{trained.seconds:,.1f} s on {trained.device}",
        "Last epoch": ", ".join(f"{name} {last[name]:.4g}" for name in last if name.endswith(("acc", "loss"))),
        "Software": f"NAS Explorer {trained.version}, Python {platform.python_version()}, torch {version('torch')}",
    }
    if trained.final:
        each = ", ".join(f"{seed}: {loss:.4f}" for seed, loss in zip(trained.seeds, trained.losses, strict=True))
        facts["Choice"] = f"the seed of the least training loss over the last epoch ({each}); the test data had no part"
    repeat = f"\n\nRepeat it with:\n\n```\n{trained.command}\n```" if trained.command else ""
    return _list(facts) + repeat


def _files(bundle: Bundle) -> str:
    rows = [f"| {name} | {bundle.sizes[name]:,} | {what} |" for name, what in FILES.items() if name in bundle.sizes]
    text = "\n".join(["| file | bytes | what it is |", "| --- | ---: | --- |", *rows])
    if (agreement := bundle.agreement) is not None:
        text += (
            f"\n\nonnxruntime computes from model.onnx what torch computes: the logits of {agreement.inputs} "
            f"validation inputs {agreement.words}."
        )
    if bundle.int8:
        before, after = bundle.int8
        text += (
            f"\n\nWith weights of 8 bits (model.int8.onnx) {after:.2f} % of the validation inputs are answered right, "
            f"without {before:.2f} %."
        )
    return text


def _use(data: Dataset, trained: Trained | None) -> str:
    if trained is None:
        return "```python\nfrom model import Network\n\nnet = Network()\n```"
    file = {"image": "picture.png", "tokens": "texts.txt", "sequence": "signal.npy"}[data.kind]
    return (
        f"```\npython -m pip install -r requirements.txt\npython predict.py {file}\n```\n\n"
        f"```python\nfrom model import Network\nfrom safetensors.torch import load_file\n\nnet = Network()\n"
        f'net.load_state_dict(load_file("weights.safetensors"))\nnet.eval()\n```'
    )


def _limits(data: Dataset, trained: Trained | None) -> str:
    lines = [
        "The model knows its classes and nothing else: whatever it is shown, it answers one of them.",
        "A probability that it gives is not calibrated: it says which class leads, and not how often it is right.",
    ]
    if trained:
        lines[:0] = [
            "The accuracy is that on test inputs of the same source as the training inputs; on others expect less.",
            "It is one training: with another seed the accuracy differs, often by more than the interval above.",
        ]
    if trained and not data.preprocessing():
        lines.append("The dataset does not say how a file becomes an input; predict.py takes arrays that are inputs.")
    return "\n".join(f"- {line}" for line in lines)


def _list(facts: Mapping[str, str]) -> str:
    return "\n".join(f"- **{name}:** {value}" for name, value in facts.items())
