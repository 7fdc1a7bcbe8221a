"""What a trained model says about files of yours: the classes with their probabilities.

    python predict.py FILE… [--top N] [--json] [--with torch|onnxruntime]

A file is a picture, a text file with a text on every line, or a table of numbers (.npy, .npz or .csv) with a row for
each channel: preprocess.json says which. It needs NumPy, for pictures Pillow, and either PyTorch with safetensors or
onnxruntime.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent


def read(file: Path, how: dict[str, Any]) -> np.ndarray:
    """The inputs in `file` as the model takes them, one or several: float32[n, …], of texts int64[n, length]."""
    kind = how.get("kind")
    if kind == "image":
        return picture(file, how)[None]
    if kind == "tokens":
        lines = file.read_text(encoding="utf-8-sig").splitlines()
        return np.stack([tokens(line, how) for line in lines if line.strip()])
    values = numbers(file)
    if kind != "sequence":
        return values
    signals = values.astype(np.float32)[None] if values.ndim == 2 else values.astype(np.float32)
    if signals.shape[1:] != (how["channels"], how["length"]):
        raise ValueError(f"{file} must have {how['channels']} rows of {how['length']} numbers; it is {values.shape}")
    return standardised(signals, how)


def picture(file: Path, how: dict[str, Any]) -> np.ndarray:
    """float32[channels, size, size] of a picture: its middle, scaled and standardised."""
    from PIL import Image, ImageOps

    mode, size = "L" if how["channels"] == 1 else "RGB", (how["size"], how["size"])
    with Image.open(file) as image:
        image.draft(mode, size)
        upright = ImageOps.exif_transpose(image)
        values = np.asarray(ImageOps.fit(upright.convert(mode), size, Image.Resampling.BICUBIC), np.uint8)
    planes = values[None] if mode == "L" else values.transpose(2, 0, 1)
    return standardised(planes.astype(np.float32)[None] / np.float32(255), how)[0]


def tokens(text: str, how: dict[str, Any]) -> np.ndarray:
    """int64[length]: the numbers of the words of a text; 1 is any other word, and 0 fills up."""
    number = {word: i for i, word in enumerate(how["words"], 2)}
    row = [number.get(word, 1) for word in re.findall(how["pattern"], text.lower())][: how["length"]]
    return np.array(row + [0] * (how["length"] - len(row)), np.int64)


def numbers(file: Path) -> np.ndarray:
    """The array in a file of numbers; of an .npz its only one, or the one that is called x."""
    if file.suffix == ".csv":
        return np.loadtxt(file, delimiter=",", ndmin=2)
    loaded = np.load(file, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded
    return loaded["x" if "x" in loaded.files else loaded.files[0]]


def standardised(values: np.ndarray, how: dict[str, Any]) -> np.ndarray:
    """float32[n, channels, …]: minus the mean and divided by the deviation of each channel."""
    shape = (-1,) + (1,) * (values.ndim - 2)
    mean, deviation = (np.array(how[name], np.float32).reshape(shape) for name in ("mean", "std"))
    return (values - mean) / deviation


def logits(inputs: np.ndarray, engine: str = "", batch: int = 256) -> np.ndarray:
    """float32[n, classes] by PyTorch or onnxruntime; "" for the one that is installed, PyTorch first."""
    parts = [inputs[i : i + batch] for i in range(0, len(inputs), batch)]
    if not engine:
        engine = "torch" if all(importlib.util.find_spec(name) for name in ("torch", "safetensors")) else "onnxruntime"
    if engine == "onnxruntime":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(HERE / "model.onnx"), providers=["CPUExecutionProvider"])
        return np.concatenate([session.run(None, {"input": part})[0] for part in parts])
    import torch
    from safetensors.torch import load_file

    sys.path.insert(0, str(HERE))
    from model import Network

    net = Network()
    net.load_state_dict(load_file(HERE / "weights.safetensors"))
    net.eval()
    with torch.no_grad():
        return np.concatenate([net(torch.from_numpy(part)).numpy() for part in parts])


def probabilities(values: np.ndarray) -> np.ndarray:
    """float64[n, classes] of logits."""
    powers = np.exp(values.astype(np.float64) - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def main() -> int:
    """The command line; 0 done, 1 failed with a sentence, or for some of the files."""
    parser = argparse.ArgumentParser(description="The classes of files, with their probabilities.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--top", type=int, default=3, metavar="N", help="classes to show, the most probable first")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--with", dest="engine", choices=["torch", "onnxruntime"], default="", help="what computes")
    options = parser.parse_args()
    how, labels = (json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("preprocess.json", "labels.json"))
    parts = []
    for file in options.files:
        try:
            parts.append((file, read(file, how)))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"{error}\n")
    if not parts:
        return 1
    try:
        places = [(file, n) for file, part in parts for n in range(1, len(part) + 1)]
        shares = probabilities(logits(np.concatenate([part for _, part in parts]), options.engine))
        for (file, number), row in zip(places, shares, strict=True):
            best = {labels[i]: float(row[i]) for i in np.argsort(-row, kind="stable")[: options.top]}
            if options.json:
                line = json.dumps({"file": str(file), "number": number, "classes": best})
            else:
                line = f"{file}:{number}  " + "  ".join(f"{name} {share:.1%}" for name, share in best.items())
            sys.stdout.write(line + "\n")
    except (OSError, ValueError, ImportError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return int(len(parts) < len(options.files))


if __name__ == "__main__":
    sys.exit(main())
