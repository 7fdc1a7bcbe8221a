"""A network as an ONNX file, which is given out only if onnxruntime computes the same from it as torch does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-4  # of a logit, relative to the greatest one


def write(net: Any, inputs: np.ndarray, file: Path) -> float:
    """Write `net` to `file`; returns the greatest difference of a logit of the `inputs` [n, …], n at least 1.

    Its input is called "input" and its output "logits", for any number of inputs. Needs onnx and onnxruntime.
    RuntimeError in one sentence, and no file, if the difference is more than TOLERANCE.
    """
    import warnings

    import onnx  # noqa: F401 - torch needs it, and says so less clearly
    import torch

    axes = {name: {0: "n"} for name in ("input", "logits")}
    example = torch.from_numpy(np.array(inputs[:2]))
    net.eval()
    with warnings.catch_warnings():  # the exporter by torch.export wants 40 MB more and ten times as long
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            net, (example,), str(file), input_names=["input"], output_names=["logits"], dynamic_axes=axes, dynamo=False
        )
    with torch.no_grad():
        expected = net(torch.from_numpy(np.array(inputs))).numpy()
    outputs = logits(file, inputs)
    difference = float(np.abs(outputs - expected).max())
    if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
        file.unlink()
        raise RuntimeError(
            f"onnxruntime computes logits that differ from torch's by {difference:.2g}, and at most {TOLERANCE:g} is "
            f"allowed; take the model without the ONNX file"
        )
    return difference


def logits(file: Path, inputs: np.ndarray) -> np.ndarray:
    """float32[n, classes]: what onnxruntime computes from an ONNX file."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    parts = [np.array(inputs[i : i + 256]) for i in range(0, len(inputs), 256)]
    return np.concatenate([session.run(None, {"input": part})[0] for part in parts])


def quantise(file: Path, target: Path) -> None:
    """Write the ONNX file with its weights as 8-bit integers (dynamic quantisation) to `target`."""
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    logging.disable(logging.WARNING)  # its advice to fold constants first, which torch has done
    try:
        quantize_dynamic(file, target, weight_type=QuantType.QInt8)
    finally:
        logging.disable(logging.NOTSET)
